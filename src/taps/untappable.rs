//! Why a graph has no layers that can be tapped, as far as the graph itself tells.

use crate::model::{Graph, Node};

use super::error::Error;
use super::ops;
use super::structure::Structure;

/// Refuses graphs whose tensors are not what their shapes say.
pub fn check(graph: &Graph) -> Result<(), Error> {
    match graph.nodes.iter().find(|node| node.domain == "com.microsoft.nchwc") {
        Some(node) => Err(Error::Blocked { node: node.to_string() }),
        None => Ok(()),
    }
}

/// The reason why no layers were found.
pub fn reason(structure: &Structure) -> Error {
    let graph = structure.graph;
    let weighted: Vec<&Node> = graph.nodes.iter().filter(|node| multiplies_by_weights(structure, node)).collect();
    if let [first, rest @ ..] = &weighted[..] {
        return match rest {
            [] => Error::OnlyAnswer { node: first.to_string() },
            _ => Error::NoCut { weighted: weighted.len() },
        };
    }
    let inside = |node: &&Node| node.inner_ops.iter().any(|op| ops::weighs(op));
    if let Some(node) = graph.nodes.iter().find(inside) {
        return Error::Inside { node: node.to_string(), op: node.op.clone() };
    }
    let functions = graph.functions.iter().filter(|function| function.ops.iter().any(|(_, op)| ops::weighs(op)));
    let names: Vec<&str> = functions.map(|function| function.name.as_str()).take(3).collect();
    if !names.is_empty() {
        return Error::Functions { names: names.join(", ") };
    }
    Error::NoWeights { nodes: graph.nodes.len() }
}

/// Whether a node multiplies what depends on the inputs by what does not.
pub fn multiplies_by_weights(structure: &Structure, node: &Node) -> bool {
    let mut operands = ops::weight_inputs(node).iter().filter_map(|&at| node.inputs.get(at)).map(String::as_str);
    ops::weighs(&node.op)
        && node.inputs.iter().any(|name| structure.live.contains(name.as_str()))
        && operands.any(|name| structure.constant.contains(name))
}
