//! Kinds of operations, as far as finding layers needs to know them. Every spelling of an op counts: ONNX's own, and
//! the fused, quantised and blocked ones that ONNX Runtime writes into a file it optimised.

use crate::model::Node;

/// Whether the op can multiply by weights: a convolution, a matrix product, a recurrence, or an attention that holds its
/// own projections.
pub fn weighs(op: &str) -> bool {
    convolves(op) || multiplies(op) || recurs(op) || matches!(op, "Attention" | "QAttention")
}

/// Whether `node` is one linear map or one recurrence.
pub fn is_weighted(node: &Node) -> bool {
    is_convolution(node) || is_product(node) || is_recurrent(node)
}

/// Whether `node` is a convolution of any spelling.
pub fn is_convolution(node: &Node) -> bool {
    convolves(&node.op)
}

/// Whether `node` is a product of two matrices of any spelling.
pub fn is_product(node: &Node) -> bool {
    multiplies(&node.op)
}

/// Whether `node` runs over time with a state of its own.
pub fn is_recurrent(node: &Node) -> bool {
    recurs(&node.op)
}

fn convolves(op: &str) -> bool {
    matches!(
        op,
        "Conv"
            | "ConvInteger"
            | "QLinearConv"
            | "FusedConv"
            | "NhwcConv"
            | "NhwcFusedConv"
            | "ConvTranspose"
            | "QConv"
            | "DeformConv"
            | "CausalConvWithState"
    )
}

fn multiplies(op: &str) -> bool {
    matches!(
        op,
        "Gemm"
            | "MatMul"
            | "MatMulInteger"
            | "QLinearMatMul"
            | "QGemm"
            | "FusedMatMul"
            | "TransposeMatMul"
            | "FusedMatMulActivation"
            | "FusedGemm"
            | "GemmFastGelu"
            | "GemmFloat8"
            | "MatMulNBits"
            | "MatMulBnb4"
            | "MatMulFpQ4"
            | "MatMulIntegerToFloat"
            | "DynamicQuantizeMatMul"
            | "SparseToDenseMatMul"
            | "Einsum"
    )
}

fn recurs(op: &str) -> bool {
    matches!(op, "LSTM" | "GRU" | "RNN" | "DynamicQuantizeLSTM" | "AttnLSTM")
}

/// The inputs that hold the weights of a weighted op, or may.
pub fn weight_inputs(node: &Node) -> &'static [usize] {
    match node.op.as_str() {
        "QLinearMatMul" | "QLinearConv" | "QGemm" => &[0, 3],
        _ if is_recurrent(node) => &[1, 2],
        _ => &[0, 1],
    }
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

/// Activations that are written into the range of the integers behind them.
pub const INTO_RANGE: [&str; 4] = ["Relu", "Clip", "LeakyRelu", "Sigmoid"];

/// Whether the op writes its input's values in another number format, and changes nothing else.
pub fn requantises(node: &Node) -> bool {
    matches!(node.op.as_str(), "Cast" | "QuantizeLinear" | "DequantizeLinear")
}

/// Whether the op passes its first input's values on, in the same places.
pub fn passes_on(node: &Node) -> bool {
    requantises(node) || matches!(node.op.as_str(), "Identity" | "Dropout")
}

/// Whether the op only moves values to other places, so that each stays what it is.
pub fn rearranges(node: &Node) -> bool {
    passes_on(node)
        || matches!(node.op.as_str(), "Transpose" | "Reshape" | "Squeeze" | "Unsqueeze" | "Flatten")
        || node.op == "ReorderOutput"
}

/// Whether the op keeps channels last although ONNX's own has them second.
pub fn channels_last(node: &Node) -> bool {
    matches!(node.op.as_str(), "NhwcConv" | "NhwcFusedConv" | "NhwcMaxPool") || node.int("channels_last") == Some(1)
}
