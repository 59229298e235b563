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
//! by how much further an input's part may reach among all of them (`PairMethod::growth`), the most that this can be.
//!
//! **Groups left out** ([`jackknife`]), for the mean of binned entropies. Its variance falls more slowly than 1 / S: a
//! rare bin's -ln p is at most ln S, so half of the inputs cannot show what the odd ones add in all of them, and halves
//! came out up to 8 % too narrow. The jackknife sees all but a hundredth of the inputs, and is never too narrow on
//! average, whatever the estimate (Efron and Stein 1981).
//!
//! What all samples of this size are off by cancels in both: the interval is for the figure that other S inputs give.

use ndarray::{Array2, Array3, s};
use rayon::prelude::*;

use super::sample::PairSample;
use super::splits::Splits;
use super::student;
use super::summary::{Centre, Measure, mean};
use super::survey::Survey;

/// Groups of inputs that are left out in turn: enough for Student's t to be a normal, and few enough to cost little.
pub(crate) const GROUPS: usize = 100;

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
    pub(crate) fn half_width(&self, measure: Measure, group: usize) -> f64 {
        self.of(measure)[0].half_width(group)
    }

    /// The 95 % interval around a mean.
    pub(crate) fn interval(&self, measure: Measure, group: usize, mean: f64) -> [f64; 2] {
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
fn jackknife(mut figures: Array2<f64>, sizes: &[usize]) -> Deviations {
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

/// Deviations of the mean and the median entropy. The parts of `entropies` are the halves of the `splits` and then, if any,
/// all inputs but each of `groups`.
pub(crate) fn of_entropy(
    survey: &Survey<'_>,
    entropies: &[Vec<f64>],
    splits: &Splits,
    groups: &[Vec<u32>],
) -> [Deviations; 2] {
    let places = survey.layers.len() + 1;
    let of_place = |part: &[f64], place: usize| -> Vec<f64> {
        let rows = survey.layers.get(place).cloned().unwrap_or(0..survey.rows.len());
        survey.finite(rows).map(|neuron| part[neuron]).collect()
    };
    let (of_halves, of_groups) = entropies.split_at(2 * splits.len());
    let centres: Vec<Vec<Centre>> = of_halves
        .par_iter()
        .map(|half| (0..places).map(|place| Centre::of(&mut of_place(half, place))).collect())
        .collect();
    let halves = |of: fn(&Centre) -> f64| {
        let value = |(split, place): (usize, usize)| {
            splits.scale() * (of(&centres[2 * split][place]) - of(&centres[2 * split + 1][place])) / 2.0
        };
        Deviations::centred(Array2::from_shape_fn((splits.len(), places), value))
    };
    let median = halves(|centre| centre.median);
    if groups.is_empty() {
        return [halves(|centre| centre.mean), median];
    }
    let means: Vec<Vec<f64>> = of_groups[..groups.len()]
        .par_iter()
        .map(|part| (0..places).map(|place| mean(&of_place(part, place))).collect())
        .collect();
    let figures = Array2::from_shape_fn((groups.len(), places), |(group, place)| means[group][place]);
    [jackknife(figures, &groups.iter().map(Vec::len).collect::<Vec<_>>()), median]
}

/// What one split says of the pairs; small, so that it can be kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairSplit {
    /// Layers + 1 deviations of mean and median over the sampled pairs.
    deviations: Vec<[f64; 2]>,
    /// For every stratum how much a single pair deviates from its stratum's mean, squared.
    noise: Vec<f64>,
    /// The overall mean over the halves' pairs.
    pub level: f64,
}

impl PairSplit {
    /// From the sampled pairs' values over both halves.
    pub fn of(sample: &PairSample, halves: [&[f64]; 2], scale: f64) -> PairSplit {
        let groups = sample.strata.len();
        let centres = |half: usize| -> Vec<[f64; 2]> { (0..groups).map(|g| sample.centre(g, halves[half])).collect() };
        let (one, other) = (centres(0), centres(1));
        let half_difference = |a: f64, b: f64| scale * (a - b) / 2.0;
        let deviations = one.iter().zip(&other);
        let deviations = deviations.map(|(a, b)| [half_difference(a[0], b[0]), half_difference(a[1], b[1])]).collect();
        let noise = |stratum: &super::sample::Stratum| {
            let pairs = stratum.drawn.clone().map(|p| half_difference(halves[0][p], halves[1][p]));
            variance(pairs.collect())
        };
        let noise = sample.strata.iter().map(noise).collect();
        PairSplit { deviations, noise, level: 0.5 * (one[groups - 1][0] + other[groups - 1][0]) }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let numbers = self.deviations.as_flattened().iter().chain(&self.noise).chain([&self.level]);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }

    /// What [`PairSplit::bytes`] wrote for a sample of as many strata; none if these are not such bytes.
    pub fn read(bytes: &[u8], strata: usize) -> Option<PairSplit> {
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        let numbers: Vec<f64> = words.iter().map(|word| f64::from_le_bytes(*word)).collect();
        if numbers.len() != 3 * strata + 1 {
            return None;
        }
        let (deviations, []) = numbers[..2 * strata].as_chunks::<2>() else { return None };
        let noise = numbers[2 * strata..3 * strata].to_vec();
        Some(PairSplit { deviations: deviations.to_vec(), noise, level: numbers[3 * strata] })
    }
}

/// Deviations of the mean and the median mutual information, as far as they are those of all pairs.
///
/// The mean over n of N pairs deviates more than that over all: by the pairs' own deviations s^2, as
/// (1 - n / N) s^2 / n in each stratum. That much is taken off, down to what N independent pairs would leave.
pub(crate) fn of_pairs(sample: &PairSample, splits: &[PairSplit]) -> [Deviations; 2] {
    let groups = sample.strata.len();
    let mut deviations =
        Array3::from_shape_fn((splits.len(), groups, 2), |(split, group, of)| splits[split].deviations[group][of]);
    for group in 0..groups {
        let own = sample.of_group(group);
        let first = if group + 1 < groups { group } else { 0 };
        let all: u64 = own.iter().map(|stratum| stratum.population).sum();
        let (mut sampling, mut least) = (0.0, 0.0);
        for (index, stratum) in own.iter().enumerate().filter(|(_, stratum)| !stratum.drawn.is_empty()) {
            let noise = splits.iter().map(|split| split.noise[first + index]).sum::<f64>() / splits.len() as f64;
            let (drawn, population) = (stratum.drawn.len() as f64, stratum.population as f64);
            let weight = population / all as f64;
            sampling += weight * weight * (1.0 - drawn / population) * noise / drawn;
            least += weight * weight * noise / population;
        }
        let means = deviations.slice(s![.., group, 0]);
        let seen = means.iter().map(|d| d * d).sum::<f64>() / splits.len() as f64;
        if seen > 0.0 && sampling > 0.0 {
            let kept = ((seen - sampling).max(least) / seen).sqrt().min(1.0);
            deviations.slice_mut(s![.., group, ..]).mapv_inplace(|d| d * kept);
        }
    }
    [0, 1].map(|centre| Deviations::centred(deviations.slice(s![.., .., centre]).to_owned()))
}

/// Around the mean; 0 of a single number, of which nothing can be told.
fn variance(numbers: Vec<f64>) -> f64 {
    if numbers.len() < 2 {
        return 0.0;
    }
    let mean = mean(&numbers);
    numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (numbers.len() - 1) as f64
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
