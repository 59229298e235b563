//! Which range each neuron is binned in.

use std::borrow::Cow;
use std::ops::Range;

use super::edges::{Edges, Ends};
use crate::measures::survey::{ROBUST_RANGE, Survey};
use crate::measures::{Binning, Estimator, quantiles};

/// The edges of every neuron.
#[derive(Debug)]
pub enum Ranges {
    /// One range for all.
    One(Edges),
    /// A range a layer, with the layers.
    Layers(Vec<(Range<usize>, Edges)>),
    /// A range a neuron; edges are made when they are needed.
    Neurons { limits: Vec<[f32; 2]>, bins: usize, ends: Ends },
}

impl Ranges {
    /// Ranges over the finite neurons for which `counts` holds; the others are binned in them too.
    pub fn find(
        survey: &Survey<'_>,
        estimator: Estimator,
        binning: Binning,
        bins: usize,
        counts: impl Fn(usize) -> bool,
    ) -> Ranges {
        let ends = match estimator {
            Estimator::Paper => Ends::Open,
            Estimator::Robust => Ends::Closed,
        };
        let over = |rows: Range<usize>| {
            let neurons: Vec<usize> = survey.finite(rows).filter(|&neuron| counts(neuron)).collect();
            let [min, max] = limits(survey, estimator, &neurons);
            Edges::new(min, max, bins, ends)
        };
        match binning {
            Binning::Global => Ranges::One(over(0..survey.rows.len())),
            Binning::Shared { min, max } => Ranges::One(Edges::new(min, max, bins, ends)),
            Binning::Layer => {
                Ranges::Layers(survey.layers.iter().map(|layer| (layer.clone(), over(layer.clone()))).collect())
            }
            Binning::Neuron => {
                let limits = survey.neurons.iter().map(|neuron| match estimator {
                    Estimator::Paper => [neuron.min, neuron.max],
                    Estimator::Robust => neuron.robust_range,
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
fn limits(survey: &Survey<'_>, estimator: Estimator, neurons: &[usize]) -> [f32; 2] {
    if neurons.is_empty() {
        return [0.0, 0.0];
    }
    match estimator {
        Estimator::Paper => {
            let facts = neurons.iter().map(|&neuron| &survey.neurons[neuron]);
            facts.fold([f32::INFINITY, f32::NEG_INFINITY], |[min, max], neuron| {
                [min.min(neuron.min), max.max(neuron.max)]
            })
        }
        Estimator::Robust => {
            let rows: Vec<&[f32]> = neurons.iter().map(|&neuron| survey.rows[neuron]).collect();
            let found = quantiles::among(&rows, &ROBUST_RANGE);
            [found[0] as f32, found[1] as f32]
        }
    }
}
