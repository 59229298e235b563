//! The figures of each layer and of all layers together, from neurons and pairs.

use std::ops::Range;

use super::health::survey::Survey;
use super::pairs::choose::{self, Chosen};
use super::pairs::knn::PairMatrix;
use super::resampling::deviations::Resamples;
use super::summary::{Measure, Statistics, Summary};

/// Standard deviations; NaN of fewer than two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Over neurons.
    pub entropy: f64,
    /// Over pairs.
    pub mutual_information: f64,
}

/// Statistics of a layer, or of all layers for the index after the last.
pub(crate) fn of_group(
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
    let pairs = choose::within(matrix, chosen, members);
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
