//! The output shape of one op, given its inputs' shapes.

use crate::model::{Attribute, Dim, Node};

use super::Shapes;
use super::extents::{broadcast, dim, extent, index};
use super::moves::{
    axes, concat, expand, flatten, gather, reshape, slice, split, squeeze, target, transpose, unsqueeze,
};
use super::products::{fused_matmul, gemm, matmul};
use super::windows::{convolution, convolution_channels_last, pool, transposed_convolution};
use crate::taps::ops;

type Shape = Vec<Dim>;

/// The shape of output `output`, or `None` where it does not follow.
pub fn shape(node: &Node, output: usize, shapes: &Shapes) -> Option<Shape> {
    let input = |i: usize| node.inputs.get(i).and_then(|name| shapes.shape(name));
    let first = || input(0).cloned();
    match node.op.as_str() {
        "Constant" => constant(node),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Mod" | "Equal" | "Greater" | "GreaterOrEqual" | "Less"
        | "LessOrEqual" | "And" | "Or" | "Xor" | "Min" | "Max" | "Sum" | "Mean" | "PRelu" | "Where" | "BiasGelu" => {
            let mut all = (0..node.inputs.len()).map(input);
            all.try_fold(Shape::new(), |shape, next| Some(broadcast(&shape, next?)))
        }
        "QLinearAdd" | "QLinearMul" => Some(broadcast(input(0)?, input(3)?)),
        "MatMul" | "MatMulInteger" | "MatMulIntegerToFloat" | "DynamicQuantizeMatMul" => matmul(input(0)?, input(1)?),
        "FusedMatMul" | "TransposeMatMul" => fused_matmul(node, input(0)?, input(1)?),
        "QLinearMatMul" => matmul(input(0)?, input(3)?),
        "MatMulNBits" | "MatMulBnb4" => with_last(input(0)?, dim(node.int("N"))),
        "Gemm" | "FusedGemm" => gemm(node, input(0)?, input(1)?),
        "QGemm" => gemm(node, input(0)?, input(3)?),
        "Conv" | "FusedConv" | "ConvInteger" => convolution(node, input(0), input(1)?),
        "QLinearConv" => convolution(node, input(0), input(3)?),
        "MaxPool" | "AveragePool" | "LpPool" | "QLinearAveragePool" if output == 0 => pool(node, input(0)?),
        "GlobalAveragePool" | "GlobalMaxPool" | "QLinearGlobalAveragePool" => {
            Some(first()?.into_iter().enumerate().map(|(i, d)| if i < 2 { d } else { Dim::Fixed(1) }).collect())
        }
        "Flatten" => flatten(node, input(0)?),
        "Reshape" => reshape(node, shapes),
        "Transpose" => transpose(node, input(0)?),
        "Unsqueeze" => unsqueeze(input(0)?, &axes(node, shapes)?),
        "Squeeze" => squeeze(input(0)?, axes(node, shapes)),
        "Concat" | "QLinearConcat" => concat(node, shapes),
        "Gather" => gather(node, input(0)?, input(1)?),
        "GatherElements" => input(1).cloned(),
        "Slice" => slice(node, shapes),
        "Split" => split(node, output, input(0)?),
        "Expand" => expand(node, shapes),
        "Tile" | "Pad" | "Resize" | "Upsample" => Some(vec![Dim::Unknown; input(0)?.len()]),
        "Shape" => Some(vec![Dim::Fixed(i64::try_from(input(0)?.len()).ok()?)]),
        "ConstantOfShape" => target(node.inputs.first()?, shapes),
        "EmbedLayerNormalization" if output == 0 => {
            let mut shape = first()?;
            shape.push(input(2)?.last()?.clone());
            Some(shape)
        }
        "Attention" | "QAttention" if !node.domain.is_empty() && output == 0 => {
            // com.microsoft: one matrix makes query, key and value, a third each.
            let width = input(1)?.last().and_then(extent).map(|w| w / 3);
            with_last(input(0)?, if node.attribute("qkv_hidden_sizes").is_some() { Dim::Unknown } else { dim(width) })
        }
        op if op.starts_with("Reduce") => reduce(node, shapes),
        "ArgMax" | "ArgMin" => reduce(node, shapes),
        _ if ops::is_recurrent(node) => recurrence(node, output, input(0)?),
        "Einsum" => einsum(node, shapes),
        "ConvTranspose" => transposed_convolution(node, input(0), input(1)?),
        "NhwcConv" | "NhwcFusedConv" => convolution_channels_last(node, input(0), input(1)?),
        "MultiHeadAttention" if output == 0 => with_last(input(0).filter(|s| s.len() == 3)?, input(2)?.last()?.clone()),
        "DepthToSpace" | "SpaceToDepth" | "CenterCropPad" | "GridSample" => Some(vec![Dim::Unknown; input(0)?.len()]),
        "Size" => Some(Shape::new()),
        "Range" => Some(vec![Dim::Unknown]),
        "NonZero" => Some(vec![Dim::Unknown; 2]),
        "TopK" => Some(vec![Dim::Unknown; input(0)?.len()]),
        "OneHot" => Some(vec![Dim::Unknown; input(0)?.len() + 1]),
        _ if !keeps_shape(node) => None,
        // Everything else that is known passes a shape on: activations, normalisations, casts, quantisation.
        _ if output == 0 || passes_shape_on_all(node) => first(),
        _ => None,
    }
}

/// Whether an op may give its first input's shape; these do not, or not always.
fn keeps_shape(node: &Node) -> bool {
    let op = node.op.as_str();
    let otherwise = [
        "Loop",
        "Scan",
        "If",
        "GatherND",
        "Det",
        "Compress",
        "NonMaxSuppression",
        "Unique",
        "RoiAlign",
        "MaxRoiPool",
        "MaxUnpool",
        "Col2Im",
        "AffineGrid",
        "STFT",
        "DFT",
        "MelWeightMatrix",
        "HannWindow",
        "HammingWindow",
        "BlackmanWindow",
        "ImageDecoder",
        "StringSplit",
        "TfIdfVectorizer",
        "EyeLike",
        "RandomNormal",
        "RandomUniform",
        "Multinomial",
        "ConcatFromSequence",
        "DeformConv",
        "GatherBlockQuantized",
        "Attention",
        "GroupQueryAttention",
        "PackedAttention",
        "PackedMultiHeadAttention",
        "TensorScatter",
        "StringNormalizer",
        "ConvTransposeWithDynamicPads",
        "CropAndResize",
        "WordConvEmbedding",
        "Tokenizer",
        "BeamSearch",
        "GreedySearch",
        "Sampling",
        "SparseToDenseMatMul",
        "GemmFloat8",
        "ReorderOutput",
        "ReorderInput",
    ];
    let container = op.contains("Sequence") && op != "ReverseSequence" || op.contains("Optional");
    !container && node.domain != "ai.onnx.ml" && !otherwise.contains(&op)
}

/// [time, directions, batch, states] for all steps, [directions, batch, states] for the last, batch first on request.
fn recurrence(node: &Node, output: usize, input: &[Dim]) -> Option<Shape> {
    let [first, second, _] = input else { return None };
    let directions = match node.attribute("direction") {
        Some(Attribute::Text(direction)) if direction == "bidirectional" => 2,
        _ => 1,
    };
    let (directions, states) = (Dim::Fixed(directions), dim(node.int("hidden_size")));
    let (first, second) = (first.clone(), second.clone());
    Some(match (output, node.int("layout") == Some(1)) {
        (0, false) => vec![first, directions, second, states],
        (0, true) => vec![first, second, directions, states],
        (_, false) => vec![directions, second, states],
        (_, true) => vec![first, directions, states],
    })
}

/// Every letter of the result has the extent that it has in a term.
fn einsum(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let Some(Attribute::Text(equation)) = node.attribute("equation") else { return None };
    let (terms, result) = equation.split_once("->")?;
    let terms: Vec<Vec<char>> = terms.split(',').map(|term| term.trim().chars().collect()).collect();
    let extent = |letter: char| {
        let found = terms.iter().zip(&node.inputs).find_map(|(term, name)| {
            let shape = shapes.shape(name).filter(|shape| shape.len() == term.len())?;
            Some(shape[term.iter().position(|&l| l == letter)?].clone())
        });
        found.unwrap_or(Dim::Unknown)
    };
    let result = result.trim();
    result.chars().all(char::is_alphabetic).then(|| result.chars().map(extent).collect())
}

/// Ops with several outputs of the input's shape.
fn passes_shape_on_all(node: &Node) -> bool {
    node.op.starts_with("Skip")
}

fn constant(node: &Node) -> Option<Shape> {
    match node.attribute("value") {
        Some(Attribute::Tensor(tensor)) => Some(tensor.dims.iter().map(|&d| Dim::Fixed(d)).collect()),
        _ => match node.ints("value_ints") {
            Some(values) => Some(vec![Dim::Fixed(values.len() as i64)]),
            None => Some(Shape::new()),
        },
    }
}

fn with_last(shape: &[Dim], last: Dim) -> Option<Shape> {
    let (_, rest) = shape.split_last()?;
    Some([rest, &[last]].concat())
}

fn reduce(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let input = shapes.shape(node.inputs.first()?)?;
    let axes = match node.int("axis") {
        Some(axis) => Some(vec![axis]),
        None => axes(node, shapes),
    };
    let reduced: Vec<usize> = match axes {
        Some(axes) if !axes.is_empty() => axes.iter().map(|&a| index(a, input.len())).collect::<Option<_>>()?,
        _ if node.inputs.get(1).is_some_and(|n| !n.is_empty() && shapes.values(n).is_none()) => return None,
        _ if node.int("noop_with_empty_axes") == Some(1) => Vec::new(),
        _ => (0..input.len()).collect(),
    };
    let keep = node.int("keepdims") != Some(0);
    let kept = input.iter().enumerate().filter(|(i, _)| keep || !reduced.contains(i));
    Some(kept.map(|(i, d)| if reduced.contains(&i) { Dim::Fixed(1) } else { d.clone() }).collect())
}
