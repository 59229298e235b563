//! With which numbers a network computes: floats of a width, or integers with a scale.

use std::fmt;

use crate::model::{ElementType, Graph, Node};

use super::tap::Tap;

/// The numbers that a network's activations or weights are rounded to. Rounding moves H, I and R by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Weights or activations are integers with a scale.
    Quantised,
    Float(ElementType),
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Numbers::Quantised => f.write_str("quantised integers"),
            Numbers::Float(element) => element.fmt(f),
        }
    }
}

/// The numbers of a graph of which `taps` are the layers.
pub fn numbers(graph: &Graph, taps: &[Tap]) -> Numbers {
    if graph.nodes.iter().any(quantises) {
        return Numbers::Quantised;
    }
    // The narrowest of the layers: a file in half precision keeps some ops in single.
    let narrowest = taps.iter().map(|tap| tap.element).filter(|element| element.is_float());
    Numbers::Float(narrowest.min_by_key(|element| element.bits()).unwrap_or(ElementType::F32))
}

fn quantises(node: &Node) -> bool {
    let op = node.op.as_str();
    let named =
        ["QLinear", "QGemm", "QAttention", "DynamicQuantize", "QOrdered"].iter().any(|name| op.starts_with(name));
    named
        || matches!(
            op,
            "QuantizeLinear"
                | "DequantizeLinear"
                | "MatMulInteger"
                | "ConvInteger"
                | "MatMulIntegerToFloat"
                | "MatMulNBits"
                | "MatMulBnb4"
                | "GatherBlockQuantized"
        )
}
