//! A run's report and what is saved beside it, put together from the results of the stages.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::examples::{self, Examples, Excerpt};
use super::figures::Figures;
use super::found::Made;
use super::schema::{self, Kind, Report};
use super::warnings::Facts;
use crate::activations::{self, Activations};
use crate::inputs::{self, Inputs, Skipped};
use crate::measures::{self, Binning, Measures, PairNeurons};
use crate::model::Model;
use crate::runtime::Runtime;
use crate::taps::{Family, Taps};

/// What was run on what.
pub struct Ran<'a> {
    /// Absent for activations that come from a file.
    pub model: Option<RanModel<'a>>,
    /// Where the inputs or activations come from.
    pub path: String,
    pub activations: &'a Activations,
    pub measures: &'a Measures,
    pub settings: &'a measures::Settings,
    /// The settings of the other stages.
    pub other_settings: Map<String, Value>,
    pub timing: schema::Timing,
    /// Whether the user asked to go on from an earlier run.
    pub resumed: bool,
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

/// A report and what is saved beside it.
pub struct Gathered {
    pub report: Report,
    pub examples: Option<Examples>,
    /// Everything that was passed over, for `skipped.jsonl`.
    pub skipped: Vec<Skipped>,
}

/// Inputs a neuron for which a page shows thumbnails.
const SHOWN: usize = 3;
/// Skipped inputs that stand in the report itself.
const SKIPPED_SHOWN: usize = 20;

impl Ran<'_> {
    fn inputs(&self) -> Option<&Inputs> {
        self.model.map(|ran| ran.inputs)
    }

    fn kind(&self) -> Kind {
        self.inputs().map_or(Kind::Activations, |inputs| inputs.kind().into())
    }
}

/// Makes the report of a run.
///
/// # Errors
/// The inputs that activate a neuron most cannot be read again.
pub fn gather(ran: &Ran) -> Result<Gathered, inputs::Error> {
    let Ran { activations, measures, .. } = *ran;
    let mut skipped = ran.inputs().map_or_else(Vec::new, Inputs::passed_over);
    skipped.extend(activations.skipped.iter().cloned());
    let made = Made {
        onnxruntime: ran.model.map(|ran| schema::OnnxRuntime {
            version: ran.runtime.version.clone(),
            path: ran.runtime.library.display().to_string(),
            provider: ran.provider.to_owned(),
        }),
        model: ran.model.map(|RanModel { model, hash, .. }| schema::Model {
            path: model.path.display().to_string(),
            blake3: hash.to_hex().to_string(),
            producer: Some(model.graph.producer.clone()).filter(|producer| !producer.is_empty()),
            opset: model.graph.opset_of(""),
        }),
        inputs: schema::Inputs {
            kind: ran.kind(),
            path: ran.path.clone(),
            count: activations.samples,
            skipped: activations.skipped.len(),
            blake3: blake3::Hash::from_bytes(activations.digest).to_hex().to_string(),
            truncated: activations.truncated,
            skipped_first: skipped.iter().take(SKIPPED_SHOWN).cloned().collect(),
        },
        settings: settings(ran),
        timing: ran.timing,
        resume: activations
            .resumed
            .filter(|_| ran.resumed)
            .map(|activations::Resume { kept, total }| schema::Resume { kept, total }),
        facts: facts(ran),
    };
    let report = Report::of(&activations.layers, measures, made);
    let figures = Figures::of(&measures.primary, &activations.ranges());
    let examples = ran.inputs().map(|inputs| telling(inputs, activations, &figures)).transpose()?;
    Ok(Gathered { report, examples, skipped })
}

/// Every resolved setting under its name on the command line.
fn settings(ran: &Ran) -> schema::Settings {
    let measures::Settings { estimator, bins, binning, neighbors, entropy, mutual_information, pair_neurons, .. } =
        *ran.settings;
    let mut others = ran.other_settings.clone();
    others.insert("entropy".into(), name(entropy).into());
    others.insert("mutual_information".into(), name(mutual_information).into());
    others.insert("subsamples".into(), ran.settings.subsamples.into());
    schema::Settings {
        estimator,
        bins,
        binning: match binning {
            Binning::Shared { .. } => "shared".to_owned(),
            binning => name(binning),
        },
        neighbors,
        mi_neurons: match pair_neurons {
            PairNeurons::First(count) => count.to_string(),
            PairNeurons::Random(count) => format!("random:{count}"),
            PairNeurons::All => "all".to_owned(),
        },
        seed: ran.settings.seed,
        others,
    }
}

/// The name under which a choice is written everywhere.
fn name(choice: impl serde::Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// What only the run knows and a warning may be made of.
fn facts(ran: &Ran) -> Facts {
    let info = ran.inputs().map(Inputs::info);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for skipped in &ran.activations.skipped {
        *reasons.entry(&skipped.reason).or_default() += 1;
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().map(|(why, count)| (why.to_owned(), count)).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Facts {
        reasons,
        max_length: info.as_ref().and_then(|info| info.max_length),
        assumed_preprocessing: info.is_some_and(|info| !info.preprocessing.is_empty() && info.preprocessor.is_none()),
        fallback_taps: ran.model.is_some_and(|ran| ran.taps.family == Family::Unknown),
        shared_binning: matches!(ran.settings.binning, Binning::Shared { .. }),
        wanted_neurons: match ran.settings.pair_neurons {
            PairNeurons::First(wanted) | PairNeurons::Random(wanted) => Some(wanted),
            PairNeurons::All => None,
        },
        ..Facts::default()
    }
}

/// For every neuron the inputs that activate it most, with what a person needs to recognise them.
fn telling(inputs: &Inputs, activations: &Activations, figures: &Figures) -> Result<Examples, inputs::Error> {
    let layers = Examples::lists(activations);
    let rows: Vec<usize> = Examples::rows(&layers).into_iter().collect();
    let drawn: Vec<usize> = rows.iter().map(|&row| activations.kept_rows[row]).collect();
    let pictured = match inputs.kind() {
        inputs::Kind::Images => examples::shown_rows(&layers, SHOWN, figures),
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
