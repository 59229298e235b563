//! Which range each neuron is binned in.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Serialize, Serializer};

use super::edges::{Edges, Ends};
use crate::measures::health::survey::{ROBUST_RANGE, Survey};
use crate::measures::quantiles;

/// What a value is binned against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Binning {
    /// One range over all chosen layers.
    Global,
    /// The layer's own range.
    Layer,
    /// The neuron's own range.
    Neuron,
    /// A range given from outside, over all variants of a comparison.
    Shared { min: f32, max: f32 },
}

/// As on the command line; a shared range follows from the models and the inputs, so it is not written.
impl Serialize for Binning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Binning::Global => "global",
            Binning::Layer => "layer",
            Binning::Neuron => "neuron",
            Binning::Shared { .. } => "shared",
        })
    }
}

/// How far a range reaches among the values that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From the least to the greatest, which has a bin of its own: as published.
    Extremes,
    /// From the 0.5 to the 99.5 % quantile, with the values beyond in the end bins.
    Quantiles,
}

impl Reach {
    fn ends(self) -> Ends {
        match self {
            Reach::Extremes => Ends::Open,
            Reach::Quantiles => Ends::Closed,
        }
    }
}

/// The edges of every neuron.
#[derive(Debug)]
pub enum Ranges {
    /// One range for all.
    One(Edges),
    /// One range per layer, with the layers.
    Layers(Vec<(Range<usize>, Edges)>),
    /// One range per neuron; edges are made when they are needed.
    Neurons { limits: Vec<[f32; 2]>, bins: usize, ends: Ends },
}

impl Ranges {
    /// Ranges over the finite neurons for which `counts` holds; the others are binned in them too.
    pub fn find(
        survey: &Survey<'_>,
        reach: Reach,
        binning: Binning,
        bins: usize,
        counts: impl Fn(usize) -> bool,
    ) -> Ranges {
        let ends = reach.ends();
        let over = |rows: Range<usize>| {
            let neurons: Vec<usize> = survey.finite(rows).filter(|&neuron| counts(neuron)).collect();
            let [min, max] = limits(survey, reach, &neurons);
            Edges::new(min, max, bins, ends)
        };
        match binning {
            Binning::Global => Ranges::One(over(0..survey.rows.len())),
            Binning::Shared { min, max } => Ranges::One(Edges::new(min, max, bins, ends)),
            Binning::Layer => {
                Ranges::Layers(survey.layers.iter().map(|layer| (layer.clone(), over(layer.clone()))).collect())
            }
            Binning::Neuron => {
                let limits = survey.neurons.iter().map(|neuron| match reach {
                    Reach::Extremes => [neuron.min, neuron.max],
                    Reach::Quantiles => neuron.robust_range,
                });
                Ranges::Neurons { limits: limits.collect(), bins, ends }
            }
        }
    }

    /// The edges for a finite neuron.
    pub fn edges(&self, neuron: usize) -> Cow<'_, Edges> {
        match self {
            Ranges::One(edges) => Cow::Borrowed(edges),
            Ranges::Layers(layers) => {
                let index = layers.partition_point(|(rows, _)| rows.end <= neuron);
                Cow::Borrowed(&layers[index].1)
            }
            Ranges::Neurons { limits, bins, ends } => {
                let [min, max] = limits[neuron];
                Cow::Owned(Edges::new(min, max, *bins, *ends))
            }
        }
    }
}

/// The range of some finite neurons together; [0, 0] of none.
fn limits(survey: &Survey<'_>, reach: Reach, neurons: &[usize]) -> [f32; 2] {
    if neurons.is_empty() {
        return [0.0, 0.0];
    }
    match reach {
        Reach::Extremes => {
            let facts = neurons.iter().map(|&neuron| &survey.neurons[neuron]);
            facts.fold([f32::INFINITY, f32::NEG_INFINITY], |[min, max], neuron| {
                [min.min(neuron.min), max.max(neuron.max)]
            })
        }
        Reach::Quantiles => {
            let rows: Vec<&[f32]> = neurons.iter().map(|&neuron| survey.rows[neuron]).collect();
            let found = quantiles::among(&rows, &ROBUST_RANGE);
            [found[0] as f32, found[1] as f32]
        }
    }
}
