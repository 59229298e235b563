//! What a tap is: a layer's output, what its axes are, how it is pooled, and how to compute it where no tensor holds it.

use serde::{Deserialize, Serialize, Serializer};

use crate::base::warning::Warning;
use crate::model::{Attribute, Dim, ElementType};

use super::axes::Axis;

/// How a tensor's positions become one number per neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The first token (`<s>`, `[CLS]`).
    First,
    /// The last real token.
    Last,
    /// The mean over real tokens, over height and width, or over time.
    Mean,
    /// The largest over real tokens, over height and width, or over time.
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
    /// The element type in which the network computes it; float32 where integers stand for floats.
    pub element: ElementType,
    /// What each axis is; empty where it does not follow.
    pub axes: Vec<Axis>,
    pub pooling: Pooling,
    /// How to compute the tap where no tensor holds it: an optimiser fused it away, or its values are integers with a
    /// scale. The last step gives the tap. Where a step undoes something, `tensor` is a name of ours: the op's output
    /// with what it lacks behind a colon.
    pub recomputed: Vec<Step>,
    /// Whether the tool chose it by itself.
    pub auto: bool,
    /// Why it was chosen, in one phrase.
    pub reason: String,
}

/// An ONNX op that is added to the graph to compute a tap.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub op: &'static str,
    pub inputs: Vec<Operand>,
    pub attributes: Vec<(String, Attribute)>,
}

/// What a [`Step`] reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A tensor of the model; an empty name stands for an input left out.
    Tensor(String),
    /// The result of an earlier step, by its place.
    Step(usize),
}

impl Tap {
    /// Neurons of the pooled tap, where the shape tells.
    pub fn neurons(&self) -> Option<usize> {
        let shape = self.shape.as_ref().filter(|shape| shape.len() == self.axes.len())?;
        let mut neurons = None;
        for (dim, _) in shape.iter().zip(&self.axes).filter(|(_, axis)| **axis == Axis::Neuron) {
            neurons = Some(neurons.unwrap_or(1usize).checked_mul(fixed(dim)?)?);
        }
        neurons
    }

    /// Whether there are tokens, or height and width, to pool over.
    pub fn has_places(&self) -> bool {
        self.axes.iter().any(|axis| matches!(axis, Axis::Token | Axis::Place))
    }
}

/// The extent of an axis, where it is fixed.
fn fixed(dim: &Dim) -> Option<usize> {
    match dim {
        Dim::Fixed(extent) => usize::try_from(*extent).ok(),
        _ => None,
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

impl Taps {
    /// The warnings that the choice of layers calls for.
    pub fn warnings(&self) -> Vec<Warning> {
        match self.family {
            Family::Unknown => vec![Warning::FallbackTaps],
            _ => Vec::new(),
        }
    }

    /// Labels in order.
    pub fn labels(&self) -> Vec<&str> {
        self.taps.iter().map(|t| t.label.as_str()).collect()
    }

    /// Tensor names in order.
    #[cfg(any(test, feature = "internals"))]
    pub fn tensors(&self) -> Vec<&str> {
        self.taps.iter().map(|t| t.tensor.as_str()).collect()
    }
}
