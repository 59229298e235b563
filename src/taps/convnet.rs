//! Convolutional networks: a stage's output is the last block's before the resolution falls or the width changes.

use std::collections::HashMap;

use crate::model::Node;

use super::blocks::{affine_end, behind_activation, behind_shuffle, shrinks, skips};
use super::flow::Flow;
use super::ops::{is_convolution, is_recurrent, is_weighted, passes_on, rearranges};
use super::quantised::rectifies;

/// A block of layers, known by how it ends.
struct Block {
    /// The cut that ends it: a sum or concatenation of branches with the activation right behind, or a convolution
    /// without any (the narrow end of an inverted bottleneck).
    end: usize,
    /// Its skip connection is a convolution: the width changes.
    projects: bool,
    joins: bool,
}

/// One cut per stage, or `None` where no blocks with convolutions are found. Recurrent layers behind the last stage (a
/// recogniser of text in images) follow.
pub fn stages(flow: &Flow) -> Option<Vec<usize>> {
    let mut blocks: Vec<Block> = Vec::new();
    for to in 0..flow.cuts.len() {
        let start = to.checked_sub(1);
        if !flow.between(start, to).any(is_convolution) {
            continue;
        }
        if answers(flow, start, to) {
            break;
        }
        if joins(flow, start, to) {
            let end = behind_shuffle(flow, behind_activation(flow, to));
            blocks.push(Block { end, projects: projects(flow, start, to), joins: true });
        } else if let Some(end) = narrow_end(flow, start, to) {
            // Straight behind a block, a convolution only projects what the block gives (the heads of a detector).
            let bent = |block: &Block| flow.between(Some(block.end), end).any(|node| !is_linear(flow, node));
            if blocks.last().is_none_or(bent) {
                blocks.push(Block { end, projects: false, joins: false });
            }
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
    let last = blocks.last()?.end;
    ends.push(last);
    ends.extend((last + 1..flow.cuts.len()).filter(|&to| flow.between(Some(to - 1), to).any(is_recurrent)));
    Some(ends)
}

/// The end of a convolution that nothing but further convolutions and sums follow, bias and normalisation included.
fn narrow_end(flow: &Flow, start: Option<usize>, to: usize) -> Option<usize> {
    if flow.between(start, to).any(|node| !is_linear(flow, node)) {
        return None;
    }
    let end = affine_end(flow, to);
    let linear =
        |node: &Node| is_convolution(node) || matches!(node.op.as_str(), "DynamicQuantizeLinear" | "DequantizeLinear");
    let joins = |node: &Node| matches!(node.op.as_str(), "Add" | "Sum" | "QLinearAdd") && flow.moving(node) >= 2;
    // Channels may be moved last and back.
    let mut seen_from = end;
    while let Some(next) = flow.next_made_by(seen_from, "Transpose") {
        seen_from = next;
    }
    let mut users = flow.users(seen_from).peekable();
    users.peek()?;
    let (mut any, mut all) = (false, true);
    for user in users {
        any |= linear(user);
        all &= linear(user) || joins(user);
    }
    (any && all).then_some(end)
}

/// Whether nothing of the op bends: an optimiser writes the activation into the convolution, quantisation into the range of
/// the integers.
fn is_linear(flow: &Flow, node: &Node) -> bool {
    is_affine(node) && node.attribute("activation").is_none() && !rectifies(flow.structure, node)
}

/// Whether the op is part of a linear map, or of how one is computed with integers.
fn is_affine(node: &Node) -> bool {
    is_convolution(node)
        || passes_on(node)
        || matches!(node.op.as_str(), "Mul" | "Add" | "BatchNormalization" | "DynamicQuantizeLinear")
}

/// Whether the block ends in a sum or concatenation of branches, or in a convolution that was fused with one.
fn joins(flow: &Flow, start: Option<usize>, to: usize) -> bool {
    let node = flow.maker(to);
    let moving = flow.moving(node);
    match node.op.as_str() {
        "Add" | "Sum" | "Concat" | "QLinearAdd" | "QLinearConcat" => {
            moving >= 2 && flow.cuts[to].step > start.map_or(0, |start| flow.cuts[start].step + 1)
        }
        "FusedConv" | "NhwcFusedConv" | "QLinearConv" => moving >= 2,
        _ => false,
    }
}

fn concatenates(node: &Node) -> bool {
    matches!(node.op.as_str(), "Concat" | "QLinearConcat")
}

/// Whether the block's input does not reach its sum unchanged. A concatenation (Inception, Dense) opens no stage by
/// itself.
fn projects(flow: &Flow, start: Option<usize>, to: usize) -> bool {
    !concatenates(flow.maker(to)) && !start.is_some_and(|start| skips(flow, start, to))
}

/// Whether the block puts the model's answer together (the boxes and classes of a detector): nothing behind it has
/// weights, and every branch ends in a linear map, with at most a sigmoid or a scale behind.
fn answers(flow: &Flow, start: Option<usize>, to: usize) -> bool {
    if !concatenates(flow.maker(to)) || flow.steps_behind(to).any(is_weighted) {
        return false;
    }
    let mut makers: HashMap<&str, &Node> = HashMap::new();
    for maker in flow.between(start, to) {
        for output in &maker.outputs {
            makers.entry(output).or_insert(maker);
        }
    }
    let squashes = |node: &Node| {
        matches!(
            node.op.trim_start_matches("QLinear"),
            "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Sigmoid" | "Softmax" | "Exp" | "Split" | "Slice" | "Concat"
        )
    };
    let mut names: Vec<&str> = flow.maker(to).inputs.iter().map(String::as_str).collect();
    names.retain(|name| flow.on_path.contains(name));
    let mut linear = false;
    while let Some(name) = names.pop() {
        // The block's own input, or an activation, is not an answer.
        if start.is_some_and(|start| name == flow.cuts[start].tensor) {
            return false;
        }
        match makers.remove(name) {
            // A scale of integers that are computed with is not followed to where it comes from.
            Some(node) if node.op == "DynamicQuantizeLinear" => {}
            Some(node) if is_weighted(node) => linear = true,
            Some(node) if squashes(node) || rearranges(node) => {
                names.extend(node.inputs.iter().map(String::as_str).filter(|name| flow.on_path.contains(name)));
            }
            Some(_) => return false,
            // Followed before, by another way.
            None => {}
        }
    }
    linear
}
