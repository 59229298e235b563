//! How far the figures would move if other inputs had been drawn.
//!
//! In: the measures over the two halves of seeded splits of the inputs. Out: for every split how far off mean and median
//! are, and from these standard errors and intervals.
//!
//! A bootstrap would repeat inputs, which nearest neighbours read as perfect dependence; so the inputs are split in two
//! without replacement. The halves have no input in common and are two independent samples of half the size, so the
//! variance of half their difference is that of the figure over all inputs, for any estimate whose variance falls as
//! 1 / S: also for nearest neighbours, where overlapping subsamples would come out too wide. The bias that all samples
//! of this size share cancels: the interval is for the figure that other S inputs would give. Bins keep the range of
//! all inputs.

use ndarray::{Array3, ArrayView1, s};

use super::entropy::Entropies;
use super::sample::PairSample;
use super::splits::Splits;
use super::summary::Centre;
use super::survey::Survey;

/// What the splits say of a reading's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Resamples {
    /// The share of the inputs in each subsample.
    pub share: f64,
    /// Pairs on which the subsamples were measured, and how many there are.
    pub pairs_used: u64,
    pub pairs_total: u64,
    /// [splits, layers + 1, 2]: how far off the mean (0) and the median (1) of the entropy are, by each split, for the
    /// layers and then for all of them together; nats. The mean of their squares is the figure's variance. The
    /// splits depend only on seed, number of inputs and number of splits, so those of two variants are paired.
    pub entropy: Array3<f64>,
    /// The same for the mutual information over pairs. There are no splits where a half is too small for it.
    pub mutual_information: Array3<f64>,
}

/// One of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Entropy,
    MutualInformation,
}

impl Resamples {
    /// [splits, layers + 1, 2], as described at the fields.
    pub fn of(&self, measure: Measure) -> &Array3<f64> {
        match measure {
            Measure::Entropy => &self.entropy,
            Measure::MutualInformation => &self.mutual_information,
        }
    }

    /// Half width of the 95 % interval of a mean: of layer `group`, or of all for the index after the last layer. NaN
    /// with fewer than two splits.
    pub fn half_width(&self, measure: Measure, group: usize) -> f64 {
        half_width(self.of(measure).slice(s![.., group, 0]))
    }

    /// The 95 % interval around a mean.
    pub(crate) fn interval(&self, measure: Measure, group: usize, mean: f64) -> [f64; 2] {
        let half = self.half_width(measure, group);
        [mean - half, mean + half]
    }
}

/// t times the standard error that deviations from a figure tell. Every split is a degree of freedom: the deviations
/// are around zero by construction, so none is spent on their mean.
pub fn half_width(deviations: ArrayView1<'_, f64>) -> f64 {
    let splits = deviations.len();
    if splits < 2 {
        return f64::NAN;
    }
    let variance = deviations.iter().map(|d| d * d).sum::<f64>() / splits as f64;
    t95(splits) * variance.sqrt()
}

/// The t beyond which 5 % of Student's distribution lie, both sides together: the printed table, and from 31 degrees
/// the expansion around the normal (Abramowitz and Stegun 26.7.5), there good to 1e-5.
pub fn t95(degrees: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604,
        2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518,
        2.0484, 2.0452, 2.0423,
    ];
    const Z: f64 = 1.959_963_984_540_054;
    match degrees {
        0 => f64::NAN,
        1..=30 => TABLE[degrees - 1],
        _ => {
            let n = degrees as f64;
            let (z3, z5) = (Z.powi(3), Z.powi(5));
            let first = (z3 + Z) / (4.0 * n);
            let second = (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * n * n);
            let third = (3.0 * Z.powi(7) + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / (384.0 * n * n * n);
            Z + first + second + third
        }
    }
}

/// Deviations of the entropy, [splits, layers + 1, 2]. The first `2 * splits` parts of `entropies` are the halves.
pub(crate) fn of_entropy(survey: &Survey<'_>, entropies: &Entropies, splits: &Splits) -> Array3<f64> {
    let groups = survey.layers.len() + 1;
    let centre = |part: usize, group: usize| {
        let rows = survey.layers.get(group).cloned().unwrap_or(0..survey.rows.len());
        let mut values: Vec<f64> = survey.finite(rows).map(|neuron| entropies.parts[part][neuron]).collect();
        let Centre { mean, median } = Centre::of(&mut values);
        [mean, median]
    };
    let mut deviations = Array3::zeros((splits.len(), groups, 2));
    for split in 0..splits.len() {
        for group in 0..groups {
            let (one, other) = (centre(2 * split, group), centre(2 * split + 1, group));
            for statistic in 0..2 {
                deviations[[split, group, statistic]] = splits.scale() * (one[statistic] - other[statistic]) / 2.0;
            }
        }
    }
    deviations
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

/// Deviations of the mutual information, [splits, layers + 1, 2], as far as they are those of all pairs.
///
/// The mean over n of N pairs deviates more than that over all: by the pairs' own deviations s^2, as
/// (1 - n / N) s^2 / n in each stratum. That much is taken off, down to what N independent pairs would leave.
pub(crate) fn of_pairs(sample: &PairSample, splits: &[PairSplit]) -> Array3<f64> {
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
    deviations
}

/// Around the mean; 0 of a single number, of which nothing can be told.
fn variance(numbers: Vec<f64>) -> f64 {
    if numbers.len() < 2 {
        return 0.0;
    }
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (numbers.len() - 1) as f64
}
