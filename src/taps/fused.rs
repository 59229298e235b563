//! Layers that an optimiser fused away: ONNX Runtime joins a sum with the normalisation behind it, and a product with its
//! activation. What a layer gives is then in no tensor, and is computed once more from the fused op's inputs.

use crate::model::Node;

use super::flow::Flow;
use super::tap::{Operand, Step};

/// How to get the output of the layer that ends at `cut`, if no tensor holds it.
pub fn recompute(flow: &Flow, cuts: &[usize], cut: usize) -> Option<(Step, &'static str)> {
    let node = flow.maker(cut);
    if last_of_sums(flow, cuts, cut) {
        return Some((Step { op: "Sum", inputs: summands(node), attributes: Vec::new() }, "sum"));
    }
    let op = match node.op.as_str() {
        "FusedGemm" => "Gemm",
        // A fourth input is a skip connection, which a plain chain has not.
        "FusedConv" if node.inputs.len() <= 3 => "Conv",
        _ => return None,
    };
    node.attribute("activation")?;
    let attributes = node.attributes.iter().filter(|(name, _)| !name.starts_with("activation")).cloned().collect();
    let inputs = node.inputs.iter().cloned().map(Operand::Tensor).collect();
    Some((Step { op, inputs, attributes }, "linear"))
}

/// Whether the other layers end in a sum while of the last one only the normalised sum is there.
fn last_of_sums(flow: &Flow, cuts: &[usize], cut: usize) -> bool {
    let gives = |cut: usize| flow.maker(cut).outputs.iter().position(|o| o == flow.cuts[cut].tensor);
    let [.., before, last] = *cuts else { return false };
    let fused = flow.maker(cut).op.starts_with("Skip") && gives(cut) == Some(0);
    let sums = flow.maker(before).op == "Add" || gives(before) == Some(3);
    last == cut && fused && sums
}

/// What a fused skip connection adds up: its two inputs, and the bias if it has one.
fn summands(node: &Node) -> Vec<Operand> {
    let bias = if node.op == "SkipLayerNormalization" { 4 } else { 3 };
    let inputs = [0, 1, bias].into_iter().filter_map(|i| node.inputs.get(i));
    inputs.filter(|name| !name.is_empty()).cloned().map(Operand::Tensor).collect()
}
