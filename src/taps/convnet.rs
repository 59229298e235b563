//! Convolutional networks: a stage's output is the last block's before the resolution falls or the width changes.

use std::collections::HashMap;

use crate::model::Node;

use super::chain::affine_end;
use super::flow::Flow;

/// A block of layers, known by how it ends.
struct Block {
    /// The cut that ends it: a sum or concatenation of branches with the activation right behind, or a convolution
    /// without any (the narrow end of an inverted bottleneck).
    end: usize,
    /// Its skip connection is a convolution: the width changes.
    projects: bool,
    joins: bool,
}

/// One cut a stage, or `None` where no blocks with convolutions are found.
pub fn stages(flow: &Flow) -> Option<Vec<usize>> {
    let mut blocks: Vec<Block> = Vec::new();
    for to in 1..flow.cuts.len() {
        let start = to - 1;
        if !flow.between(Some(start), to).any(is_convolution) {
            continue;
        }
        if joins(flow, start, to) {
            blocks.push(Block { end: behind_activation(flow, to), projects: !skips(flow, start, to), joins: true });
        } else if let Some(end) = narrow_end(flow, start, to) {
            blocks.push(Block { end, projects: false, joins: false });
        }
    }
    let first = blocks.iter().position(|b| b.joins)?;
    // Narrow ends before the first join count only where they stand at a resolution of their own.
    let mut ends = Vec::new();
    for (i, pair) in blocks.windows(2).enumerate() {
        let (block, next) = (&pair[0], &pair[1]);
        let shrinks = flow.between(Some(block.end), next.end).any(shrinks);
        if shrinks || (next.projects && i >= first) {
            ends.push(block.end);
        }
    }
    ends.push(blocks.last()?.end);
    Some(ends)
}

/// The end of a convolution that nothing but further convolutions and sums follow, bias and normalisation included.
fn narrow_end(flow: &Flow, start: usize, to: usize) -> Option<usize> {
    let affine = |node: &Node| {
        is_convolution(node)
            || matches!(node.op.as_str(), "Cast" | "Mul" | "Add" | "BatchNormalization" | "DynamicQuantizeLinear")
    };
    // An optimiser writes the activation into the convolution.
    let activated = |node: &Node| node.attribute("activation").is_some();
    if flow.between(Some(start), to).any(|node| !affine(node) || activated(node)) {
        return None;
    }
    let end = affine_end(flow, to);
    let linear = |node: &Node| is_convolution(node) || node.op == "DynamicQuantizeLinear";
    let joins = |node: &Node| matches!(node.op.as_str(), "Add" | "Sum") && flow.moving(node) >= 2;
    let mut users = flow.users(end).peekable();
    users.peek()?;
    let (mut any, mut all) = (false, true);
    for user in users {
        any |= linear(user);
        all &= linear(user) || joins(user);
    }
    (any && all).then_some(end)
}

/// Whether `node` is a convolution of any spelling.
pub fn is_convolution(node: &Node) -> bool {
    matches!(
        node.op.as_str(),
        "Conv" | "ConvInteger" | "QLinearConv" | "FusedConv" | "NhwcConv" | "NhwcFusedConv" | "ConvTranspose" | "QConv"
    )
}

/// Whether the block ends in a sum or concatenation of branches, or in a convolution that was fused with one.
fn joins(flow: &Flow, start: usize, to: usize) -> bool {
    let node = flow.maker(to);
    let moving = flow.moving(node);
    match node.op.as_str() {
        "Add" | "Sum" | "Concat" | "QLinearAdd" | "QLinearConcat" => {
            moving >= 2 && flow.cuts[to].step > flow.cuts[start].step + 1
        }
        "FusedConv" | "NhwcFusedConv" | "QLinearConv" => moving >= 2,
        _ => false,
    }
}

/// Whether the block's input reaches its sum unchanged. A concatenation (Inception, Dense) opens no stage by itself.
fn skips(flow: &Flow, start: usize, to: usize) -> bool {
    let node = flow.maker(to);
    if matches!(node.op.as_str(), "Concat" | "QLinearConcat") {
        return true;
    }
    let mut makers: HashMap<&str, &Node> = HashMap::new();
    for maker in flow.between(Some(start), to) {
        for output in &maker.outputs {
            makers.entry(output).or_insert(maker);
        }
    }
    let mut names: Vec<&str> = node.inputs.iter().map(String::as_str).collect();
    // Casts and quantisation change no value that matters here.
    while let Some(name) = names.pop() {
        if name == flow.cuts[start].tensor {
            return true;
        }
        // Each is followed once, however many ways lead to it. The value is the first input, scales and ratios follow.
        if let Some(maker) = makers.remove(name).filter(|n| passes_on(n)) {
            names.extend(maker.inputs.first().map(String::as_str));
        }
    }
    false
}

fn passes_on(node: &Node) -> bool {
    matches!(node.op.as_str(), "Cast" | "Identity" | "QuantizeLinear" | "DequantizeLinear" | "Dropout")
}

/// Whether a cut of four axes keeps the neurons last: what uses it normalises over them, or turns them to the front for
/// a convolution. An optimiser moves such turns across a skip connection.
pub fn neurons_last(flow: &Flow, cut: usize) -> bool {
    flow.users(cut).any(|node| {
        let forward = node.is("Transpose") && node.ints("perm") == Some(&[0, 3, 1, 2]);
        let over_last = node.is("LayerNormalization") && matches!(node.int("axis"), None | Some(-1 | 3));
        forward || over_last
    })
}

/// Whether the op halves height and width.
fn shrinks(node: &Node) -> bool {
    let local = is_convolution(node) || node.op.ends_with("Pool") && !node.op.starts_with("Global");
    local && node.op != "ConvTranspose" && node.ints("strides").is_some_and(|s| s.iter().any(|&s| s > 1))
}

/// Follows a block's sum through the activation right behind it.
fn behind_activation(flow: &Flow, cut: usize) -> usize {
    let mut end = cut;
    while end + 1 < flow.cuts.len()
        && flow.cuts[end + 1].step == flow.cuts[end].step + 1
        && activates(flow.maker(end + 1))
    {
        end += 1;
    }
    end
}

/// Activations that are a single op.
pub fn activates(node: &Node) -> bool {
    matches!(
        node.op.as_str(),
        "Relu"
            | "LeakyRelu"
            | "PRelu"
            | "Clip"
            | "Elu"
            | "Selu"
            | "Celu"
            | "HardSwish"
            | "Mish"
            | "Softplus"
            | "QLinearLeakyRelu"
    )
}
