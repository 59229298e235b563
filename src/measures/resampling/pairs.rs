//! How far off mean and median mutual information are by each half of the inputs, from a sample of the pairs.

use ndarray::{Array3, s};
use rayon::prelude::*;

use super::deviations::Deviations;
use super::sample::{PairSample, Stratum};
use super::splits::{Split, Splits};
use crate::base::job::{Job, Stage};
use crate::base::share::Place;
use crate::measures::error::Error;
use crate::measures::pairs::prepared::Prepared;
use crate::measures::summary::mean;

/// What one split says of the pairs; small, so that it can be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSplit {
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
        let noise = |stratum: &Stratum| {
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

/// The sampled pairs over the halves of every split.
///
/// None where a half is too small: k + 1 inputs are all each other's neighbours, and every pair's estimate over them is
/// the same. `section` names this pass in the parts that `job` keeps.
///
/// Where several processes share the run, one that makes a share of the parts gives the splits of its share only.
///
/// # Errors
/// A part cannot be kept; others should have made a part that is not there; the user stopped the run.
pub fn measure(
    prepared: &Prepared<'_>,
    sample: &PairSample,
    splits: &Splits,
    section: &str,
    job: &dyn Job,
) -> Result<Vec<PairSplit>, Error> {
    if splits.half() <= prepared.fewest_inputs() {
        return Ok(Vec::new());
    }
    let scale = splits.scale() * prepared.growth(splits.samples(), splits.half());
    let share = job.share();
    let place = |index: usize| Place::alone(index, splits.len());
    let numbered: Vec<(usize, &Split)> =
        splits.iter().enumerate().filter(|(index, _)| share.takes(place(*index))).collect();
    job.begin(Stage::Intervals, numbered.len() as u64);
    let one = |(index, split): (usize, &Split)| {
        let kept = job.kept(Stage::Intervals, section, index as u64);
        if let Some(one) = kept.and_then(|bytes| PairSplit::read(&bytes, sample.strata.len())) {
            job.reuse(1);
            return Ok(one);
        }
        if !share.makes() {
            return Err(Error::Missing { missing: vec![place(index)] });
        }
        let mut halves = [Vec::new(), Vec::new()];
        for (values, inputs) in halves.iter_mut().zip(&split.halves) {
            if job.stopped() {
                return Err(Error::Interrupted);
            }
            *values = prepared.over(inputs, &sample.pairs)?;
        }
        let one = PairSplit::of(sample, [&halves[0], &halves[1]], scale);
        job.keep(Stage::Intervals, section, index as u64, &one.bytes())?;
        job.advance(1);
        Ok(one)
    };
    let mut measured = Vec::with_capacity(numbered.len());
    for some in numbered.chunks(prepared.at_a_time(splits.half())) {
        measured.extend(some.par_iter().copied().map(one).collect::<Result<Vec<_>, Error>>()?);
    }
    job.end();
    Ok(measured)
}

/// Deviations of the mean and the median mutual information, as far as they are those of all pairs.
///
/// The mean over n of N pairs deviates more than that over all: by the pairs' own deviations s^2, as
/// (1 - n / N) s^2 / n in each stratum. That much is taken off, down to what N independent pairs would leave.
pub fn of_pairs(sample: &PairSample, splits: &[PairSplit]) -> [Deviations; 2] {
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
