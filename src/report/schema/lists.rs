//! What `probe layers --json` and `probe doctor --json` print.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::text::visible;
use crate::model::Dim;
use crate::taps::Tap;

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
            Value::String(name) => visible(name),
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
