//! The difference between two sides of a comparison in one measure, and how sure it is.

use serde::{Deserialize, Serialize};

use super::direction::Direction;
use super::observed::Cell;
use super::uncertainty::{ALONE, TOGETHER, Variance, average, between_seeds};
use super::verdict::Rule;
use crate::base::nullable;
use crate::measures::Summary;

/// The variant's figures less the baseline's, averaged over replicates; nats.
///
/// The neurons of two networks do not correspond, so these are differences of statistics, not statistics of
/// differences. NaN (`null` in JSON) where a side has no figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    #[serde(deserialize_with = "nullable::number")]
    pub mean: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub median: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub q1: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub q3: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub min: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub max: f64,
    /// Of the mean. It holds together with that of the other measure 95 % of the time; alone it would be narrower.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
    #[serde(deserialize_with = "nullable::numbers")]
    pub median_interval95: [f64; 2],
    /// Of the mean.
    #[serde(deserialize_with = "nullable::number")]
    pub standard_error: f64,
    /// Of the mean's interval.
    #[serde(deserialize_with = "nullable::number")]
    pub degrees_of_freedom: f64,
    /// The mean's difference in standard deviations over neurons (or pairs), both sides pooled (Cohen's d). Not an
    /// interval: it says how far the distributions are apart, not how surely.
    pub effect_size: Option<f64>,
    /// The baseline's mean, which 5 % are taken of.
    #[serde(deserialize_with = "nullable::number")]
    pub baseline: f64,
}

impl Delta {
    /// Where the mean's difference lies.
    pub fn side(&self) -> Direction {
        Direction::of_interval(self.interval95)
    }

    /// Whether there is an interval: too few inputs have none, nor has I where there are no pairs.
    pub fn is_known(&self) -> bool {
        self.interval95.iter().all(|end| end.is_finite())
    }

    /// Whether the whole interval lies within `part` of the baseline's value.
    pub fn within(&self, part: f64) -> bool {
        let bound = part * self.baseline.abs();
        self.interval95.iter().all(|end| end.abs() <= bound)
    }
}

/// What the intervals of a pair cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// The inputs drawn, and not the variance between seeds.
    Inputs,
    /// One model per side: the inputs drawn, and how far seeds of such networks typically are apart.
    TypicalTraining,
    /// One model on one side: also the variance between seeds, taken to be as large on both sides.
    TrainingOfOneSide,
    /// Several on both: the inputs drawn and the variance between seeds.
    Training,
}

impl Covers {
    pub(super) fn of(rule: Rule, models: [usize; 2]) -> Covers {
        match (models[0] > 1, models[1] > 1) {
            (false, false) if rule == Rule::Published => Covers::Inputs,
            (false, false) => Covers::TypicalTraining,
            (true, true) => Covers::Training,
            _ => Covers::TrainingOfOneSide,
        }
    }
}

/// The models of two sides in one measure and one place.
pub(super) struct Contrast<'a> {
    pub variant: &'a [Cell<'a>],
    pub baseline: &'a [Cell<'a>],
}

/// Which figure of a summary, and which of the deviations belong to it.
#[derive(Clone, Copy)]
struct Centre {
    of: fn(&Summary) -> f64,
    column: usize,
}

const MEAN: Centre = Centre { of: |s| s.mean, column: 0 };
const MEDIAN: Centre = Centre { of: |s| s.median, column: 1 };

impl Contrast<'_> {
    pub fn delta(&self) -> Delta {
        let of = |figure: fn(&Summary) -> f64| mean_of(self.variant, figure) - mean_of(self.baseline, figure);
        let (mean, median) = (of(MEAN.of), of(MEDIAN.of));
        let (variance, median_variance) = (self.variance(MEAN), self.variance(MEDIAN));
        let pooled = 0.5 * (variance_over_neurons(self.variant) + variance_over_neurons(self.baseline));
        Delta {
            mean,
            median,
            q1: of(|s| s.q1),
            q3: of(|s| s.q3),
            min: of(|s| s.min),
            max: of(|s| s.max),
            interval95: variance.around(mean, TOGETHER),
            median_interval95: median_variance.around(median, TOGETHER),
            standard_error: variance.value.sqrt(),
            degrees_of_freedom: variance.degrees,
            effect_size: (pooled > 0.0 && mean.is_finite()).then(|| mean / pooled.sqrt()),
            baseline: mean_of(self.baseline, MEAN.of),
        }
    }

    /// The variance of the mean's difference over the inputs drawn.
    pub fn inputs_of_mean(&self) -> Variance {
        self.inputs(MEAN)
    }

    fn inputs(&self, centre: Centre) -> Variance {
        let (ours, theirs) = (deviations(self.variant, centre.column), deviations(self.baseline, centre.column));
        let degrees = degrees(self.variant, centre.column).min(degrees(self.baseline, centre.column));
        let differences: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        Variance::of_deviations(&differences, degrees)
    }

    fn variance(&self, centre: Centre) -> Variance {
        let mut parts = vec![self.inputs(centre)];
        parts.extend(between_seeds(&values(self.variant, centre.of), &values(self.baseline, centre.of)));
        Variance::sum(&parts)
    }
}

/// The figures of one side by itself: the average over its models, with the interval of the mean.
pub(super) fn pooled(side: &[Cell]) -> Summary {
    let inputs = Variance::of_deviations(&deviations(side, MEAN.column), degrees(side, MEAN.column));
    let means = values(side, MEAN.of);
    let seeds = (means.len() > 1).then(|| Variance::estimated(&means, 1.0 / means.len() as f64));
    let parts: Vec<Variance> = [inputs].into_iter().chain(seeds).collect();
    let mean = average(&means);
    Summary {
        mean,
        median: mean_of(side, |s| s.median),
        q1: mean_of(side, |s| s.q1),
        q3: mean_of(side, |s| s.q3),
        min: mean_of(side, |s| s.min),
        max: mean_of(side, |s| s.max),
        interval95: Variance::sum(&parts).around(mean, ALONE),
    }
}

fn values(side: &[Cell], figure: fn(&Summary) -> f64) -> Vec<f64> {
    side.iter().map(|cell| figure(&cell.summary)).collect()
}

fn mean_of(side: &[Cell], figure: fn(&Summary) -> f64) -> f64 {
    average(&values(side, figure))
}

fn variance_over_neurons(side: &[Cell]) -> f64 {
    average(&side.iter().map(|cell| cell.spread.powi(2)).collect::<Vec<_>>())
}

fn degrees(side: &[Cell], column: usize) -> f64 {
    side.iter().map(|cell| cell.degrees[column]).fold(f64::INFINITY, f64::min)
}

/// The deviation by every part of the inputs of the average over the models of a side.
fn deviations(side: &[Cell], column: usize) -> Vec<f64> {
    let parts = side.iter().map(|cell| cell.deviations[column].len()).min().unwrap_or(0);
    let average_of = |part: usize| average(&side.iter().map(|cell| cell.deviations[column][part]).collect::<Vec<_>>());
    (0..parts).map(average_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made::measured;
    use crate::comparison::observed::Measured;

    fn delta(variant: &[Measured], baseline: &[Measured]) -> Delta {
        let variant: Vec<Cell> = variant.iter().map(|m| m.at(1)).collect();
        let baseline: Vec<Cell> = baseline.iter().map(|m| m.at(1)).collect();
        Contrast { variant: &variant, baseline: &baseline }.delta()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    /// Student's t of four degrees at 2.5 %, both sides together: sin a (1 + cos^2(a) / 2) = 0.975 with tan a = t / 2.
    const T4: f64 = 3.495_405_932_516;

    #[test]
    fn what_an_input_does_to_both_models_cancels_in_pairs() {
        let wild = [3.0, -1.0, 2.0, -4.0];
        let d = delta(&[measured(1.5, &wild)], &[measured(1.0, &wild)]);
        assert_eq!((d.mean, d.standard_error, d.interval95), (0.5, 0.0, [0.5, 0.5]));
        assert_eq!(d.side(), Direction::Above);
    }

    #[test]
    fn the_paired_interval_is_students() {
        let d = delta(&[measured(1.0, &[1.0, 0.0, 1.0, 0.0])], &[measured(3.0, &[0.0, 1.0, 0.0, 1.0])]);
        assert!(close(d.mean, -2.0) && close(d.standard_error, 1.0) && close(d.degrees_of_freedom, 4.0));
        assert!(close(d.interval95[0], -2.0 - T4) && close(d.interval95[1], -2.0 + T4), "{:?}", d.interval95);
        assert!(close(d.median_interval95[1], -2.0 + T4));
        assert!(close(d.effect_size.unwrap(), -4.0), "0.5 over neurons on both sides");
        assert!(close(d.baseline, 3.0) && d.side() == Direction::Unclear);
    }

    /// Welch's test by hand: variances 2 and 8 over 2 models each, and nothing from the inputs; (1 + 4)^2 / (1 + 16).
    #[test]
    fn two_seeds_a_side_are_welchs_test() {
        let quiet = [0.0; 4];
        let variant = [measured(1.0, &quiet), measured(3.0, &quiet)];
        let baseline = [measured(10.0, &quiet), measured(14.0, &quiet)];
        let d = delta(&variant, &baseline);
        assert!(close(d.mean, -10.0) && close(d.standard_error, 5f64.sqrt()), "{d:?}");
        assert!(close(d.degrees_of_freedom, 25.0 / 17.0));
        assert_eq!(d.side(), Direction::Unclear, "one and a half degrees of freedom are little");
    }

    /// The variance of 10, 12, 14 is 4; the mean of three has 4/3 and the lone model 4 of it, on two degrees.
    #[test]
    fn a_lone_model_borrows_the_other_sides_variance() {
        let quiet = [0.0; 4];
        let three = [10.0, 12.0, 14.0].map(|mean| measured(mean, &quiet));
        let one = [measured(1.0, &quiet)];
        for d in [delta(&one, &three), delta(&three, &one)] {
            assert!(close(d.standard_error, (16.0f64 / 3.0).sqrt()) && close(d.degrees_of_freedom, 2.0), "{d:?}");
        }
    }

    /// 1 from the inputs on 4 degrees, and from the seeds of each side 2 / 2 on 1: 3, and 9 / (1/4 + 1 + 1) = 4 degrees.
    #[test]
    fn inputs_and_seeds_add() {
        let signs = [1.0, -1.0, 1.0, -1.0];
        let side = |first: f64, d: &[f64]| [measured(first, d), measured(first + 2.0, d)];
        let d = delta(&side(0.0, &signs), &side(5.0, &[0.0; 4]));
        assert!(close(d.standard_error, 3f64.sqrt()) && close(d.degrees_of_freedom, 4.0), "{d:?}");
    }

    #[test]
    fn nothing_known_is_unclear() {
        for d in [
            delta(&[measured(f64::NAN, &[f64::NAN; 4])], &[measured(1.0, &[0.1; 4])]),
            delta(&[measured(2.0, &[])], &[measured(1.0, &[])]),
        ] {
            assert_eq!(d.side(), Direction::Unclear);
            assert!(!d.within(0.5) && d.interval95[0].is_nan());
        }
    }

    #[test]
    fn an_end_at_zero_is_not_beyond_it() {
        let at = |low: f64, high: f64| crate::comparison::made::delta([low, high], 1.0).side();
        assert_eq!(
            [at(-1.0, 0.0), at(0.0, 1.0), at(-1.0, -1e-9), at(1e-9, 1.0)],
            [Direction::Unclear, Direction::Unclear, Direction::Below, Direction::Above]
        );
    }

    #[test]
    fn within_is_of_the_baselines_size_whatever_its_sign() {
        let delta = crate::comparison::made::delta;
        assert!(delta([-0.05, 0.05], 1.0).within(0.05) && delta([-0.05, 0.05], -1.0).within(0.05));
        assert!(!delta([-0.051, 0.01], 1.0).within(0.05) && !delta([-0.01, 0.051], 1.0).within(0.05));
        assert!(delta([0.0, 0.0], 0.0).within(0.05));
    }

    #[test]
    fn nan_survives_json() {
        let d = delta(&[measured(f64::NAN, &[])], &[measured(1.0, &[])]);
        let text = serde_json::to_string(&d).unwrap();
        assert!(text.contains("\"interval95\":[null,null]"), "{text}");
        let back: Delta = serde_json::from_str(&text).unwrap();
        assert!(back.mean.is_nan() && back.interval95[1].is_nan() && back.baseline == 1.0);
    }
}
