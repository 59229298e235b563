//! Both measures under one estimator, with their statistics and intervals.

use std::ops::Range;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::entropy::{self, Entropies, Method, Part, Ranges};
use super::intervals::{self, PairSplit, Resamples};
use super::pairs::knn::PairMatrix;
use super::pairs::{self, Chosen, PairMethod, Prepared};
use super::sample::{self, PairSample};
use super::splits::{self, Split, Splits};
use super::stability::Stability;
use super::summary::{Measure, Statistics, Summary};
use super::survey::Survey;
use super::{EntropyEstimator, Error, Estimator, PairNeurons, Settings};
use crate::base::job::{Job, Stage};

/// Both measures under one estimator; nats.
#[derive(Debug)]
pub struct Reading {
    pub estimator: Estimator,
    /// [N] of every neuron; NaN for one that is not finite.
    pub entropy: Vec<f64>,
    /// [M] the neurons whose pairs were measured, as rows of the activations.
    pub pair_neurons: Vec<usize>,
    /// [M, M], diagonal included; NaN where a neuron is not finite, 0 where one is constant.
    pub mutual_information: PairMatrix,
    /// Of every layer.
    pub layers: Vec<Statistics>,
    pub overall: Statistics,
    /// Standard deviations over neurons and over pairs, in which effects are told: of every layer, and of all together.
    pub spread: Vec<Spread>,
    pub resamples: Resamples,
}

/// Standard deviations; NaN of fewer than two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Over neurons.
    pub entropy: f64,
    /// Over pairs.
    pub mutual_information: f64,
}

/// A reading, and what else is learned on the way.
pub(crate) struct Read {
    pub reading: Reading,
    pub stability: Stability,
    /// Of entropy and of mutual information.
    pub took: [Duration; 2],
}

/// Reads both measures.
pub(crate) fn read(
    survey: &Survey<'_>,
    estimator: Estimator,
    which: PairNeurons,
    settings: &Settings,
    job: &dyn Job,
) -> Result<Read, Error> {
    let splits = Splits::draw(settings.seed, survey.samples, settings.subsamples);
    let quarters = splits::quarters(settings.seed, survey.samples);
    let groups = groups(settings, survey.samples);
    let start = Instant::now();
    let entropies = entropies(survey, estimator, settings, (&splits, &groups, &quarters), job)?;
    let entropy_took = start.elapsed();

    let start = Instant::now();
    let chosen = Chosen::of(survey, which, settings.seed);
    let method = PairMethod::of(settings, estimator);
    let prepared = Prepared::of(survey, &chosen, method);
    let matrix = prepared.matrix(&chosen, estimator.name(), job)?;
    let sample = PairSample::draw(&chosen, settings.seed, sample::affordable(&chosen, settings.subsamples));
    // k + 1 inputs are all each other's neighbours, and every pair's estimate over them is the same.
    let splits_of_pairs = if splits.half() <= method.fewest_inputs() {
        Vec::new()
    } else {
        let scale = splits.scale() * method.growth(survey.samples, splits.half());
        split_pairs(&prepared, &sample, (&splits, scale), estimator, job)?
    };

    let resamples = Resamples {
        pairs_used: sample.pairs.len() as u64,
        pairs_total: chosen.count(),
        entropy: intervals::of_entropy(survey, &entropies.parts, &splits, &groups),
        mutual_information: intervals::of_pairs(&sample, &splits_of_pairs),
    };
    let mut groups: Vec<(Statistics, Spread)> = (0..=survey.layers.len())
        .into_par_iter()
        .map(|group| statistics(survey, &chosen, &entropies.whole, &matrix, &resamples, group))
        .collect();
    let overall = groups[survey.layers.len()].0;

    let sampled = {
        let of = |&(i, j): &(u32, u32)| matrix.get(chosen.measured[i as usize], chosen.measured[j as usize]);
        sample.centre(survey.layers.len(), &sample.pairs.iter().map(of).collect::<Vec<_>>())[0]
    };
    // The sampled pairs tell by how much fewer inputs change the mean; from there it is the mean of all pairs.
    let all = overall.mutual_information.mean;
    let level = [quarter_level(&prepared, &sample, &quarters)?, half_level(&splits_of_pairs), sampled]
        .map(|level| all + (level - sampled));
    let half_widths = Measure::BOTH.map(|measure| resamples.half_width(measure, survey.layers.len()));
    let stability = Stability::new(survey.samples, entropy_levels(survey, &entropies, &splits), level, half_widths);

    let spread = groups.iter().map(|group| group.1).collect();
    groups.pop();
    let layers = groups.into_iter().map(|group| group.0).collect();
    let reading = Reading {
        estimator,
        entropy: entropies.whole,
        pair_neurons: chosen.rows,
        mutual_information: matrix,
        layers,
        overall,
        spread,
        resamples,
    };
    Ok(Read { reading, stability, took: [entropy_took, start.elapsed()] })
}

/// The groups of inputs to be left out; none where the entropies are not of bins, or no interval is wanted.
fn groups(settings: &Settings, samples: usize) -> Vec<Vec<u32>> {
    if settings.entropy == EntropyEstimator::KozachenkoLeonenko || settings.subsamples < 2 {
        return Vec::new();
    }
    splits::groups(settings.seed, samples, intervals::GROUPS)
}

/// Entropies over all inputs; over the halves of every split, over all inputs but each group, and over the quarters.
fn entropies(
    survey: &Survey<'_>,
    estimator: Estimator,
    settings: &Settings,
    (splits, groups, quarters): (&Splits, &[Vec<u32>], &[Vec<u32>; 4]),
    job: &dyn Job,
) -> Result<Entropies, Error> {
    let ranges = Ranges::find(survey, estimator, settings.binning, settings.bins, |_| true);
    let method = Method { estimator: settings.entropy, ranges: &ranges, neighbors: settings.neighbors };
    let halves = splits.iter().flat_map(|split| &split.halves).map(|half| Part::Only(half));
    let without = groups.iter().map(|group| Part::Without(group));
    let parts: Vec<Part> = halves.chain(without).chain(quarters.iter().map(|quarter| Part::Only(quarter))).collect();
    entropy::measure(survey, method, &parts, job)
}

/// The sampled pairs over the halves of every split, half their difference being multiplied by `scale`.
fn split_pairs(
    prepared: &Prepared<'_>,
    sample: &PairSample,
    (splits, scale): (&Splits, f64),
    estimator: Estimator,
    job: &dyn Job,
) -> Result<Vec<PairSplit>, Error> {
    job.begin(Stage::Intervals, splits.len() as u64);
    let one = |(index, split): (usize, &Split)| {
        let kept = job.kept(Stage::Intervals, estimator.name(), index as u64);
        if let Some(one) = kept.and_then(|bytes| PairSplit::read(&bytes, sample.strata.len())) {
            job.advance(1);
            return Ok(one);
        }
        let mut halves = [Vec::new(), Vec::new()];
        for (values, inputs) in halves.iter_mut().zip(&split.halves) {
            if job.stopped() {
                return Err(Error::Interrupted);
            }
            *values = prepared.over(inputs, &sample.pairs)?;
        }
        let one = PairSplit::of(sample, [&halves[0], &halves[1]], scale);
        job.keep(Stage::Intervals, estimator.name(), index as u64, &one.bytes())?;
        job.advance(1);
        Ok(one)
    };
    let numbered: Vec<(usize, &Split)> = splits.iter().enumerate().collect();
    let mut measured = Vec::with_capacity(splits.len());
    for some in numbered.chunks(prepared.side_by_side(splits.half())) {
        measured.extend(some.par_iter().copied().map(one).collect::<Result<Vec<_>, Error>>()?);
    }
    job.end();
    Ok(measured)
}

/// Statistics of a layer, or of all layers for the index after the last.
fn statistics(
    survey: &Survey<'_>,
    chosen: &Chosen,
    entropies: &[f64],
    matrix: &PairMatrix,
    resamples: &Resamples,
    group: usize,
) -> (Statistics, Spread) {
    let all = (0..survey.rows.len(), 0..chosen.rows.len());
    let (rows, members): (Range<usize>, Range<usize>) = match survey.layers.get(group) {
        Some(layer) => (layer.clone(), chosen.layers[group].clone()),
        None => all,
    };
    let finite: Vec<f64> = survey.finite(rows).map(|row| entropies[row]).collect();
    let pairs = pairs::within(matrix, chosen, members);
    let mut entropy = Summary::of(&[&finite]);
    let mut mutual_information = Summary::of(&pairs);
    entropy.interval95 = resamples.interval(Measure::Entropy, group, entropy.mean);
    mutual_information.interval95 = resamples.interval(Measure::MutualInformation, group, mutual_information.mean);
    let spread = Spread {
        entropy: deviation(&[&finite], entropy.mean),
        mutual_information: deviation(&pairs, mutual_information.mean),
    };
    (Statistics { entropy, mutual_information }, spread)
}

fn deviation(parts: &[&[f64]], mean: f64) -> f64 {
    let count: usize = parts.iter().map(|part| part.len()).sum();
    if count < 2 {
        return f64::NAN;
    }
    let squares: f64 = parts.iter().map(|part| part.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()).sum();
    (squares / (count - 1) as f64).sqrt()
}

/// Overall mean entropies at S/4, S/2 and S.
fn entropy_levels(survey: &Survey<'_>, entropies: &Entropies, splits: &Splits) -> [f64; 3] {
    let mean = |values: &[f64]| {
        let (sum, count) = survey.finite(0..survey.rows.len()).fold((0.0, 0), |(s, n), row| (s + values[row], n + 1));
        sum / f64::from(count)
    };
    let over = |parts: &[Vec<f64>]| parts.iter().map(|part| mean(part)).sum::<f64>() / parts.len() as f64;
    let (halves, rest) = entropies.parts.split_at(2 * splits.len());
    let quarters = &rest[rest.len() - 4..];
    [over(quarters), over(halves), mean(&entropies.whole)]
}

/// Overall mean I of the sampled pairs at S/4; NaN where that is too few inputs.
fn quarter_level(prepared: &Prepared<'_>, sample: &PairSample, quarters: &[Vec<u32>; 4]) -> Result<f64, Error> {
    if quarters[0].len() < prepared.fewest_inputs() || sample.pairs.is_empty() {
        return Ok(f64::NAN);
    }
    let mut sum = 0.0;
    for inputs in quarters {
        sum += sample.centre(sample.strata.len() - 1, &prepared.over(inputs, &sample.pairs)?)[0];
    }
    Ok(sum / quarters.len() as f64)
}

fn half_level(splits: &[PairSplit]) -> f64 {
    splits.iter().map(|split| split.level).sum::<f64>() / splits.len() as f64
}
