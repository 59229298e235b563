//! From the results of the stages to a run's report, and what is saved next to it.
//!
//! In: what was run on what ([`RunResults`]). Out: [`BuiltRun`]. No figure is computed here, only carried over.

use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Value};

use super::examples::{self, Examples, Excerpt};
use super::figures::Figures;
use super::saved::{InputPlaces, SavedRun};
use super::schema::{self, Kind, Report};
use crate::activations::{self, Activations};
use crate::base::warning::{Warning, Words};
use crate::inputs::{self, Inputs, Skipped};
use crate::measures::{self, Measures, Reading, Statistics};
use crate::model::Model;
use crate::runtime::Runtime;
use crate::store::Files;
use crate::taps::Taps;

/// What was run on what, and what came out of it.
pub struct RunResults<'a> {
    pub origin: Origin<'a>,
    pub activations: &'a Activations,
    pub measures: &'a Measures,
    /// What was measured and how.
    pub settings: &'a measures::Settings,
    /// Every resolved setting under its name on the command line.
    pub resolved: Map<String, Value>,
    pub timing: schema::Timing,
    /// Whether the user asked to resume an interrupted run.
    pub resumed: bool,
    /// What was found while the activations were captured, and about the parts of an interrupted run.
    pub raised: Vec<Warning>,
}

/// Where the activations come from.
#[derive(Clone, Copy)]
pub enum Origin<'a> {
    /// A model that was run now.
    Model(RanModel<'a>),
    /// A run that was saved with its activations.
    Saved(&'a SavedRun),
    /// A file that another program wrote.
    File(&'a Path),
}

impl<'a> Origin<'a> {
    fn model(self) -> Option<RanModel<'a>> {
        match self {
            Origin::Model(model) => Some(model),
            Origin::Saved(_) | Origin::File(_) => None,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Origin::Model(model) => model.inputs.kind().into(),
            Origin::Saved(run) => run.report.inputs.kind,
            Origin::File(_) => Kind::Activations,
        }
    }
}

/// The model, what ran it, and on what.
#[derive(Clone, Copy)]
pub struct RanModel<'a> {
    pub runtime: &'a Runtime,
    pub provider: &'a str,
    /// Where the inputs come from.
    pub path: &'a str,
    pub model: &'a Model,
    pub hash: blake3::Hash,
    pub taps: &'a Taps,
    pub inputs: &'a Inputs,
}

/// A report and what is saved next to it.
#[derive(Clone)]
pub struct BuiltRun {
    pub report: Report,
    pub examples: Option<Examples>,
    /// Where the inputs came from; nothing where another program captured the activations.
    pub places: Option<InputPlaces>,
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
    let RunResults { activations, measures, origin, .. } = run;
    let mut skipped = origin.model().map_or_else(Vec::new, |model| model.inputs.passed_over());
    skipped.extend(activations.skipped.iter().cloned());

    let figures = Figures::of(measures, &activations.ranges());
    let examples = match origin {
        Origin::Model(model) => Some(most_activating(model.inputs, activations, &figures)?),
        Origin::Saved(run) => run.examples.clone(),
        Origin::File(_) => None,
    };
    let places = match origin {
        Origin::Model(model) => Some(InputPlaces::new(origin.kind(), model.inputs.places(&activations.kept_rows))),
        Origin::Saved(run) => run.places.clone(),
        Origin::File(_) => None,
    };
    let mut layers = layers(&activations.layers, measures);
    if let Origin::Saved(run) = origin {
        // A file of activations holds labels and numbers; where they were tapped stands in the run's report.
        for (layer, saved) in layers.iter_mut().zip(&run.report.layers) {
            layer.tensor.clone_from(&saved.tensor);
            layer.pooling.clone_from(&saved.pooling);
        }
    }
    let report = Report {
        schema_version: schema::SCHEMA_VERSION,
        probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        onnxruntime: onnxruntime(origin),
        model: model(origin),
        inputs: described_inputs(origin, activations, &skipped),
        layers,
        overall: overall(&measures.leading().overall, measures),
        beside: measures.readings.get(1).map(|reading| beside(&activations.layers, reading, measures)),
        outliers: outliers(&activations.layers, measures),
        stability: stability(measures),
        labels: match origin {
            Origin::Saved(run) => run.report.labels.clone(),
            Origin::Model(_) | Origin::File(_) => Vec::new(),
        },
        warnings: warnings(&run),
        timing: run.timing,
        resume: activations
            .resumed
            .filter(|_| run.resumed)
            .map(|activations::Resume { kept, total }| schema::Resume { kept, total }),
        settings: run.resolved,
        files: Files::new(),
        self_check: match origin {
            Origin::Saved(run) => run.report.self_check,
            Origin::Model(_) | Origin::File(_) => activations.self_check,
        },
    };
    Ok(BuiltRun { report, examples, places, skipped })
}

fn onnxruntime(origin: Origin) -> Option<schema::OnnxRuntime> {
    match origin {
        Origin::Model(ran) => Some(schema::OnnxRuntime {
            version: ran.runtime.version.clone(),
            path: ran.runtime.library.display().to_string(),
            provider: ran.provider.to_owned(),
        }),
        Origin::Saved(run) => run.report.onnxruntime.clone(),
        Origin::File(_) => None,
    }
}

fn model(origin: Origin) -> Option<schema::Model> {
    match origin {
        Origin::Model(RanModel { model, hash, .. }) => Some(schema::Model {
            path: model.path.display().to_string(),
            blake3: hash.to_hex().to_string(),
            producer: Some(model.graph.producer.clone()).filter(|producer| !producer.is_empty()),
            opset: model.graph.opset_of(""),
        }),
        Origin::Saved(run) => run.report.model.clone(),
        Origin::File(_) => None,
    }
}

fn described_inputs(origin: Origin, activations: &Activations, skipped: &[Skipped]) -> schema::Inputs {
    let path = match origin {
        Origin::Model(model) => model.path.to_owned(),
        Origin::Saved(run) => return run.report.inputs.clone(),
        Origin::File(path) => path.display().to_string(),
    };
    schema::Inputs {
        kind: origin.kind(),
        path,
        count: activations.samples,
        skipped: activations.skipped.len(),
        blake3: blake3::Hash::from_bytes(activations.digest).to_hex().to_string(),
        truncated: activations.truncated,
        provenance: origin.model().map(|model| model.inputs.provenance()),
        repeats: origin.model().map(|_| {
            let repeated = activations.repeated;
            let (dropped, kept) = if activations.drops_repeats { (repeated, 0) } else { (0, repeated) };
            schema::Repeats { distinct: activations.samples - kept.min(activations.samples), dropped }
        }),
        skipped_first: skipped.iter().take(SKIPPED_SHOWN).cloned().collect(),
    }
}

impl<'a> Figures<'a> {
    /// The reading of the estimator that was asked for, with the other's beside it; `layers` are the rows of each layer.
    pub fn of(measures: &'a Measures, layers: &[Range<usize>]) -> Self {
        let widths: Vec<usize> = layers.iter().map(Range::len).collect();
        let read = |reading: &'a Reading| {
            Figures::new(reading.entropy.clone(), &widths, &reading.pair_neurons, &reading.mutual_information)
        };
        Figures { beside: measures.readings.get(1).map(|reading| Box::new(read(reading))), ..read(measures.leading()) }
    }
}

/// The warnings of all stages: those of the measures first, since they spoil the figures.
fn warnings(run: &RunResults) -> Vec<Words> {
    let noun = run.origin.kind().noun(1);
    let layers: Vec<(&str, usize)> =
        run.activations.layers.iter().map(|layer| (layer.label.as_str(), layer.neurons.len())).collect();
    let mut measured = run.measures.warnings(&layers, run.settings, noun);
    let model = run.origin.model();
    let longest = model.and_then(|model| model.inputs.provenance().number("tokenizer", "max_length"));
    let captured = run.activations.warnings(noun, longest);
    if captured.iter().any(|warning| matches!(warning, Warning::FirstToken { .. })) {
        // Tied and constant neurons follow from it and need no advice of their own.
        measured.retain(|warning| !matches!(warning, Warning::Ties { .. } | Warning::Constant { .. }));
    }
    let of_figures = |warning: &Warning| Words { of_figures: true, ..warning.words() };
    let mut found: Vec<Words> = measured.iter().map(of_figures).chain(captured.iter().map(Warning::words)).collect();
    match run.origin {
        Origin::Model(model) => {
            found.extend(model.inputs.warnings().iter().chain(&model.taps.warnings()).map(Warning::words));
        }
        // What was found while the run was made still holds; what is measured is said again above.
        Origin::Saved(saved) => {
            let earlier = saved.report.warnings.iter().filter(|warning| !warning.of_figures);
            found.extend(earlier.cloned());
        }
        Origin::File(_) => {}
    }
    found.extend(run.raised.iter().map(Warning::words));
    found
}

fn layers(layers: &[activations::Layer], measures: &Measures) -> Vec<schema::Layer> {
    (layers.iter().zip(&measures.leading().layers).zip(&measures.health).zip(&measures.spectra.layers))
        .map(|(((layer, statistics), health), &spectrum)| schema::Layer {
            label: layer.label.clone(),
            tensor: layer.tensor.clone(),
            pooling: layer.pooling.to_string(),
            neurons: layer.neurons.len(),
            entropy: statistics.entropy,
            mutual_information: statistics.mutual_information,
            spectrum,
            health: health.clone(),
        })
        .collect()
}

fn overall(statistics: &Statistics, measures: &Measures) -> schema::Overall {
    let Statistics { entropy, mutual_information } = *statistics;
    schema::Overall { entropy, mutual_information, spectrum: measures.spectra.overall }
}

fn beside(layers: &[activations::Layer], reading: &Reading, measures: &Measures) -> schema::Beside {
    let row = |(layer, statistics): (&activations::Layer, &Statistics)| schema::BesideLayer {
        label: layer.label.clone(),
        entropy: statistics.entropy,
        mutual_information: statistics.mutual_information,
    };
    schema::Beside {
        estimator: reading.estimator,
        layers: layers.iter().zip(&reading.layers).map(row).collect(),
        overall: overall(&reading.overall, measures),
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
    let stability = &measures.leading().stability;
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
