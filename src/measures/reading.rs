//! Both measures under one estimator, with their statistics and intervals.

use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::entropy::ranges::Ranges;
use super::error::Error;
use super::estimators::{Estimator, PairSettings};
use super::health::survey::Survey;
use super::pairs::choose::{Chosen, PairNeurons};
use super::pairs::knn::PairMatrix;
use super::pairs::prepared::Prepared;
use super::resampling::deviations::Resamples;
use super::resampling::sample::{self, PairSample};
use super::resampling::splits::Parts;
use super::resampling::stability::{self, Stability};
use super::resampling::{entropy, pairs};
use super::settings::Settings;
use super::statistics::{self, Spread};
use super::summary::{Measure, Statistics};
use crate::base::job::Job;

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
    /// Standard deviations over neurons and over pairs, in which effect sizes are given: of every layer, and of all
    /// together.
    pub spread: Vec<Spread>,
    pub resamples: Resamples,
    /// Whether more inputs would still move the overall means.
    pub stability: Stability,
}

/// Time spent on entropy and on mutual information.
pub(crate) type Took = [Duration; 2];

/// Reads both measures of the neurons, with the pairs of those that `which` chooses.
pub(crate) fn read(
    survey: &Survey<'_>,
    estimator: Estimator,
    which: PairNeurons,
    parts: &Parts,
    settings: &Settings,
    job: &dyn Job,
) -> Result<(Reading, Took), Error> {
    let start = Instant::now();
    let ranges = Ranges::find(survey, estimator.reach(), settings.binning, settings.bins, |_| true);
    let entropies = settings.entropy.measure(survey, &ranges, settings.neighbors, &parts.of_entropy(), job)?;
    let entropy_took = start.elapsed();

    let start = Instant::now();
    let (chosen, prepared, sample) = prepare(survey, estimator, which, settings);
    let matrix = prepared.matrix(&chosen, estimator.name(), job)?;
    let pair_splits = pairs::measure(&prepared, &sample, &parts.pair_splits, estimator.name(), job)?;

    let resamples = Resamples {
        pairs_used: sample.pairs.len() as u64,
        pairs_total: chosen.count(),
        entropy: entropy::of_entropy(survey, &entropies.parts, parts),
        mutual_information: pairs::of_pairs(&sample, &pair_splits),
    };
    let everything = survey.layers.len();
    let mut groups: Vec<(Statistics, Spread)> = (0..=everything)
        .into_par_iter()
        .map(|group| statistics::of_group(survey, &chosen, &entropies.whole, &matrix, &resamples, group))
        .collect();
    let overall = groups[everything].0;
    let spread = groups.iter().map(|group| group.1).collect();
    groups.pop();

    let sampled: Vec<f64> = sample
        .pairs
        .iter()
        .map(|&(i, j)| matrix.get(chosen.measured[i as usize], chosen.measured[j as usize]))
        .collect();
    let stability = Stability::new(
        survey.samples,
        stability::entropy_levels(survey, &entropies, &parts.splits),
        stability::pair_levels(&prepared, &sample, parts, &pair_splits, &sampled)?
            .around(overall.mutual_information.mean),
        Measure::BOTH.map(|measure| resamples.half_width(measure, everything)),
    );
    let reading = Reading {
        estimator,
        entropy: entropies.whole,
        pair_neurons: chosen.rows,
        mutual_information: matrix,
        layers: groups.into_iter().map(|group| group.0).collect(),
        overall,
        spread,
        resamples,
        stability,
    };
    Ok((reading, [entropy_took, start.elapsed()]))
}

/// Measures and keeps this process's share of the pairs of the neurons that `which` chooses, and of what the intervals need.
///
/// # Errors
/// Too few inputs; no room, or a part cannot be kept; the user stopped the run.
pub(crate) fn share(
    survey: &Survey<'_>,
    estimator: Estimator,
    which: PairNeurons,
    parts: &Parts,
    settings: &Settings,
    job: &dyn Job,
) -> Result<(), Error> {
    let (_, prepared, sample) = prepare(survey, estimator, which, settings);
    prepared.share(estimator.name(), job)?;
    pairs::measure(&prepared, &sample, &parts.pair_splits, estimator.name(), job).map(drop)
}

/// The neurons that `which` chooses, ready for their pairs, and the pairs that the intervals are measured on.
fn prepare<'a>(
    survey: &Survey<'a>,
    form: Estimator,
    which: PairNeurons,
    settings: &Settings,
) -> (Chosen, Prepared<'a>, PairSample) {
    let chosen = Chosen::of(survey, which, settings.seed);
    let rows: Vec<&[f32]> = chosen.measured.iter().map(|&m| survey.rows[chosen.rows[m]]).collect();
    let Settings { neighbors, bins, mutual_information, .. } = *settings;
    let estimator = mutual_information.prepare(&rows, PairSettings { form, neighbors, bins });
    let prepared = Prepared::new(rows, estimator, mutual_information.fewest_inputs(neighbors));
    let sample = PairSample::draw(&chosen, settings.seed, sample::affordable(&chosen, settings.subsamples));
    (chosen, prepared, sample)
}
