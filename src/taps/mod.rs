//! Taps: which tensors of a graph are the layers' outputs, how each is pooled, and the bytes that expose them.
//!
//! In: a [`crate::model::Graph`] and what the user asked for. Out: [`Taps`] and the bytes to append to the model.

use serde::{Deserialize, Serialize};

use crate::error::{Advise, Fault};
use crate::model::{Dim, ElementType};

/// How a tensor's positions become one number a neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The first token (`<s>`, `[CLS]`).
    First,
    /// The last real token.
    Last,
    /// The mean over real tokens, or over height and width.
    Mean,
    /// The largest over real tokens, or over height and width.
    Max,
    /// Nothing to pool: the tensor is [batch, neurons].
    None,
}

/// One layer's output.
#[derive(Debug, Clone)]
pub struct Tap {
    /// What a person calls the layer: `encoder.layer.3`, `layer2`, `fc1`.
    pub label: String,
    /// The tensor's name in the graph.
    pub tensor: String,
    /// The op type of the node that makes it.
    pub op: String,
    /// The shape as far as it is known.
    pub shape: Option<Vec<Dim>>,
    pub element: ElementType,
    pub pooling: Pooling,
    /// Whether the tool chose it by itself.
    pub auto: bool,
    /// Why it was chosen, in one phrase.
    pub reason: String,
}

/// The kind of network the structure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Transformer,
    ConvNet,
    /// An MLP or another plain chain.
    Chain,
    /// Nothing recognised: the cut vertices of the graph serve.
    Unknown,
}

/// The taps of a model, in the order of the forward pass.
#[derive(Debug, Clone)]
pub struct Taps {
    pub family: Family,
    pub taps: Vec<Tap>,
}

/// What can go wrong when taps are chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--layers` matched nothing.
    #[error("no layer matches '{pattern}'; the nearest names are {}", nearest.join(", "))]
    NoMatch { pattern: String, nearest: Vec<String> },
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Usage
    }
}
