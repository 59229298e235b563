//! The report as data: `report.json`, schema version 1, described in `docs/report.schema.json`.
//!
//! Measures are in nats. A figure that does not exist (the pairs of a layer with one neuron) is `null` in JSON and NaN
//! here.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::inputs::{self, Skipped};
use crate::measures::{Estimator, Summary};
use crate::model::Dim;
use crate::taps::Tap;

/// Raised whenever a key changes its meaning or goes away; new keys do not raise it.
pub const SCHEMA_VERSION: u64 = 1;

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
    pub settings: Settings,
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
    pub warnings: Vec<Warning>,
    pub timing: Timing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
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
    /// The first of the skipped inputs; all of them are in `skipped.jsonl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_first: Vec<Skipped>,
}

/// Every resolved setting. Those that a report speaks of have fields; the rest are kept as they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub estimator: Estimator,
    pub bins: usize,
    /// `global`, `layer`, `neuron` or `shared`.
    pub binning: String,
    pub neighbors: usize,
    /// `64`, `all` or `random:64`.
    pub mi_neurons: String,
    pub seed: u64,
    #[serde(flatten)]
    pub others: Map<String, Value>,
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
    pub health: Health,
}

/// Neurons with something the matter, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// All values are equal.
    pub constant: usize,
    /// More than 1 % of the values are not unique.
    pub tied: usize,
    /// At least one value is NaN or infinite; such a neuron is left out of every statistic.
    pub non_finite: usize,
}

impl std::iter::Sum for Health {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Health::default(), |a, b| Health {
            constant: a.constant + b.constant,
            tied: a.tied + b.tied,
            non_finite: a.non_finite + b.non_finite,
        })
    }
}

/// Figures over all layers: all neurons, and all pairs off the diagonal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    pub entropy: Summary,
    pub mutual_information: Summary,
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

/// A warning as it is written; [`crate::report::warnings`] has them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub code: String,
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

/// Seconds of wall time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    pub load: f64,
    pub capture: f64,
    pub entropy: f64,
    pub mutual_information: f64,
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

    /// Health over all layers.
    pub fn health(&self) -> Health {
        self.layers.iter().map(|layer| layer.health).sum()
    }

    /// The last part of the model's path, or of the inputs' where no model was run.
    pub fn name(&self) -> &str {
        let path = self.model.as_ref().map_or(&self.inputs.path, |model| &model.path);
        path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
    }
}

/// `probe layers --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerList {
    pub layers: Vec<LayerChoice>,
}

/// A tensor that is, or could be, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerChoice {
    pub label: String,
    pub tensor: String,
    pub op: String,
    /// Numbers, names of free extents, and `null` where nothing is declared.
    pub shape: Option<Vec<Value>>,
    /// `first`, `last`, `mean`, `max` or `none`.
    pub pooling: String,
    /// Whether it is measured unless `--layers` says otherwise.
    pub auto: bool,
    pub reason: String,
}

impl LayerChoice {
    /// `[batch, 128]`, or `?` where the file declares no rank.
    pub fn shape_in_words(&self) -> String {
        let Some(shape) = &self.shape else { return "?".to_owned() };
        let extent = |value: &Value| match value {
            Value::String(name) => super::words::visible(name),
            Value::Null => "?".to_owned(),
            other => other.to_string(),
        };
        format!("[{}]", shape.iter().map(extent).collect::<Vec<_>>().join(", "))
    }
}

impl From<&Tap> for LayerChoice {
    fn from(tap: &Tap) -> Self {
        let extent = |dim: &Dim| match dim {
            Dim::Fixed(extent) => Value::from(*extent),
            Dim::Named(name) => Value::from(&**name),
            Dim::Unknown => Value::Null,
        };
        LayerChoice {
            label: tap.label.clone(),
            tensor: tap.tensor.clone(),
            op: tap.op.clone(),
            shape: tap.shape.as_ref().map(|shape| shape.iter().map(extent).collect()),
            pooling: tap.pooling.to_string(),
            auto: tap.auto,
            reason: tap.reason.clone(),
        }
    }
}

/// `probe doctor --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Doctor {
    pub probe_version: String,
    pub onnxruntime: Option<DoctorRuntime>,
    pub cores: usize,
    /// Places in the order in which they were tried.
    pub tried: Vec<Tried>,
}

/// The library in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoctorRuntime {
    pub version: String,
    pub path: String,
    /// Why this one.
    pub why: String,
    pub providers: Vec<String>,
}

/// A place where a library was looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub place: String,
    pub outcome: String,
    pub used: bool,
}

/// JSON has no NaN: `serde_json` writes `null`, and here it is read back.
mod nullable {
    use serde::{Deserialize, Deserializer};

    pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn summary(mean: f64) -> Summary {
        let at = |shift: f64| mean + shift;
        Summary {
            mean,
            median: at(0.01),
            q1: at(-0.2),
            q3: at(0.2),
            min: at(-0.5),
            max: at(0.5),
            interval95: [at(-0.05), at(0.05)],
        }
    }

    /// A report of layers with `neurons` each.
    pub(crate) fn report(labels: &[&str], neurons: usize) -> Report {
        let layers = labels
            .iter()
            .enumerate()
            .map(|(l, label)| Layer {
                label: (*label).to_owned(),
                tensor: format!("/{label}/Add_output_0"),
                pooling: "first".to_owned(),
                neurons,
                entropy: summary(2.0 + l as f64 / 4.0),
                mutual_information: summary(1.0 - l as f64 / 8.0),
                health: Health { constant: 0, tied: l, non_finite: 0 },
            })
            .collect();
        Report {
            schema_version: SCHEMA_VERSION,
            probe_version: "0.1.0".to_owned(),
            onnxruntime: Some(OnnxRuntime {
                version: "1.32.0".to_owned(),
                path: "/opt/libonnxruntime.so".to_owned(),
                provider: "CPU".to_owned(),
            }),
            model: Some(Model {
                path: "runs/base.onnx".to_owned(),
                blake3: "ab".repeat(32),
                producer: Some("pytorch 2.15".to_owned()),
                opset: Some(17),
            }),
            inputs: Inputs {
                kind: Kind::Texts,
                path: "texts.txt".to_owned(),
                count: 1000,
                skipped: 0,
                blake3: "cd".repeat(32),
                truncated: 0,
                skipped_first: Vec::new(),
            },
            settings: Settings {
                estimator: Estimator::Paper,
                bins: 100,
                binning: "global".to_owned(),
                neighbors: 3,
                mi_neurons: "64".to_owned(),
                seed: 0,
                others: Map::new(),
            },
            layers,
            overall: Overall { entropy: summary(2.2), mutual_information: summary(0.9) },
            beside: None,
            outliers: Vec::new(),
            stability: Vec::new(),
            warnings: Vec::new(),
            timing: Timing { load: 0.4, capture: 3.0, entropy: 0.1, mutual_information: 0.7, total: 4.3 },
            resume: None,
        }
    }

    #[test]
    fn comes_back_as_it_was_written_with_null_for_no_figure() {
        let mut written = report(&["encoder.layer.0", "encoder.layer.1"], 128);
        written.settings.others.insert("threads".to_owned(), 2.into());
        let json = serde_json::to_value(&written).unwrap();
        assert_eq!(json["settings"]["threads"], 2);
        assert_eq!(serde_json::from_value::<Report>(json).unwrap(), written);

        written.layers[1].mutual_information.mean = f64::NAN;
        let json = serde_json::to_value(&written).unwrap();
        assert!(json["layers"][1]["mutual_information"]["mean"].is_null());
        let back: Report = serde_json::from_value(json).unwrap();
        assert!(back.layers[1].mutual_information.mean.is_nan());
    }

    /// The published schema asks for no key that a report lacks, and knows every key that a report has.
    #[test]
    fn the_published_schema_describes_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut full = report(&["a"], 4);
        full.beside = Some(Beside {
            estimator: Estimator::Robust,
            layers: vec![BesideLayer {
                label: "a".into(),
                entropy: summary(1.0),
                mutual_information: summary(f64::NAN),
            }],
            overall: full.overall,
        });
        full.outliers = vec![Outlier { label: "a".into(), neuron: 3, min: -90.0, max: 2.0 }];
        full.stability = vec![StabilityPoint { samples: 250, entropy: 2.0, mutual_information: f64::NAN }];
        full.warnings = vec![Warning { code: "ties".into(), message: "m".into(), advice: "a".into() }];
        full.resume = Some(Resume { kept: 1, total: 2 });
        full.inputs.skipped_first = vec![Skipped { source: "texts.txt".into(), line: Some(3), reason: "empty".into() }];
        let mut problems = Vec::new();
        check(&serde_json::to_value(&full).unwrap(), &schema, &schema, "report", &mut problems);
        assert_eq!(problems, Vec::<String>::new());

        let mut broken = serde_json::to_value(&full).unwrap();
        broken["layers"][0].as_object_mut().unwrap().remove("health");
        broken["timing"]["total"] = "soon".into();
        check(&broken, &schema, &schema, "report", &mut problems);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    /// The part of JSON Schema that the file uses: `$ref`, `type`, `enum`, `required`, `properties`, `items`.
    /// A key without a property is a problem unless `additionalProperties` allows it.
    fn check(value: &Value, schema: &Value, root: &Value, at: &str, problems: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}"));
            return check(value, target, root, at, problems);
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(n) if n.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let allowed: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => vec![kind],
        };
        if !allowed.iter().any(|&a| a == kind || (a == "number" && kind == "integer")) {
            problems.push(format!("{at} is {kind}, not {allowed:?}"));
        }
        if let Some(choices) = schema["enum"].as_array()
            && !choices.contains(value)
        {
            problems.push(format!("{at} is none of {choices:?}"));
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(key).is_none() {
                problems.push(format!("{at} lacks {key}"));
            }
        }
        if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
            for (key, part) in object {
                match properties.get(key) {
                    Some(property) => check(part, property, root, &format!("{at}.{key}"), problems),
                    None if schema["additionalProperties"] == Value::Bool(true) => {}
                    None => problems.push(format!("{at}.{key} is not described")),
                }
            }
        }
        if let (Some(list), Some(items)) = (value.as_array(), schema.get("items")) {
            for (i, item) in list.iter().enumerate() {
                check(item, items, root, &format!("{at}[{i}]"), problems);
            }
        }
    }
}
