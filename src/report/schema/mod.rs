//! The report as data: `report.json`, schema version 2, described in `docs/report.schema.json`.
//!
//! Measures are in nats. A figure that does not exist (the pairs of a layer with one neuron) is `null` in JSON and NaN
//! here.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::activations::SelfCheck;
use crate::base::nullable;
use crate::base::warning::Words;
use crate::inputs::{self, Provenance, Skipped};
use crate::labels::Codelengths;
use crate::measures::{Estimator, Health, Spectrum, Summary};
use crate::store::Files;

mod lists;

pub use lists::{Doctor, DoctorRuntime, LayerChoice, LayerList, Tried};

/// Raised whenever a key changes its meaning or goes away; new keys do not raise it.
pub const SCHEMA_VERSION: u64 = 2;

/// One run: one model (or a file of activations), one set of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema_version: u64,
    pub probe_version: String,
    /// Absent for `probe measure`, which runs no model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onnxruntime: Option<OnnxRuntime>,
    /// Absent for `probe measure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    pub inputs: Inputs,
    /// Every resolved setting under its name on the command line, with the seed.
    pub settings: Map<String, Value>,
    /// In the order of the forward pass; `measures.npz` and `examples.json` point into this list.
    pub layers: Vec<Layer>,
    pub overall: Overall,
    /// The other estimator's reading, where the inputs or the user called for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// Neurons whose values lie far from all others, the farthest first.
    #[serde(default)]
    pub outliers: Vec<Outlier>,
    /// The overall means at a quarter, a half and all of the inputs.
    #[serde(default)]
    pub stability: Vec<StabilityPoint>,
    /// What can be read off the layers, one per column of labels that `probe labels --out` added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Codelengths>,
    pub warnings: Vec<Words>,
    pub timing: Timing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// Whether an input has the same values alone, in a batch, and a second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_check: Option<SelfCheck>,
    /// The other files of the run's folder with their BLAKE3 hashes; empty where there is no folder.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub files: Files,
}

/// The library that ran the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnnxRuntime {
    pub version: String,
    pub path: String,
    pub provider: String,
}

/// The model as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub path: String,
    /// Of the file and its external data, hexadecimal.
    pub blake3: String,
    pub producer: Option<String>,
    pub opset: Option<i64>,
}

/// What kind of inputs were run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Texts,
    Images,
    Arrays,
    /// A file of activations (`probe measure`).
    Activations,
}

impl From<inputs::Kind> for Kind {
    fn from(kind: inputs::Kind) -> Self {
        match kind {
            inputs::Kind::Texts => Kind::Texts,
            inputs::Kind::Images => Kind::Images,
            inputs::Kind::Arrays => Kind::Arrays,
        }
    }
}

impl Kind {
    /// The word for `count` of them: `text`, `texts`.
    pub fn noun(self, count: usize) -> &'static str {
        match (self, count == 1) {
            (Kind::Texts, true) => "text",
            (Kind::Texts, false) => "texts",
            (Kind::Images, true) => "image",
            (Kind::Images, false) => "images",
            (Kind::Arrays | Kind::Activations, true) => "input",
            (Kind::Arrays | Kind::Activations, false) => "inputs",
        }
    }
}

/// The inputs that were run, and those that were not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub kind: Kind,
    pub path: String,
    /// Inputs that were measured: the S of every figure.
    pub count: usize,
    pub skipped: usize,
    /// Over the content of the inputs that were measured, hexadecimal.
    pub blake3: String,
    /// Inputs cut to the maximum length.
    #[serde(default)]
    pub truncated: usize,
    /// Every file and every value that the inputs were prepared with; absent for activations from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Inputs that hold what an earlier one holds; absent for activations from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// The first of the skipped inputs; all of them are in `skipped.jsonl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_first: Vec<Skipped>,
}

/// How often inputs repeat an earlier one: texts by their tokens, images by the content of their files, arrays by their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Different inputs among those measured.
    pub distinct: usize,
    /// Inputs that were left out because an earlier one holds the same.
    pub dropped: usize,
}

/// One layer's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    pub label: String,
    /// Empty where there is no graph (`probe measure`).
    pub tensor: String,
    /// `first`, `last`, `mean`, `max` or `none`.
    pub pooling: String,
    pub neurons: usize,
    /// Over the layer's neurons.
    pub entropy: Summary,
    /// Over the pairs inside the layer, the diagonal left out.
    pub mutual_information: Summary,
    /// How many directions the layer's activations use.
    pub spectrum: Spectrum,
    pub health: Health,
}

/// Figures over all layers: all neurons, and all pairs off the diagonal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    pub entropy: Summary,
    pub mutual_information: Summary,
    /// Means over layers.
    pub spectrum: Spectrum,
}

/// A reading by the other estimator, layer by layer in the report's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    pub estimator: Estimator,
    pub layers: Vec<BesideLayer>,
    pub overall: Overall,
}

/// One layer under the other estimator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BesideLayer {
    pub label: String,
    pub entropy: Summary,
    pub mutual_information: Summary,
}

/// A neuron whose values lie far from those of all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outlier {
    pub label: String,
    pub neuron: usize,
    /// The neuron's smallest and largest value.
    pub min: f32,
    pub max: f32,
}

impl Outlier {
    /// `encoder.layer.3:77`, as `probe examples --neuron` takes it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.label, self.neuron)
    }
}

/// The overall means with some of the inputs only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StabilityPoint {
    pub samples: usize,
    #[serde(deserialize_with = "nullable::number")]
    pub entropy: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub mutual_information: f64,
}

/// Seconds of wall time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Finding the runtime, loading the model and opening the inputs.
    pub load: f64,
    /// Running the model over all inputs, with what prepares them.
    pub capture: f64,
    /// Entropies and neuron health, intervals included.
    pub entropy: f64,
    /// Mutual information of all measured pairs, intervals included.
    pub mutual_information: f64,
    /// The spectra of all layers, intervals included.
    pub spectrum: f64,
    /// All of these and the report.
    pub total: f64,
}

/// Shards of capture taken from an earlier, broken run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    pub kept: u64,
    pub total: u64,
}

impl Report {
    /// Neurons of all layers: the N of `measures.npz`.
    pub fn neurons(&self) -> usize {
        self.layers.iter().map(|layer| layer.neurons).sum()
    }

    /// The estimator that the report leads with.
    pub fn estimator(&self) -> &str {
        self.settings.get("estimator").and_then(Value::as_str).unwrap_or("paper")
    }

    /// The same report as it would lead with the other estimator, where it has it beside.
    pub fn turned(&self) -> Option<Report> {
        let beside = self.beside.as_ref()?;
        let mut turned = self.clone();
        let mut layers = Vec::with_capacity(self.layers.len());
        for (layer, other) in turned.layers.iter_mut().zip(&beside.layers) {
            layers.push(BesideLayer {
                label: layer.label.clone(),
                entropy: layer.entropy,
                mutual_information: layer.mutual_information,
            });
            (layer.entropy, layer.mutual_information) = (other.entropy, other.mutual_information);
        }
        turned.overall = beside.overall;
        let leading = turned.settings.insert("estimator".into(), beside.estimator.name().into());
        let estimator = serde_json::from_value(leading?).ok()?;
        turned.beside = Some(Beside { estimator, layers, overall: self.overall });
        Some(turned)
    }

    /// The last part of the model's path, or of the inputs' where no model was run.
    pub fn name(&self) -> &str {
        let path = self.model.as_ref().map_or(&self.inputs.path, |model| &model.path);
        path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
    }
}

/// Whether not all of these reports are of the same inputs, so that their figures cannot be compared.
pub fn have_other_inputs<'a>(reports: impl IntoIterator<Item = &'a Report>) -> bool {
    let mut hashes = reports.into_iter().map(|report| &report.inputs.blake3);
    let first = hashes.next();
    hashes.any(|hash| Some(hash) != first)
}

#[cfg(test)]
pub(crate) mod tests;
