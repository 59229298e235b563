//! What is usual: the axes of a tensor where they do not follow from the graph, and the pooling of `--pool auto`.

use crate::model::{Dim, Graph, Node};

use super::axes::Axis;
use super::flow::Flow;
use super::mask::has_tokens;
use super::ops;
use super::tap::{Family, Pooling};

/// The axes of a layer's output, by its rank and the kind of network.
pub fn axes(shape: Option<&[Dim]>, maker: &Node, family: Family, graph: &Graph) -> Vec<Axis> {
    if shape.is_some() {
        return by_rank(shape, family, graph);
    }
    let rank = match family {
        Family::Transformer => 3,
        Family::ConvNet => 4,
        _ if ops::is_convolution(maker) => 4,
        _ => 2,
    };
    by_rank(Some(&vec![Dim::Unknown; rank]), family, graph)
}

/// The usual axes of a rank: inputs first; the neurons second before height and width, last behind tokens. Empty where
/// nothing is usual.
pub fn by_rank(shape: Option<&[Dim]>, family: Family, graph: &Graph) -> Vec<Axis> {
    use Axis::{Batch, Neuron, Place};
    let token = if has_tokens(graph) { Axis::Token } else { Place };
    match (shape, family) {
        (Some([_, _]), _) => vec![Batch, Neuron],
        (Some([_, _, _]), Family::ConvNet) => vec![Batch, Neuron, Place],
        (Some([_, _, _]), _) => vec![Batch, token, Neuron],
        // Swin and its kin.
        (Some([_, _, _, _]), Family::Transformer) => vec![Batch, Place, Place, Neuron],
        (Some(shape @ ([_, _, _, _] | [_, _, _, _, _])), _) => {
            [vec![Batch, Neuron], vec![Place; shape.len() - 2]].concat()
        }
        _ => Vec::new(),
    }
}

/// The pooling of `--pool auto`: the first token of a transformer's layers, the mean over places of all others.
pub fn pooling(axes: &[Axis], family: Family, flow: &Flow, cuts: &[usize]) -> Pooling {
    let places = axes.iter().filter(|axis| matches!(axis, Axis::Token | Axis::Place)).count();
    match (places, family) {
        (0, _) => Pooling::None,
        (1, Family::Transformer) if axes.contains(&Axis::Token) || has_class_token(flow, cuts) => Pooling::First,
        _ => Pooling::Mean,
    }
}

/// Whether something learned is put in front of the patches of an image before the first layer.
fn has_class_token(flow: &Flow, cuts: &[usize]) -> bool {
    let Some(&first) = cuts.first() else { return false };
    flow.between(None, first).any(|node| {
        let known = node.inputs.iter().filter(|name| !name.is_empty()).count();
        node.is("Concat") && flow.moving(node) >= 1 && flow.moving(node) < known
    })
}
