//! Taps: which tensors of a graph are the layers' outputs, how each is pooled, and the bytes that expose them.
//!
//! In: a [`crate::model::Graph`] and what the user asked for. Out: [`Taps`] and the bytes to append to the model.
//!
//! `flow` finds the paths from the inputs to the output and the tensors that all of them cross; `transformer`,
//! `convnet` and `chain` read the layers off those cuts, by structure and never by name; `labels` then looks for names
//! that a person knows; `request` applies `--layers`; `overlay` writes the bytes. docs/taps.md tells the rule to users.

use serde::{Deserialize, Serialize, Serializer};

use crate::base::advise::{Advise, Fault};
use crate::base::warning::Warning;
use crate::model::{Attribute, Dim, ElementType, Graph};

mod axes;
mod chain;
mod choose;
mod convnet;
mod flow;
mod fused;
mod labels;
mod overlay;
mod request;
mod rules;
mod shapes;
mod transformer;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

pub use choose::{candidates, choose};
pub use overlay::{Overlay, mask_input, overlay};

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

/// What a tensor's axes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// [batch, neurons].
    Vector,
    /// [batch, tokens, neurons].
    Tokens,
    /// [batch, neurons, tokens].
    TokensLast,
    /// [batch, neurons, height, width], or another number of spatial axes.
    Image,
    /// [batch, height, width, neurons].
    ImageLast,
    /// The file does not say and it does not follow.
    Unknown,
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
    pub layout: Layout,
    pub pooling: Pooling,
    /// How to compute the tap anew, where an optimiser fused it away so that no tensor holds it. `tensor` is then a name
    /// of ours: the fused op's output with what it lacks behind a colon.
    pub recomputed: Option<Recomputed>,
    /// Whether the tool chose it by itself.
    pub auto: bool,
    /// Why it was chosen, in one phrase.
    pub reason: String,
}

/// An ONNX op that gives what a fused op does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Recomputed {
    pub op: &'static str,
    pub inputs: Vec<String>,
    pub attributes: Vec<(String, Attribute)>,
}

impl Tap {
    /// Neurons of the pooled tap, where the shape tells.
    pub fn neurons(&self) -> Option<usize> {
        let shape = self.shape.as_ref()?;
        let dim = match self.layout {
            Layout::Image | Layout::TokensLast => shape.get(1)?,
            _ => shape.last()?,
        };
        match dim {
            Dim::Fixed(extent) => usize::try_from(*extent).ok(),
            _ => None,
        }
    }
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

impl Taps {
    /// The warnings that the choice of layers calls for.
    pub fn warnings(&self) -> Vec<Warning> {
        match self.family {
            Family::Unknown => vec![Warning::FallbackTaps],
            _ => Vec::new(),
        }
    }
}

/// What the user asked for. It is serialised under the names of the command line.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Request {
    /// `--layers`: labels, tensor names or globs; empty for the tool's own choice.
    #[serde(rename = "layers")]
    pub patterns: Vec<String>,
    /// `--pool`; `None` is `auto`.
    #[serde(rename = "pool", serialize_with = "auto")]
    pub pooling: Option<Pooling>,
}

fn auto<S: Serializer>(pooling: &Option<Pooling>, serializer: S) -> Result<S::Ok, S::Error> {
    match pooling {
        Some(pooling) => pooling.serialize(serializer),
        None => serializer.serialize_str("auto"),
    }
}

/// What can go wrong when taps are chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--layers` matched nothing.
    #[error("no layer matches '{pattern}'; the nearest names are {}", nearest.join(", "))]
    NoMatch { pattern: String, nearest: Vec<String> },
    /// `--layers` is no glob.
    #[error("'{pattern}' is not a pattern: {why}")]
    Pattern { pattern: String, why: String },
    /// `--pool` does not fit a tensor.
    #[error("cannot pool tensor '{tensor}' by {pooling}: {why}")]
    Pooling { tensor: String, pooling: Pooling, why: &'static str },
    /// Nothing in the graph can serve as a layer.
    #[error("no layers were found in the graph: {0}")]
    Nothing(&'static str),
}

impl std::fmt::Display for Pooling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Pooling::First => "first",
            Pooling::Last => "last",
            Pooling::Mean => "mean",
            Pooling::Max => "max",
            Pooling::None => "none",
        })
    }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Nothing(_) => Fault::Input,
            _ => Fault::Usage,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::NoMatch { .. } => "`probe layers MODEL --all` lists every tensor that can be chosen".into(),
            Error::Pattern { .. } => "a pattern is a label, a tensor name, or a glob such as 'encoder.layer.*'".into(),
            Error::Pooling { .. } => "choose another --pool, or other --layers".into(),
            Error::Nothing(_) => "choose tensors by name: `probe layers MODEL --all` lists them".into(),
        })
    }
}

impl Taps {
    /// Labels in order.
    pub fn labels(&self) -> Vec<&str> {
        self.taps.iter().map(|t| t.label.as_str()).collect()
    }

    /// Tensor names in order.
    pub fn tensors(&self) -> Vec<&str> {
        self.taps.iter().map(|t| t.tensor.as_str()).collect()
    }
}

/// All a caller needs in one: the taps of `graph` and their overlay.
pub fn expose(graph: &Graph, request: &Request) -> Result<(Taps, Overlay), Error> {
    let taps = choose(graph, request)?;
    let overlay = overlay(graph, &taps)?;
    Ok((taps, overlay))
}
