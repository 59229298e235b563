//! From what the stages found to the report's shapes: no figure is computed here, only carried over.

use std::ops::Range;

use super::figures::{Figures, Pairs};
use super::schema::{
    Beside, BesideLayer, Health, Inputs, Layer, Model, OnnxRuntime, Outlier, Overall, Report, Resume, SCHEMA_VERSION,
    Settings, StabilityPoint, Timing,
};
use super::warnings::{self, Facts};
use crate::activations;
use crate::measures::{Measures, PairMatrix, Reading, Statistics};

impl Pairs for PairMatrix {
    fn len(&self) -> usize {
        PairMatrix::len(self)
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        PairMatrix::get(self, i, j)
    }

    fn copy_row(&self, i: usize, row: &mut [f64]) {
        for (j, value) in row.iter_mut().enumerate().take(i) {
            *value = PairMatrix::get(self, j, i);
        }
        // The rest of the row lies in one piece.
        for (value, stored) in row.iter_mut().skip(i).zip(self.upper_row(i)) {
            *value = *stored;
        }
    }
}

impl<'a> Figures<'a> {
    /// The reading of the estimator that was asked for.
    pub fn of(reading: &'a Reading, layers: &[Range<usize>]) -> Self {
        let widths: Vec<usize> = layers.iter().map(Range::len).collect();
        Figures::new(reading.entropy.clone(), &widths, &reading.pair_neurons, &reading.mutual_information)
    }
}

/// What a report holds besides layers and measures.
#[derive(Debug, Clone)]
pub struct Made {
    pub onnxruntime: Option<OnnxRuntime>,
    pub model: Option<Model>,
    pub inputs: Inputs,
    pub settings: Settings,
    pub timing: Timing,
    pub resume: Option<Resume>,
    /// What only the run knows: reasons of skipping, the maximum length, assumed preprocessing, fallback taps, damaged
    /// parts, neurons wanted. The rest is filled in from the measures.
    pub facts: Facts,
}

impl Report {
    /// The report of one run; `layers` are the activations' own.
    pub fn of(layers: &[activations::Layer], measures: &Measures, made: Made) -> Report {
        let health: Vec<Health> = (measures.health.iter())
            .map(|h| Health { constant: h.constant, tied: h.tied, non_finite: h.non_finite })
            .collect();
        let primary = measures.leading();
        let rows: Vec<Layer> = (layers.iter().zip(&primary.layers).zip(&health))
            .map(|((layer, statistics), &health)| Layer {
                label: layer.label.clone(),
                tensor: layer.tensor.clone(),
                pooling: layer.pooling.to_string(),
                neurons: layer.neurons.len(),
                entropy: statistics.entropy,
                mutual_information: statistics.mutual_information,
                health,
            })
            .collect();
        let outliers = outliers(layers, measures);
        let stability = stability(measures);
        let facts = complete(made.facts, layers, measures, (&made.inputs, &outliers, &stability));
        Report {
            schema_version: SCHEMA_VERSION,
            probe_version: env!("CARGO_PKG_VERSION").to_owned(),
            onnxruntime: made.onnxruntime,
            model: made.model,
            inputs: made.inputs,
            settings: made.settings,
            layers: rows,
            overall: overall(&primary.overall),
            beside: measures.readings.get(1).map(|reading| beside(layers, reading)),
            outliers,
            stability,
            warnings: warnings::derive(&facts).iter().map(warnings::Warning::written).collect(),
            timing: made.timing,
            resume: made.resume,
        }
    }
}

/// The facts that the measures know, added to those that the run knew.
fn complete(
    facts: Facts,
    layers: &[activations::Layer],
    measures: &Measures,
    (inputs, outliers, stability): (&Inputs, &[Outlier], &[StabilityPoint]),
) -> Facts {
    let concerns = &measures.concerns;
    let narrow = |wanted: usize| {
        let fewer = layers.iter().filter(move |layer| layer.neurons.len() < wanted);
        fewer.map(|layer| (layer.label.clone(), layer.neurons.len())).collect()
    };
    Facts {
        noun: inputs.kind.noun(1),
        samples: measures.samples,
        skipped: inputs.skipped,
        truncated: inputs.truncated,
        neurons: measures.leading().entropy.len(),
        health: measures
            .health
            .iter()
            .map(|h| Health { constant: h.constant, tied: h.tied, non_finite: h.non_finite })
            .sum(),
        ties: concerns.ties,
        outliers: outliers.to_vec(),
        scale_ratio: concerns.scales.then(|| concerns.spread_ratio.max(concerns.range_ratio)),
        moving: [measures.leading().stability.entropy_moving, measures.leading().stability.mutual_information_moving],
        stability: stability.to_vec(),
        narrow: facts.wanted_neurons.map(narrow).unwrap_or_default(),
        robust: measures.leading().estimator == crate::measures::Estimator::Robust,
        ..facts
    }
}

fn overall(statistics: &Statistics) -> Overall {
    Overall { entropy: statistics.entropy, mutual_information: statistics.mutual_information }
}

fn beside(layers: &[activations::Layer], reading: &Reading) -> Beside {
    let row = |(layer, statistics): (&activations::Layer, &Statistics)| BesideLayer {
        label: layer.label.clone(),
        entropy: statistics.entropy,
        mutual_information: statistics.mutual_information,
    };
    Beside {
        estimator: reading.estimator,
        layers: layers.iter().zip(&reading.layers).map(row).collect(),
        overall: overall(&reading.overall),
    }
}

fn outliers(layers: &[activations::Layer], measures: &Measures) -> Vec<Outlier> {
    let mut found: Vec<_> = measures.outliers.iter().collect();
    found.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    let named = |o: &crate::measures::OutlierChannel| {
        let label = layers.get(o.layer)?.label.clone();
        Some(Outlier { label, neuron: o.neuron, min: o.min, max: o.max })
    };
    found.into_iter().filter_map(named).collect()
}

fn stability(measures: &Measures) -> Vec<StabilityPoint> {
    let s = &measures.leading().stability;
    (0..3)
        .map(|i| StabilityPoint {
            samples: s.samples[i],
            entropy: s.entropy[i],
            mutual_information: s.mutual_information[i],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_packed_matrix_is_whole() {
        let matrix = PairMatrix::from_fn(4, |i, j| (10 * i.min(j) + i.max(j)) as f64);
        let mut row = [0.0; 4];
        matrix.copy_row(2, &mut row);
        assert_eq!(row, [2.0, 12.0, 22.0, 23.0]);
    }
}
