//! The numbers that the page's script draws, shows under the pointer and hands out as files.

use serde::Serialize;

use super::Shown;
use super::density::Distribution;
use super::heatmap::{Heatmap, heatmap};
use crate::base::text::visible;

/// Everything inside the page's data block: one entry per estimator, in the order of the page.
#[derive(Debug, Serialize)]
pub struct Data {
    pub readings: Vec<ReadingData>,
}

/// The numbers under one estimator.
#[derive(Debug, Serialize)]
pub struct ReadingData {
    estimator: String,
    variants: Vec<VariantData>,
    /// The range of the heatmaps' colours; nats.
    scale: [f64; 2],
}

#[derive(Debug, Serialize)]
struct VariantData {
    label: String,
    layers: Vec<String>,
    /// Every neuron's entropy, a list a layer; nats, rounded to a millionth, `null` where there is none.
    entropy: Vec<Vec<Option<f64>>>,
    heatmap: Heatmap,
}

/// Reads each matrix of `readings` readings: once for its distribution, once for its heatmap.
pub fn collect(shown: &[Shown], readings: usize) -> (ReadingData, Vec<Distribution>) {
    let distributions: Vec<Distribution> = shown.iter().map(|of| Distribution::of(of.figures)).collect();
    let variants = shown
        .iter()
        .zip(&distributions)
        .map(|(of, distribution)| VariantData {
            label: visible(&of.label),
            layers: of.report.layers.iter().map(|layer| visible(&layer.label)).collect(),
            entropy: entropy(of),
            heatmap: heatmap(of.figures, &distribution.sorted, shown.len() * readings),
        })
        .collect();
    let estimator = shown.first().map_or_else(String::new, |of| visible(of.report.estimator()));
    (ReadingData { estimator, variants, scale: scale(&distributions) }, distributions)
}

fn entropy(of: &Shown) -> Vec<Vec<Option<f64>>> {
    let mut layers: Vec<Vec<Option<f64>>> = of.report.layers.iter().map(|l| vec![None; l.neurons]).collect();
    for (neuron, &value) in of.figures.neurons.iter().zip(&of.figures.entropy) {
        if let Some(place) = layers.get_mut(neuron.layer).and_then(|layer| layer.get_mut(neuron.index)) {
            *place = value.is_finite().then(|| (value * 1e6).round() / 1e6);
        }
    }
    layers
}

/// From zero, or the lowest values where there are many below it, to all but the highest two hundredths: a few strong
/// pairs would leave all others one colour.
fn scale(distributions: &[Distribution]) -> [f64; 2] {
    let ends = |part: f64| distributions.iter().map(move |d| d.quantile(part)).filter(|q| q.is_finite());
    let low = ends(0.01).fold(0.0, f64::min);
    let high = ends(0.98).fold(low, f64::max);
    [low, if high > low { high } else { low + 1.0 }]
}
