//! How far the figures would move if other inputs had been drawn.
//!
//! In: the measures over parts of the inputs. Out: how far off mean and median are by each of these parts, and from that
//! standard errors and intervals. Bins keep the range of all inputs. A bootstrap would repeat inputs, which nearest
//! neighbours read as perfect dependence; so inputs are only ever left out, in one of two ways.
//!
//! **Halves.** Two halves have no input in common and are two independent samples of half the size, so the variance of
//! half their difference is that of the figure over all inputs, for any estimate whose variance falls as 1 / S. Nearest
//! neighbours and medians need this: leaving out little and seeing what it does counts what inputs do to each other
//! several times over, and of a median sees the middle neurons alone. Where the pairs depend on each other strongly the
//! variance of their I falls more slowly, for half of the inputs resolve less: the halves' differences are multiplied
//! by how much further an input's part may reach among all of them (`PairEstimator::growth`), the most that this can be.
//!
//! **Groups left out** ([`jackknife`]), for the mean of binned entropies. Its variance falls more slowly than 1 / S: a
//! rare bin's -ln p is at most ln S, so half of the inputs cannot show what the odd ones add in all of them, and halves
//! came out up to 8 % too narrow. The jackknife sees all but a hundredth of the inputs, and is never too narrow on
//! average, whatever the estimate (Efron and Stein 1981).
//!
//! What all samples of this size are off by cancels in both: the interval is for the figure that other S inputs give.

use ndarray::Array2;

use super::student;
use crate::measures::summary::Measure;

/// What the parts say of a reading's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Resamples {
    /// Pairs on which the halves were measured, and how many there are.
    pub pairs_used: u64,
    pub pairs_total: u64,
    /// Of the mean and of the median over neurons.
    pub entropy: [Deviations; 2],
    /// Of the mean and of the median over pairs. There are none where a half is too small to be measured.
    pub mutual_information: [Deviations; 2],
}

/// How far off a figure is by each part of the inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Deviations {
    /// [parts, layers + 1], of the layers and then of all of them together; nats. The sum of their squares over `degrees`
    /// is the figure's variance. The parts depend only on seed and number of inputs, so those of two variants are paired.
    pub values: Array2<f64>,
    /// Degrees of freedom.
    pub degrees: f64,
}

impl Resamples {
    /// Of the mean and of the median.
    pub fn of(&self, measure: Measure) -> &[Deviations; 2] {
        match measure {
            Measure::Entropy => &self.entropy,
            Measure::MutualInformation => &self.mutual_information,
        }
    }

    /// Half width of the 95 % interval of a mean: of layer `group`, or of all for the index after the last layer.
    pub fn half_width(&self, measure: Measure, group: usize) -> f64 {
        self.of(measure)[0].half_width(group)
    }

    /// The 95 % interval around a mean.
    pub fn interval(&self, measure: Measure, group: usize, mean: f64) -> [f64; 2] {
        let half = self.half_width(measure, group);
        [mean - half, mean + half]
    }
}

impl Deviations {
    /// From deviations whose centre is known, so that each is a degree of freedom.
    pub fn centred(values: Array2<f64>) -> Deviations {
        let degrees = values.nrows() as f64;
        Deviations { values, degrees }
    }

    /// Of layer `group`, or of all for the index after the last layer. NaN with fewer than two degrees of freedom.
    pub fn standard_error(&self, group: usize) -> f64 {
        if self.degrees < 2.0 {
            return f64::NAN;
        }
        let squares: f64 = self.values.column(group).iter().map(|d| d * d).sum();
        (squares / self.degrees).sqrt()
    }

    /// Half width of the 95 % interval.
    pub fn half_width(&self, group: usize) -> f64 {
        student::two_sided(0.05, self.degrees) * self.standard_error(group)
    }
}

/// Deviations from figures over all inputs but one group, [groups, layers + 1]; `sizes` are those of the groups.
///
/// With m of S inputs left out a mean moves by m / (S - m) times what the group is off, whose variance is that of an
/// input times (1 / m - 1 / S). Multiplied by (S - m) / m the squares add up, over one less than the groups, to the
/// variance over S. For estimates that are no means they add up to no less than that on average.
pub fn jackknife(mut figures: Array2<f64>, sizes: &[usize]) -> Deviations {
    let (groups, places) = figures.dim();
    let samples: usize = sizes.iter().sum();
    let kept: Vec<f64> = sizes.iter().map(|size| (samples - size) as f64).collect();
    let all: f64 = kept.iter().sum();
    let count = groups as f64;
    for place in 0..places {
        let mut figures = figures.column_mut(place);
        let centre = figures.iter().zip(&kept).map(|(figure, kept)| figure * kept).sum::<f64>() / all;
        for ((figure, kept), &size) in figures.iter_mut().zip(&kept).zip(sizes) {
            *figure = (*figure - centre) * (kept / size as f64 * (count - 1.0) / count).sqrt();
        }
    }
    Deviations { values: figures, degrees: count - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a mean the jackknife is its textbook variance, s^2 / S: 1, 2, 4, 9 have s^2 = 38 / 3.
    #[test]
    fn the_jackknife_of_a_mean_is_its_variance() {
        let values = [1.0, 2.0, 4.0, 9.0];
        let without = |left_out: usize| (16.0 - values[left_out]) / 3.0;
        let found = jackknife(Array2::from_shape_fn((4, 1), |(group, _)| without(group)), &[1; 4]);
        let variance = found.values.iter().map(|d| d * d).sum::<f64>() / found.degrees;
        assert_eq!(found.degrees, 3.0);
        assert!((variance - 38.0 / 12.0).abs() < 1e-12, "{variance}");
        // Student's t of three degrees at 5 %, from the printed table.
        assert!((found.half_width(0) / (38.0f64 / 12.0).sqrt() - 3.1824).abs() < 5e-5);
    }

    /// Groups of unlike sizes, and inputs that group j has all of at (-1)^j: m_j / (S - m_j) is what leaving it out moves.
    #[test]
    fn unlike_groups_count_by_their_inputs() {
        let sizes = [3, 2, 2, 3];
        let sum = |group: usize| sizes[group] as f64 * if group.is_multiple_of(2) { 1.0 } else { -1.0 };
        let all: f64 = (0..4).map(sum).sum();
        let figures = Array2::from_shape_fn((4, 1), |(group, _)| (all - sum(group)) / (10 - sizes[group]) as f64);
        let found = jackknife(figures, &sizes);
        for (group, deviation) in found.values.iter().enumerate() {
            let size = sizes[group] as f64;
            let moved = -size / (10.0 - size) * (sum(group) / size - all / 10.0);
            let want = moved * ((10.0 - size) / size * 3.0 / 4.0).sqrt();
            assert!((deviation - want).abs() < 1e-12, "{deviation} {want}");
        }
    }

    #[test]
    fn one_degree_gives_no_interval() {
        assert!(Deviations::centred(Array2::ones((1, 2))).half_width(0).is_nan());
        assert!(Deviations::centred(Array2::ones((2, 2))).half_width(1).is_finite());
    }
}
