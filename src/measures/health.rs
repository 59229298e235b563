//! What is the matter with neurons, and whether it makes `paper` doubtful.
//!
//! In: what the survey found. Out: counts and names a layer, outlier channels, and the reasons to look at `robust` too.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::quantiles;
use super::summary::null_is_nan;
use super::survey::Survey;

/// How many neurons of a layer need care, and which of them are not finite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Neurons with one value throughout: H = 0, and I = 0 with every other.
    pub constant: usize,
    /// Neurons with over 1 % of their values not unique; a constant neuron is one of them.
    pub tied: usize,
    /// Neurons that are NaN or infinite somewhere; they are left out of every statistic.
    pub non_finite: usize,
    /// Those neurons; a warning of the report names them.
    #[serde(skip)]
    pub broken: Vec<NonFinite>,
}

impl Health {
    /// Whether every neuron varies, has distinct values and is finite.
    pub fn is_good(&self) -> bool {
        (self.constant, self.tied, self.non_finite) == (0, 0, 0)
    }
}

/// A neuron that is NaN or infinite somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonFinite {
    /// Counted within the layer.
    pub neuron: usize,
    /// The first such input.
    pub input: usize,
}

/// A neuron whose values sit far outside those of all others in its layer.
///
/// With c the middle of the layer (the median of the neurons' medians), over a twentieth of its values lie further
/// from c, on one side, than three times what three quarters of the layer's neurons ever reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutlierChannel {
    pub layer: usize,
    /// Counted within the layer.
    pub neuron: usize,
    pub min: f32,
    pub median: f32,
    pub max: f32,
    /// How many times as far out as three quarters of the layer's neurons ever reach.
    pub distance: f64,
}

/// How many times as far out a neuron must be to count as an outlier. Neurons of healthy trained networks stay below 2,
/// outlier channels of pre-trained transformers are at 5 to 30.
const FAR: f64 = 3.0;
/// Layers with fewer varying neurons have no others to be far from.
const FEWEST: usize = 4;

/// Reasons to doubt `paper`, and so to look at `robust` beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Concerns {
    /// Over 1 % of the varying neurons are tied.
    pub ties: bool,
    /// Most neurons share few of the bins: spreads differ by over 30 times, or the range of all values is over 30 times
    /// that without the outermost 1 %.
    pub scales: bool,
    /// There are outlier channels.
    pub outliers: bool,
    /// Tied neurons among those that vary.
    #[serde(deserialize_with = "null_is_nan")]
    pub tied_share: f64,
    /// The widest neurons' spread over the narrowest's: 95 % over 5 % quantile of the widths of the middle 90 %.
    #[serde(deserialize_with = "null_is_nan")]
    pub spread_ratio: f64,
    /// Range of all values over the range from their 0.5 to their 99.5 % quantile.
    #[serde(deserialize_with = "null_is_nan")]
    pub range_ratio: f64,
}

impl Concerns {
    pub fn any(&self) -> bool {
        self.ties || self.scales || self.outliers
    }
}

const TIED_NEURONS: f64 = 0.01;
/// Three bins of a hundred. Healthy trained networks are at 2 to 12.
const CLASHING: f64 = 30.0;

/// The health of every layer.
pub(crate) fn of_layers(survey: &Survey<'_>) -> Vec<Health> {
    survey.layers.iter().map(|layer| of_layer(survey, layer.clone())).collect()
}

fn of_layer(survey: &Survey<'_>, layer: Range<usize>) -> Health {
    let mut health = Health::default();
    for (neuron, facts) in survey.neurons[layer].iter().enumerate() {
        if let Some(broken) = facts.broken {
            health.broken.push(NonFinite { neuron, input: broken.input });
        }
        health.constant += usize::from(facts.is_constant());
        health.tied += usize::from(facts.is_tied());
    }
    health.non_finite = health.broken.len();
    health
}

/// Outlier channels of all layers.
pub(crate) fn outliers(survey: &Survey<'_>) -> Vec<OutlierChannel> {
    let mut found = Vec::new();
    for (layer, rows) in survey.layers.iter().enumerate() {
        let varying: Vec<usize> =
            survey.finite(rows.clone()).filter(|&row| !survey.neurons[row].is_constant()).collect();
        if varying.len() < FEWEST {
            continue;
        }
        let facts = |row: usize| &survey.neurons[row];
        let mut medians: Vec<f64> = varying.iter().map(|&row| f64::from(facts(row).body[1])).collect();
        let [middle] = quantiles::select(&mut medians, [0.5]);
        let from_middle = |a: f32, b: f32| (middle - f64::from(a)).abs().max((f64::from(b) - middle).abs());
        let mut reaches: Vec<f64> = varying.iter().map(|&row| from_middle(facts(row).min, facts(row).max)).collect();
        let [usual] = quantiles::select(&mut reaches, [0.75]);
        for row in varying {
            let neuron = facts(row);
            let distance = from_middle(neuron.body[0], neuron.body[2]) / usual;
            if distance > FAR {
                let (min, median, max) = (neuron.min, neuron.body[1], neuron.max);
                found.push(OutlierChannel { layer, neuron: row - rows.start, min, median, max, distance });
            }
        }
    }
    found
}

/// The reasons to doubt `paper`.
pub(crate) fn concerns(survey: &Survey<'_>, outliers: &[OutlierChannel]) -> Concerns {
    let varying: Vec<usize> =
        survey.finite(0..survey.rows.len()).filter(|&row| !survey.neurons[row].is_constant()).collect();
    let facts = |row: &usize| &survey.neurons[*row];
    let tied = varying.iter().filter(|row| facts(row).is_tied()).count();
    let tied_share = tied as f64 / varying.len() as f64;
    // A neuron that is silent for most inputs has no spread to speak of.
    let mut spreads: Vec<f64> = varying.iter().map(|row| facts(row).spread()).filter(|&spread| spread > 0.0).collect();
    let [narrow, wide] = quantiles::select(&mut spreads, [0.05, 0.95]);
    let spread_ratio = wide / narrow;
    let rows: Vec<&[f32]> = varying.iter().map(|&row| survey.rows[row]).collect();
    let range = quantiles::among(&rows, &[0.0, 0.005, 0.995, 1.0]);
    let range_ratio = (range[3] - range[0]) / (range[2] - range[1]);
    Concerns {
        ties: tied_share > TIED_NEURONS,
        scales: spread_ratio > CLASHING || range_ratio > CLASHING,
        outliers: !outliers.is_empty(),
        tied_share,
        spread_ratio,
        range_ratio,
    }
}
