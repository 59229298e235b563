//! Outlier channels: neurons whose values sit far outside those of all others in their layer.

use serde::{Deserialize, Serialize};

use super::survey::Survey;
use crate::measures::quantiles;

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

/// Outlier channels of all layers.
pub(crate) fn find(survey: &Survey<'_>) -> Vec<OutlierChannel> {
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
