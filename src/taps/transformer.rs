//! Transformers: a layer's output is the cut just before the next attention.

use std::collections::{HashMap, HashSet};

use crate::model::{Graph, Node};

use super::flow::Flow;

/// Ops that are an attention by themselves.
const FUSED: [&str; 12] = [
    "Attention",
    "MultiHeadAttention",
    "QAttention",
    "QOrderedAttention",
    "GroupQueryAttention",
    "SparseAttention",
    "PackedAttention",
    "PackedMultiHeadAttention",
    "DecoderMaskedSelfAttention",
    "DecoderMaskedMultiHeadAttention",
    "LongformerAttention",
    "QOrderedLongformerAttention",
];

/// Ops that end the part of a network in which every token has its own vector.
const HEAD: [&str; 9] =
    ["Gather", "GatherND", "GatherElements", "Slice", "ReduceMean", "GlobalAveragePool", "Gemm", "Tanh", "Split"];

/// The layers, or `None` where there is no attention between cuts.
pub fn layers(flow: &Flow) -> Option<Vec<usize>> {
    let functions = attention_functions(flow.graph);
    let mut starts: Vec<Option<usize>> = Vec::new();
    for to in 0..flow.cuts.len() {
        let from = to.checked_sub(1);
        if attends(flow, from, to, &functions) {
            starts.push(from.map(|cut| before_casts(flow, cut)));
        }
    }
    let last = last(flow, &starts)?;
    let mut outputs: Vec<usize> = starts.iter().skip(1).copied().flatten().collect();
    outputs.push(last);
    before_merging(flow, &starts, &mut outputs);
    outputs.dedup();
    Some(outputs)
}

/// The cut behind which only casts and the like stand: the next layer's normalisation may begin with one.
fn before_casts(flow: &Flow, mut cut: usize) -> usize {
    while cut > 0 && matches!(flow.maker(cut).op.as_str(), "Cast" | "Identity" | "Dropout") {
        cut -= 1;
    }
    cut
}

/// Where tokens are merged between layers (Swin), a layer ends before the merging: as far behind its attention as most
/// layers do, if that cut is made by the op that ends most layers.
fn before_merging(flow: &Flow, starts: &[Option<usize>], outputs: &mut [usize]) {
    let spans: Vec<(usize, &str)> = starts
        .iter()
        .zip(outputs.iter())
        .filter_map(|(start, &end)| Some((end.checked_sub((*start)?)?, flow.maker(end).op.as_str())))
        .collect();
    let mut counts: HashMap<&(usize, &str), usize> = HashMap::new();
    spans.iter().for_each(|span| *counts.entry(span).or_default() += 1);
    let Some(&(usual, op)) = spans.iter().max_by_key(|span| counts[span]) else { return };
    for (start, end) in starts.iter().zip(outputs) {
        let Some(start) = start else { continue };
        let earlier = start + usual;
        if earlier < *end && flow.maker(earlier).op == op {
            *end = earlier;
        }
    }
}

/// Whether the block between two cuts mixes tokens: a fused attention, or a softmax beside a product of two activations
/// (a softmax alone is a classifier's).
fn attends(flow: &Flow, from: Option<usize>, to: usize, functions: &HashSet<(&str, &str)>) -> bool {
    let (mut softmax, mut product) = (false, false);
    for node in flow.between(from, to) {
        if FUSED.contains(&node.op.as_str()) || functions.contains(&(node.domain.as_str(), node.op.as_str())) {
            return true;
        }
        softmax |= node.op == "Softmax" || node.op == "QLinearSoftmax" || node.op == "QuickSoftmax";
        product |= is_product(node) && flow.moving(node) >= 2;
    }
    softmax && product
}

fn is_product(node: &Node) -> bool {
    matches!(
        node.op.as_str(),
        "MatMul"
            | "Einsum"
            | "MatMulInteger"
            | "QLinearMatMul"
            | "FusedMatMul"
            | "TransposeMatMul"
            | "MatMulIntegerToFloat"
    )
}

/// Model-local functions that hold a softmax or an attention.
fn attention_functions(graph: &Graph) -> HashSet<(&str, &str)> {
    let holds = |op: &str| op == "Softmax" || FUSED.contains(&op);
    let direct = graph.functions.iter().filter(|f| f.ops.iter().any(|(_, op)| holds(op)));
    direct.map(|f| (f.domain.as_str(), f.name.as_str())).collect()
}

/// The op that makes a cut's values, whichever way they are turned: where tokens come last, they are turned for every
/// normalisation and back, and behind the last one nobody turns them back.
fn values_maker<'g>(flow: &Flow<'_, 'g>, mut cut: usize) -> &'g str {
    while cut > 0 && flow.maker(cut).is("Transpose") && flow.next(cut - 1) == Some(cut) {
        cut -= 1;
    }
    &flow.maker(cut).op
}

/// The last layer ends as far behind its attention as the one before it did.
fn last(flow: &Flow, starts: &[Option<usize>]) -> Option<usize> {
    let start = starts.last().copied()?;
    let end = flow.cuts.len() - 1;
    if let [.., Some(before), Some(start)] = *starts {
        let period = start - before;
        let op = values_maker(flow, start);
        // The last sum may be fused with the normalisation behind it.
        let fused = |other: &str| op == "Add" && other.starts_with("Skip");
        let alike = |cut: usize| values_maker(flow, cut) == op || fused(&flow.maker(cut).op);
        // An exporter may have fused or split something behind the last layer: then the nearest cut made by the same op.
        let best = (start + 1..=end).filter(|&cut| alike(cut)).min_by_key(|cut| cut.abs_diff(start + period));
        return best.or(Some(end.min(start + period)));
    }
    // One layer only: the last cut before the head that is made as the embeddings were.
    let first = start.map_or(0, |s| s + 1);
    let head = (first..=end)
        .find(|&cut| flow.between(cut.checked_sub(1), cut).any(|n| HEAD.contains(&n.op.as_str())) && cut > first)
        .unwrap_or(end + 1);
    let op = start.map(|s| flow.maker(s).op.as_str());
    let alike = (first..head).rev().find(|&cut| Some(flow.maker(cut).op.as_str()) == op);
    alike.or_else(|| (first..head).next_back())
}
