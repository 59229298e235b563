//! From the results of the stages to a run's report, and what is saved next to it.
//!
//! In: what was run on what ([`RunResults`]). Out: [`BuiltRun`]. No figure is computed here, only carried over.

use std::ops::Range;

use serde_json::{Map, Value};

use super::examples::{self, Examples, Excerpt};
use super::figures::Figures;
use super::schema::{self, Kind, Report};
use crate::activations::{self, Activations};
use crate::base::warning::Warning;
use crate::inputs::{self, Inputs, Skipped};
use crate::measures::{self, Measures, Reading, Statistics};
use crate::model::Model;
use crate::runtime::Runtime;
use crate::taps::Taps;

/// What was run on what, and what came out of it.
pub struct RunResults<'a> {
    /// Absent for activations that come from a file.
    pub model: Option<RanModel<'a>>,
    /// Where the inputs or activations come from.
    pub path: String,
    pub activations: &'a Activations,
    pub measures: &'a Measures,
    /// What was measured and how.
    pub settings: &'a measures::Settings,
    /// Every resolved setting under its name on the command line.
    pub resolved: Map<String, Value>,
    pub timing: schema::Timing,
    /// Whether the user asked to resume an interrupted run.
    pub resumed: bool,
    /// What was found about the parts of an interrupted run.
    pub parts: Vec<Warning>,
}

/// The model, what ran it, and on what.
#[derive(Clone, Copy)]
pub struct RanModel<'a> {
    pub runtime: &'a Runtime,
    pub provider: &'a str,
    pub model: &'a Model,
    pub hash: blake3::Hash,
    pub taps: &'a Taps,
    pub inputs: &'a Inputs,
}

/// A report and what is saved next to it.
pub struct BuiltRun {
    pub report: Report,
    pub examples: Option<Examples>,
    /// Every input that was passed over, for `skipped.jsonl`.
    pub skipped: Vec<Skipped>,
}

/// Skipped inputs that stand in the report itself.
const SKIPPED_SHOWN: usize = 20;

/// Builds the report of a run.
///
/// # Errors
/// The inputs that activate a neuron most cannot be read again.
pub fn build(run: RunResults) -> Result<BuiltRun, inputs::Error> {
    let RunResults { activations, measures, .. } = run;
    let inputs = run.model.map(|model| model.inputs);
    let mut skipped = inputs.map_or_else(Vec::new, Inputs::passed_over);
    skipped.extend(activations.skipped.iter().cloned());

    let figures = Figures::of(&measures.primary, &activations.ranges());
    let examples = inputs.map(|inputs| most_activating(inputs, activations, &figures)).transpose()?;
    let report = Report {
        schema_version: schema::SCHEMA_VERSION,
        probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        onnxruntime: run.model.map(|ran| schema::OnnxRuntime {
            version: ran.runtime.version.clone(),
            path: ran.runtime.library.display().to_string(),
            provider: ran.provider.to_owned(),
        }),
        model: run.model.map(|RanModel { model, hash, .. }| schema::Model {
            path: model.path.display().to_string(),
            blake3: hash.to_hex().to_string(),
            producer: Some(model.graph.producer.clone()).filter(|producer| !producer.is_empty()),
            opset: model.graph.opset_of(""),
        }),
        inputs: schema::Inputs {
            kind: kind(inputs),
            path: run.path.clone(),
            count: activations.samples,
            skipped: activations.skipped.len(),
            blake3: blake3::Hash::from_bytes(activations.digest).to_hex().to_string(),
            truncated: activations.truncated,
            skipped_first: skipped.iter().take(SKIPPED_SHOWN).cloned().collect(),
        },
        layers: layers(&activations.layers, measures),
        overall: overall(&measures.primary.overall),
        beside: measures.beside.as_ref().map(|reading| beside(&activations.layers, reading)),
        outliers: outliers(&activations.layers, measures),
        stability: stability(measures),
        warnings: warnings(&run).iter().map(Warning::words).collect(),
        timing: run.timing,
        resume: activations
            .resumed
            .filter(|_| run.resumed)
            .map(|activations::Resume { kept, total }| schema::Resume { kept, total }),
        settings: run.resolved,
    };
    Ok(BuiltRun { report, examples, skipped })
}

impl<'a> Figures<'a> {
    /// The reading of the estimator that was asked for; `layers` are the rows of each layer.
    pub fn of(reading: &'a Reading, layers: &[Range<usize>]) -> Self {
        let widths: Vec<usize> = layers.iter().map(Range::len).collect();
        Figures::new(reading.entropy.clone(), &widths, &reading.pair_neurons, &reading.mutual_information)
    }
}

fn kind(inputs: Option<&Inputs>) -> Kind {
    inputs.map_or(Kind::Activations, |inputs| inputs.kind().into())
}

/// The warnings of all stages: those of the measures first, since they spoil the figures.
fn warnings(run: &RunResults) -> Vec<Warning> {
    let inputs = run.model.map(|model| model.inputs);
    let noun = kind(inputs).noun(1);
    let layers: Vec<(&str, usize)> =
        run.activations.layers.iter().map(|layer| (layer.label.as_str(), layer.neurons.len())).collect();
    let captured = run.activations.warnings(noun, inputs.and_then(|inputs| inputs.info().max_length));
    let mut found = run.measures.warnings(&layers, run.settings, noun);
    if captured.iter().any(|warning| matches!(warning, Warning::FirstToken { .. })) {
        // Tied and constant neurons follow from it and need no advice of their own.
        found.retain(|warning| !matches!(warning, Warning::Ties { .. } | Warning::Constant { .. }));
    }
    found.extend(captured);
    found.extend(inputs.map(Inputs::warnings).unwrap_or_default());
    found.extend(run.model.map(|model| model.taps.warnings()).unwrap_or_default());
    found.extend(run.parts.iter().cloned());
    found
}

fn layers(layers: &[activations::Layer], measures: &Measures) -> Vec<schema::Layer> {
    (layers.iter().zip(&measures.primary.layers).zip(&measures.health))
        .map(|((layer, statistics), health)| schema::Layer {
            label: layer.label.clone(),
            tensor: layer.tensor.clone(),
            pooling: layer.pooling.to_string(),
            neurons: layer.neurons.len(),
            entropy: statistics.entropy,
            mutual_information: statistics.mutual_information,
            health: health.clone(),
        })
        .collect()
}

fn overall(statistics: &Statistics) -> schema::Overall {
    schema::Overall { entropy: statistics.entropy, mutual_information: statistics.mutual_information }
}

fn beside(layers: &[activations::Layer], reading: &Reading) -> schema::Beside {
    let row = |(layer, statistics): (&activations::Layer, &Statistics)| schema::BesideLayer {
        label: layer.label.clone(),
        entropy: statistics.entropy,
        mutual_information: statistics.mutual_information,
    };
    schema::Beside {
        estimator: reading.estimator,
        layers: layers.iter().zip(&reading.layers).map(row).collect(),
        overall: overall(&reading.overall),
    }
}

/// Outlier channels, the farthest first.
fn outliers(layers: &[activations::Layer], measures: &Measures) -> Vec<schema::Outlier> {
    let mut found: Vec<_> = measures.outliers.iter().collect();
    found.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    let named = |o: &measures::OutlierChannel| {
        let label = layers.get(o.layer)?.label.clone();
        Some(schema::Outlier { label, neuron: o.neuron, min: o.min, max: o.max })
    };
    found.into_iter().filter_map(named).collect()
}

fn stability(measures: &Measures) -> Vec<schema::StabilityPoint> {
    let stability = &measures.stability;
    let point = |i: usize| schema::StabilityPoint {
        samples: stability.samples[i],
        entropy: stability.entropy[i],
        mutual_information: stability.mutual_information[i],
    };
    (0..3).map(point).collect()
}

/// For every neuron the inputs that activate it most, with what a person needs to recognise them.
fn most_activating(inputs: &Inputs, activations: &Activations, figures: &Figures) -> Result<Examples, inputs::Error> {
    let layers = Examples::lists(activations);
    let rows: Vec<usize> = Examples::rows(&layers).into_iter().collect();
    let drawn: Vec<usize> = rows.iter().map(|&row| activations.kept_rows[row]).collect();
    let pictured = match inputs.kind() {
        inputs::Kind::Images => examples::shown_rows(&layers, examples::PICTURED, figures),
        _ => Default::default(),
    };
    let excerpts = inputs.excerpts(&drawn)?.into_iter().map(Excerpt::from);
    let described = rows.into_iter().zip(excerpts).map(|(row, excerpt)| {
        let thumbnail = match pictured.contains(&row) {
            true => examples::thumbnail(std::path::Path::new(&excerpt.source)),
            false => None,
        };
        (row, Excerpt { thumbnail, ..excerpt })
    });
    Ok(Examples::new(inputs.kind().into(), layers, described.collect()))
}
