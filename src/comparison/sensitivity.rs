//! What would change the sign: how the difference in entropy fares under other bins, without outlier channels, and in
//! each layer.

use serde::{Deserialize, Serialize};

use super::direction::Direction;
use super::observed::{Observed, Variant};
use super::published::{Judgement, LayerDelta};
use super::uncertainty::average;
use crate::base::nullable;
use crate::measures::Measure;

/// What the difference in entropy depends on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// dH with every neuron binned over its own range.
    pub neuron_binning: Option<Shift>,
    /// dH with outlier channels left out of whichever side has them.
    pub without_outliers: Option<Shift>,
    /// Those channels.
    pub outliers: Vec<OutlierChannel>,
    /// Layers whose difference has the other sign than the overall one.
    pub opposite_layers: Vec<OppositeLayer>,
}

/// dH, measured otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Nats.
    #[serde(deserialize_with = "nullable::number")]
    pub delta_entropy: f64,
    /// Whether it has the sign of the dH in the verdict.
    pub same_sign: bool,
}

/// A neuron far from all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlierChannel {
    /// The variant's label.
    pub variant: String,
    /// Which of its models, from 0.
    pub replicate: usize,
    pub layer: String,
    pub neuron: usize,
}

/// A layer against the trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OppositeLayer {
    pub layer: String,
    pub measure: Measure,
    /// Nats.
    #[serde(deserialize_with = "nullable::number")]
    pub delta: f64,
    /// Whether its interval excludes zero.
    pub clear: bool,
}

pub(super) fn of(variant: &Variant, baseline: &Variant, judgement: &Judgement) -> Sensitivity {
    let overall = Measure::BOTH.map(|measure| judgement.delta(measure).mean);
    let delta_entropy = overall[0];
    let shift = |delta: f64| Shift { delta_entropy: delta, same_sign: delta * delta_entropy >= 0.0 };
    let neuron = |o: &Observed| o.sensitivity.neuron_binning;
    let without = |o: &Observed| {
        o.sensitivity.without_outliers.or(o.readings[0].entropy.statistics.last().map(|overall| overall.mean))
    };
    let outliers: Vec<OutlierChannel> = [variant, baseline].into_iter().flat_map(channels).collect();
    Sensitivity {
        neuron_binning: difference(variant, baseline, neuron).map(shift),
        without_outliers: if outliers.is_empty() { None } else { difference(variant, baseline, without).map(shift) },
        outliers,
        opposite_layers: judgement.layers.iter().flat_map(|layer| opposite(layer, overall)).collect(),
    }
}

fn difference(variant: &Variant, baseline: &Variant, pick: impl Fn(&Observed) -> Option<f64>) -> Option<f64> {
    let side = |of: &Variant| of.replicates.iter().map(&pick).collect::<Option<Vec<f64>>>().map(|v| average(&v));
    Some(side(variant)? - side(baseline)?)
}

fn channels(variant: &Variant) -> impl Iterator<Item = OutlierChannel> {
    variant.replicates.iter().enumerate().flat_map(move |(replicate, observed)| {
        observed.sensitivity.outliers.iter().filter_map(move |outlier| {
            let layer = observed.layers.get(outlier.layer)?.label.clone();
            Some(OutlierChannel { variant: variant.label.clone(), replicate, layer, neuron: outlier.neuron })
        })
    })
}

fn opposite(layer: &LayerDelta, overall: [f64; 2]) -> Vec<OppositeLayer> {
    let deltas = [&layer.delta_entropy, &layer.delta_mutual_information];
    (Measure::BOTH.into_iter().zip(deltas).zip(overall))
        .filter(|((_, delta), overall)| delta.mean * overall < 0.0)
        .map(|((measure, delta), _)| OppositeLayer {
            layer: layer.label.clone(),
            measure,
            delta: delta.mean,
            clear: delta.side() != Direction::Unclear,
        })
        .collect()
}
