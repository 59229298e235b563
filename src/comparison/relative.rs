//! The difference of two sides in one indicator, relative to their size, and how sure it is.

use serde::{Deserialize, Serialize};

use super::difference::Contrast;
use super::direction::Direction;
use super::indicator::Indicator;
use super::observed::Cell;
use super::side::Side;
use super::spectra;
use super::typical::{Typical, WEIGHT_BESIDE_SEEDS};
use super::uncertainty::{Variance, average};
use crate::base::nullable;
use crate::measures::Measure;

/// What each of three intervals may miss so that all of them hold together 95 % of the time (Bonferroni).
const EACH_OF_THREE: f64 = 0.05 / 3.0;

/// One indicator on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    pub indicator: Indicator,
    /// One figure per model.
    pub variant: &'a [f64],
    pub baseline: &'a [f64],
    /// Of the difference of the two averages, over the inputs drawn.
    pub inputs: Variance,
}

/// A relative difference: the variant's average less the baseline's, over the mean of the two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relative {
    pub name: Indicator,
    #[serde(deserialize_with = "nullable::number")]
    pub relative: f64,
    /// It holds together with those of the other two indicators 95 % of the time.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
    pub side: Direction,
    /// The relative standard deviation between seeds that the interval allows for: that of the seeds given, or the typical one.
    #[serde(deserialize_with = "nullable::number")]
    pub seed_deviation: f64,
    /// Relative standard error over the inputs drawn.
    #[serde(deserialize_with = "nullable::number")]
    pub input_error: f64,
}

impl Figures<'_> {
    /// The relative difference. With one model per side `typical` says how far seeds are apart. With more, the seeds given and
    /// `typical` do, each with its degrees of freedom: two seeds alone would leave a variance of one or two degrees, and fewer
    /// clear differences than one seed.
    pub fn relative(&self, typical: &Typical) -> Relative {
        let (ours, theirs) = (average(self.variant), average(self.baseline));
        let scale = (0.5 * (ours + theirs)).abs().max(self.indicator.least_scale());
        let inputs = self.inputs.scaled(scale.powi(-2));
        let seed = self.of_a_seed(typical.variance(self.indicator), scale);
        let models = 1.0 / self.variant.len() as f64 + 1.0 / self.baseline.len() as f64;
        let relative = (ours - theirs) / scale;
        let interval95 = Variance::sum(&[inputs, seed.scaled(models)]).around(relative, EACH_OF_THREE);
        let side = Direction::of_interval(interval95);
        let seed_deviation = seed.value.sqrt();
        Relative { name: self.indicator, relative, interval95, side, seed_deviation, input_error: inputs.value.sqrt() }
    }

    /// The relative variance of a single seed.
    fn of_a_seed(&self, typical: Variance, scale: f64) -> Variance {
        let squares = |side: &[f64]| {
            let mean = average(side);
            side.iter().map(|value| ((value - mean) / scale).powi(2)).sum::<f64>()
        };
        let given = (self.variant.len() + self.baseline.len()).saturating_sub(2) as f64;
        if given == 0.0 {
            return typical;
        }
        let degrees = given + WEIGHT_BESIDE_SEEDS;
        let value = (squares(self.variant) + squares(self.baseline) + WEIGHT_BESIDE_SEEDS * typical.value) / degrees;
        Variance { value, degrees }
    }
}

/// Differences below this are those of a copy of the same network.
const SAME: f64 = 1e-3;

impl Relative {
    /// Whether both sides have the same figure, whichever inputs are drawn.
    pub fn is_same(&self) -> bool {
        self.relative.abs() < SAME && self.input_error < SAME
    }

    /// Whether there is an interval.
    pub fn is_known(&self) -> bool {
        self.interval95.iter().all(|end| end.is_finite())
    }

    /// Whether the whole interval counts as no difference.
    pub fn is_narrow(&self) -> bool {
        self.interval95.iter().all(|end| end.abs() <= self.name.narrow())
    }

    /// The fewest seeds per side with which this difference would be clear, if it and the deviation between seeds stayed as
    /// they are; none up to [`MOST_SEEDS`].
    pub(super) fn seeds_to_be_clear(&self) -> Option<usize> {
        (2..=MOST_SEEDS).find(|&seeds| {
            let count = seeds as f64;
            let between = Variance {
                value: 2.0 * self.seed_deviation.powi(2) / count,
                degrees: 2.0 * (count - 1.0) + WEIGHT_BESIDE_SEEDS,
            };
            let inputs = Variance { value: self.input_error.powi(2), degrees: f64::INFINITY };
            let interval = Variance::sum(&[between, inputs]).around(self.relative, EACH_OF_THREE);
            Direction::of_interval(interval) != Direction::Unclear
        })
    }
}

/// The relative differences of H, I and R in one layer, or overall where `place` is L.
pub(super) fn measures(variant: &Side, baseline: &Side, place: usize, typical: &Typical) -> Vec<Relative> {
    let estimator = variant.calibrated_estimator();
    let of = |indicator: Indicator| {
        let measure = match indicator {
            Indicator::Entropy => Measure::Entropy,
            Indicator::MutualInformation => Measure::MutualInformation,
            Indicator::EffectiveRank => {
                let (ours, theirs) = (variant.spectra(place), baseline.spectra(place));
                let inputs = spectra::paired_inputs(&ours, &theirs);
                let [ours, theirs] = [ours, theirs].map(|side| spectra::ranks(&side));
                return Figures { indicator, variant: &ours, baseline: &theirs, inputs }.relative(typical);
            }
        };
        let (ours, theirs) = (variant.cells(estimator, measure, place), baseline.cells(estimator, measure, place));
        let inputs = Contrast { variant: &ours, baseline: &theirs }.inputs_of_mean();
        let means = |cells: &[Cell]| cells.iter().map(|cell| cell.summary.mean).collect::<Vec<f64>>();
        Figures { indicator, variant: &means(&ours), baseline: &means(&theirs), inputs }.relative(typical)
    };
    Indicator::ALL.map(of).to_vec()
}

/// More seeds than anyone trains.
pub(super) const MOST_SEEDS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::resampling::student;

    const TYPICAL: Typical = Typical { entropy: 0.03, mutual_information: 0.1, effective_rank: 0.04, degrees: 40.0 };

    fn figures<'a>(indicator: Indicator, variant: &'a [f64], baseline: &'a [f64], error: f64) -> Figures<'a> {
        Figures { indicator, variant, baseline, inputs: Variance { value: error * error, degrees: f64::INFINITY } }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    /// -0.4 of a mean of 1.8. Variance: 2 * 0.03^2 of 40 degrees, and nothing from the inputs.
    #[test]
    fn one_model_per_side_allows_for_typical_seeds() {
        let found = figures(Indicator::Entropy, &[1.6], &[2.0], 0.0).relative(&TYPICAL);
        assert!(close(found.relative, -0.4 / 1.8) && found.side == Direction::Below);
        let half = student::two_sided(0.05 / 3.0, 40.0) * 0.03 * 2f64.sqrt();
        assert!(close(found.interval95[1], -0.4 / 1.8 + half), "{found:?}");
        assert_eq!(found.seed_deviation, 0.03);
    }

    #[test]
    fn the_inputs_add_to_it() {
        // An error of 0.18 of a mean of 1.8 is 0.1.
        let found = figures(Indicator::Entropy, &[1.6], &[2.0], 0.18).relative(&TYPICAL);
        assert!(close(found.input_error, 0.1) && found.side == Direction::Unclear);
        let variance = 0.01 + 2.0 * 0.0009;
        let half = 0.5 * (found.interval95[1] - found.interval95[0]);
        // Satterthwaite: the typical part alone has finite degrees.
        let degrees = variance * variance / ((2.0f64 * 0.0009).powi(2) / 40.0);
        assert!(close(half, student::two_sided(0.05 / 3.0, degrees) * variance.sqrt()));
    }

    /// By hand: squares 0.02 and 0.08 around means 1.1 and 2.2, relative to 1.65, are two degrees of freedom, and the typical
    /// 0.04^2 is 2.84 more; the mean of two seeds on each side has the variance of one seed.
    #[test]
    fn seeds_and_what_is_typical_are_put_together() {
        let found = figures(Indicator::EffectiveRank, &[1.0, 1.2], &[2.0, 2.4], 0.0).relative(&TYPICAL);
        let scale = 1.65;
        assert!(close(found.relative, -1.1 / scale));
        let deviation = ((0.1 / (scale * scale) + 2.84 * 0.0016) / 4.84).sqrt();
        assert!(close(found.seed_deviation, deviation));
        let half = student::two_sided(0.05 / 3.0, 4.84) * deviation;
        assert!(close(found.interval95[1] - found.relative, half), "{found:?}");
    }

    /// One model against three: the variance of the three stands for both sides, and counts once for the one and a third for
    /// the mean of the three.
    #[test]
    fn one_side_borrows_the_seeds_of_the_other() {
        let found = figures(Indicator::Entropy, &[2.0], &[1.9, 2.0, 2.1], 0.0).relative(&TYPICAL);
        let deviation = ((0.02 / 4.0 + 2.84 * 0.0009) / 4.84f64).sqrt();
        assert!(close(found.seed_deviation, deviation));
        let half = student::two_sided(0.05 / 3.0, 4.84) * deviation * (4.0f64 / 3.0).sqrt();
        assert!(close(found.interval95[1], half), "{found:?}");
    }

    /// Of 0.001 and -0.001 nats the mean is zero; differences are relative to 0.01.
    #[test]
    fn information_near_zero_is_relative_to_a_hundredth_of_a_nat() {
        let found = figures(Indicator::MutualInformation, &[0.001], &[-0.001], 0.0).relative(&TYPICAL);
        assert!(close(found.relative, 0.2) && found.side == Direction::Unclear);
    }

    #[test]
    fn an_unknown_figure_has_no_side() {
        let found = figures(Indicator::EffectiveRank, &[f64::NAN], &[3.0], 0.0).relative(&TYPICAL);
        assert!(found.side == Direction::Unclear && !found.is_known() && !found.is_narrow());
        assert_eq!(found.seeds_to_be_clear(), None);
    }

    /// A difference of 0.2 and a deviation of 0.1: t(2 (n - 1) + 2.84) * 0.1 * sqrt(2 / n) falls below 0.2 at 5 seeds
    /// (t of 10.84 degrees at 5/3 % is 2.83, so 0.179; of 8.84 degrees for 4 seeds 2.95, so 0.208).
    #[test]
    fn seeds_that_would_decide() {
        let of = |relative: f64| Relative {
            name: Indicator::Entropy,
            relative,
            interval95: [f64::NAN; 2],
            side: Direction::Unclear,
            seed_deviation: 0.1,
            input_error: 0.0,
        };
        assert_eq!(of(0.2).seeds_to_be_clear(), Some(5));
        assert_eq!(of(0.001).seeds_to_be_clear(), None);
        assert!(of(0.3).seeds_to_be_clear() < of(0.2).seeds_to_be_clear());
    }
}
