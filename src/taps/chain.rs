//! Plain chains (an MLP, VGG): each weighted op's output before its activation, the model's own output left out.

use crate::model::Node;

use super::convnet::is_convolution;
use super::flow::Flow;

/// One cut a hidden layer, or `None` where the weighted ops do not stand in a row.
pub fn layers(flow: &Flow) -> Option<Vec<usize>> {
    let mut outputs: Vec<usize> = Vec::new();
    let mut weighted_after = 0;
    for to in 0..flow.cuts.len() {
        let nodes: Vec<&Node> = flow.between(to.checked_sub(1), to).collect();
        match nodes.iter().filter(|n| is_weighted(n)).count() {
            0 => {}
            1 => {
                outputs.push(affine_end(flow, to));
                weighted_after += 1;
            }
            // Branches with weights of their own: no chain.
            _ => return None,
        }
    }
    let end = flow.cuts.len().checked_sub(1)?;
    // What follows the last cut would hold weights only if the output itself is no cut.
    if flow.cuts[end].tensor != flow.output || weighted_after < 2 {
        return None;
    }
    // The last weighted op makes the model's answer, whatever softmax or reshape stands behind it.
    outputs.pop();
    outputs.dedup();
    Some(outputs)
}

/// Whether the op multiplies by weights.
pub fn is_weighted(node: &Node) -> bool {
    is_convolution(node)
        || matches!(
            node.op.as_str(),
            "Gemm"
                | "MatMul"
                | "MatMulInteger"
                | "QLinearMatMul"
                | "QGemm"
                | "FusedMatMul"
                | "FusedGemm"
                | "MatMulNBits"
                | "MatMulIntegerToFloat"
                | "DynamicQuantizeMatMul"
                | "LSTM"
                | "GRU"
                | "RNN"
        )
}

/// Follows a product through the bias, scale and normalisation that belong to the same affine map.
pub fn affine_end(flow: &Flow, cut: usize) -> usize {
    let mut end = cut;
    while end + 1 < flow.cuts.len() && flow.cuts[end + 1].step == flow.cuts[end].step + 1 {
        let node = flow.maker(end + 1);
        let alone = flow.moving(node) == 1;
        let affine = matches!(node.op.as_str(), "Add" | "Sub" | "Mul" | "Div" | "BatchNormalization" | "Cast");
        if !(affine && alone) || flow.cuts[end + 1].tensor == flow.output {
            break;
        }
        end += 1;
    }
    end
}
