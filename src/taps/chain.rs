//! Plain chains (an MLP, VGG, an LSTM): each weighted op's output before its activation, the model's own answer left out.

use super::blocks::{affine_end, gates};
use super::flow::Flow;
use super::ops::is_weighted;

/// One cut per hidden layer, or `None` where the weighted ops do not stand in a row.
pub fn layers(flow: &Flow) -> Option<Vec<usize>> {
    let mut outputs: Vec<usize> = Vec::new();
    for to in 0..flow.cuts.len() {
        let from = to.checked_sub(1);
        match flow.between(from, to).filter(|node| is_weighted(node)).count() {
            0 => {}
            1 => outputs.push(affine_end(flow, to)),
            // Squeeze and excitation: a gate has weights of its own, and no neurons.
            _ if from.is_some_and(|from| gates(flow, from, to)) => {}
            // Branches with weights of their own: not a chain.
            _ => return None,
        }
    }
    let end = flow.cuts.len().checked_sub(1)?;
    // What follows the last cut would hold weights only if the output itself is not a cut.
    if flow.cuts[end].tensor != flow.output || outputs.len() < 2 {
        return None;
    }
    // The last weighted op makes the model's answer, whatever softmax or reshape stands behind it.
    outputs.pop();
    outputs.dedup();
    Some(outputs)
}
