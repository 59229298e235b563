//! What lies between cuts: where a linear map ends, where an activation behind a sum ends, what a block's input reaches
//! unchanged.

use std::collections::HashMap;

use crate::model::Node;

use super::flow::Flow;
use super::ops::{activates, is_convolution, is_recurrent, passes_on, rearranges};
use super::quantised::{behind_integers, rectifies};

/// Follows a product through the bias, scale and normalisation that belong to the same linear map, and through whatever
/// only moves values on the way there.
pub fn affine_end(flow: &Flow, cut: usize) -> usize {
    if is_recurrent(flow.maker(cut)) {
        return cut;
    }
    let (mut end, mut at) = (cut, cut);
    while let Some(next) = flow.next(at).filter(|&next| flow.cuts[next].tensor != flow.output) {
        let node = flow.maker(next);
        let affine = matches!(node.op.as_str(), "Add" | "Sub" | "Mul" | "Div" | "BatchNormalization" | "Cast");
        let integers = matches!(node.op.as_str(), "QuantizeLinear" | "DequantizeLinear");
        if flow.moving(node) != 1 || integers || !(affine || rearranges(node)) {
            break;
        }
        at = next;
        if affine {
            end = at;
        }
    }
    // Integers that begin at zero have the activation in them already.
    match behind_integers(flow, end) {
        Some(behind) if !rectifies(flow.structure, flow.maker(end + 1)) => behind,
        _ => end,
    }
}

/// Follows a block's sum through the activation right behind it, and through integers and back.
pub fn behind_activation(flow: &Flow, cut: usize) -> usize {
    let (mut end, mut at) = (cut, cut);
    while let Some(next) = flow.next(at) {
        let node = flow.maker(next);
        if activates(node) || matches!(node.op.as_str(), "QuantizeLinear" | "DequantizeLinear") {
            end = next;
        } else if node.op != "Cast" {
            break;
        }
        at = next;
    }
    end
}

/// Follows a block through the exchange of its channels' groups that belongs to it (ShuffleNet: Zhang et al., CVPR 2018, section
/// 3.1): the groups get an axis of their own, change places with the channels, and are laid flat again.
pub fn behind_shuffle(flow: &Flow, cut: usize) -> usize {
    let exchanges = |&to: &usize| flow.maker(to).ints("perm") == Some(&[0, 2, 1, 3, 4]);
    let apart = flow.next_made_by(cut, "Reshape");
    let exchanged = apart.and_then(|cut| flow.next_made_by(cut, "Transpose")).filter(exchanges);
    exchanged.and_then(|cut| flow.next_made_by(cut, "Reshape")).unwrap_or(cut)
}

/// Whether the input of the block between two cuts reaches the op at its end unchanged.
pub fn skips(flow: &Flow, start: usize, to: usize) -> bool {
    let mut makers: HashMap<&str, &Node> = HashMap::new();
    for maker in flow.between(Some(start), to) {
        for output in &maker.outputs {
            makers.entry(output).or_insert(maker);
        }
    }
    let mut names: Vec<&str> = flow.maker(to).inputs.iter().map(String::as_str).collect();
    // Casts and quantisation change no value that matters here.
    while let Some(name) = names.pop() {
        if name == flow.cuts[start].tensor {
            return true;
        }
        // Each is followed once, however many ways lead to it. The value is the first input, scales and ratios follow.
        if let Some(maker) = makers.remove(name).filter(|node| passes_on(node)) {
            names.extend(maker.inputs.first().map(String::as_str));
        }
    }
    false
}

/// Whether the block weighs its own input (squeeze and excitation, SiLU): what is behind it holds the same neurons.
pub fn gates(flow: &Flow, start: usize, to: usize) -> bool {
    let node = flow.maker(to);
    matches!(node.op.as_str(), "Mul" | "QLinearMul") && flow.moving(node) >= 2 && skips(flow, start, to)
}

/// Whether the op makes images larger.
pub fn grows(node: &Node) -> bool {
    matches!(node.op.as_str(), "Resize" | "Upsample" | "ConvTranspose" | "DepthToSpace")
}

/// Whether the op halves height and width.
pub fn shrinks(node: &Node) -> bool {
    let local = is_convolution(node) || node.op.ends_with("Pool") && !node.op.starts_with("Global");
    local && node.op != "ConvTranspose" && node.ints("strides").is_some_and(|s| s.iter().any(|&s| s > 1))
}
