//! The output shape of one op, given its inputs' shapes.

use crate::model::{Attribute, Dim, Node};

use super::axes::{broadcast, clamp, dim, extent, index};
use super::shapes::{MOST_AXES, Shapes};

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
        "Concat" => concat(node, shapes),
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
        "LSTM" | "GRU" | "RNN" | "Loop" | "Scan" | "If" | "OneHot" | "Range" | "NonZero" | "TopK" | "GatherND"
        | "Einsum" | "NhwcConv" | "NhwcFusedConv" => None,
        // Everything else that is known passes a shape on: activations, normalisations, casts, quantisation.
        _ if output == 0 || passes_shape_on_all(node) => first(),
        _ => None,
    }
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

fn matmul(left: &[Dim], right: &[Dim]) -> Option<Shape> {
    match (left, right) {
        ([_], [_]) => Some(Shape::new()),
        ([_], [batch @ .., _, columns]) => Some([batch, std::slice::from_ref(columns)].concat()),
        ([rest @ .., _], [_]) => Some(rest.to_vec()),
        ([batch @ .., rows, _], [other @ .., _, columns]) => {
            let mut shape = broadcast(batch, other);
            shape.extend([rows.clone(), columns.clone()]);
            Some(shape)
        }
        _ => None,
    }
}

fn fused_matmul(node: &Node, left: &[Dim], right: &[Dim]) -> Option<Shape> {
    let flipped = |shape: &[Dim], name: &str| {
        let mut shape = shape.to_vec();
        if let (Some(1), [.., a, b]) = (node.int(name), &mut shape[..]) {
            std::mem::swap(a, b);
        }
        shape
    };
    matmul(&flipped(left, "transA"), &flipped(right, "transB"))
}

fn gemm(node: &Node, left: &[Dim], right: &[Dim]) -> Option<Shape> {
    let ([a, b], [c, d]) = (left, right) else { return None };
    let rows = if node.int("transA") == Some(1) { b } else { a };
    let columns = if node.int("transB") == Some(1) { c } else { d };
    Some(vec![rows.clone(), columns.clone()])
}

fn convolution(node: &Node, input: Option<&Shape>, weight: &[Dim]) -> Option<Shape> {
    let free = vec![Dim::Unknown; weight.len()];
    let input = input.unwrap_or(&free);
    let kernel: Vec<Option<i64>> = match node.ints("kernel_shape") {
        Some(kernel) => kernel.iter().copied().map(Some).collect(),
        None => weight.get(2..)?.iter().map(extent).collect(),
    };
    let mut shape = vec![input.first()?.clone(), weight.first()?.clone()];
    shape.extend(windows(node, input.get(2..)?, &kernel));
    Some(shape)
}

fn pool(node: &Node, input: &[Dim]) -> Option<Shape> {
    let kernel: Vec<Option<i64>> = node.ints("kernel_shape")?.iter().copied().map(Some).collect();
    let mut shape = input.get(..2)?.to_vec();
    shape.extend(windows(node, input.get(2..)?, &kernel));
    Some(shape)
}

/// Spatial extents behind a sliding window.
fn windows(node: &Node, input: &[Dim], kernel: &[Option<i64>]) -> Vec<Dim> {
    let attribute =
        |name: &str, axis: usize, usual: i64| node.ints(name).and_then(|v| v.get(axis).copied()).unwrap_or(usual);
    let same = matches!(node.attribute("auto_pad"), Some(Attribute::Text(pad)) if pad.starts_with("SAME"));
    let along = |axis: usize| -> Option<i64> {
        let (extent, kernel) = (extent(input.get(axis)?)?, (*kernel.get(axis)?)?);
        let (stride, dilation) = (attribute("strides", axis, 1), attribute("dilations", axis, 1));
        if same {
            return extent.checked_add(stride)?.checked_sub(1)?.checked_div(stride);
        }
        let pads = attribute("pads", axis, 0).checked_add(attribute("pads", axis + input.len(), 0))?;
        let span = dilation.checked_mul(kernel.checked_sub(1)?)?.checked_add(1)?;
        let room = extent.checked_add(pads)?.checked_sub(span)?;
        let room = if node.int("ceil_mode") == Some(1) { room.checked_add(stride)?.checked_sub(1)? } else { room };
        room.checked_div(stride)?.checked_add(1)
    };
    (0..input.len()).map(|axis| dim(along(axis))).collect()
}

fn flatten(node: &Node, input: &[Dim]) -> Option<Shape> {
    let axis = node.int("axis").unwrap_or(1);
    let axis = if axis == input.len() as i64 { input.len() } else { index(axis, input.len())? };
    let side = |dims: &[Dim]| match dims {
        [one] => one.clone(),
        many => dim(many.iter().try_fold(1i64, |n, d| n.checked_mul(extent(d)?))),
    };
    Some(vec![side(&input[..axis]), side(&input[axis..])])
}

/// The shape that a tensor of extents spells, or its rank at least.
fn target(name: &str, shapes: &Shapes) -> Option<Shape> {
    if let Some(values) = shapes.values(name) {
        return Some(values.iter().map(|&v| dim(v)).collect());
    }
    match shapes.shape(name)?.as_slice() {
        [rank] => Some(vec![Dim::Unknown; usize::try_from(extent(rank)?).ok().filter(|&r| r <= 64)?]),
        _ => None,
    }
}

fn reshape(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let name = node.inputs.get(1)?;
    let input = node.inputs.first().and_then(|name| shapes.shape(name));
    let Some(values) = shapes.values(name) else { return target(name, shapes) };
    let mut shape: Shape = Vec::with_capacity(values.len());
    for (axis, value) in values.iter().enumerate() {
        shape.push(match value {
            Some(0) if node.int("allowzero") != Some(1) => {
                input.and_then(|s| s.get(axis).cloned()).unwrap_or(Dim::Unknown)
            }
            Some(-1) => Dim::Unknown,
            value => dim(*value),
        });
    }
    // The one extent left open follows where all others are known.
    if let Some(open) = values.iter().position(|v| *v == Some(-1)) {
        let product = |dims: &[Dim]| dims.iter().try_fold(1i64, |n, d| n.checked_mul(extent(d)?));
        let others: Vec<Dim> = shape.iter().enumerate().filter(|(i, _)| *i != open).map(|(_, d)| d.clone()).collect();
        if let (Some(total), Some(others)) = (input.and_then(|s| product(s)), product(&others)) {
            shape[open] = dim(total.checked_div(others));
        }
    }
    Some(shape)
}

fn transpose(node: &Node, input: &[Dim]) -> Option<Shape> {
    match node.ints("perm") {
        Some(order) => order.iter().map(|&axis| input.get(index(axis, input.len())?).cloned()).collect(),
        None => Some(input.iter().rev().cloned().collect()),
    }
}

/// Axes from the attribute (up to operator set 12 or 17) or the second input (since).
fn axes(node: &Node, shapes: &Shapes) -> Option<Vec<i64>> {
    node.ints("axes").map(<[_]>::to_vec).or_else(|| shapes.numbers(node.inputs.get(1)?))
}

fn unsqueeze(input: &[Dim], axes: &[i64]) -> Option<Shape> {
    let rank = input.len() + axes.len();
    if rank > MOST_AXES {
        return None;
    }
    let added: Vec<usize> = axes.iter().map(|&a| index(a, rank)).collect::<Option<_>>()?;
    let mut left = input.iter();
    (0..rank).map(|i| if added.contains(&i) { Some(Dim::Fixed(1)) } else { left.next().cloned() }).collect()
}

fn squeeze(input: &[Dim], axes: Option<Vec<i64>>) -> Option<Shape> {
    let dropped: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&a| index(a, input.len())).collect::<Option<_>>()?,
        None => input.iter().enumerate().filter(|(_, d)| **d == Dim::Fixed(1)).map(|(i, _)| i).collect(),
    };
    Some(input.iter().enumerate().filter(|(i, _)| !dropped.contains(i)).map(|(_, d)| d.clone()).collect())
}

fn concat(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let parts: Vec<&Shape> = node.inputs.iter().map(|name| shapes.shape(name)).collect::<Option<_>>()?;
    let mut shape = (*parts.first()?).clone();
    let axis = index(node.int("axis")?, shape.len())?;
    let total = parts.iter().try_fold(0i64, |n, part| n.checked_add(extent(part.get(axis)?)?));
    shape[axis] = dim(total);
    Some(shape)
}

fn gather(node: &Node, data: &[Dim], indices: &[Dim]) -> Option<Shape> {
    let axis = index(node.int("axis").unwrap_or(0), data.len())?;
    Some([&data[..axis], indices, &data[axis + 1..]].concat())
}

fn slice(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let mut shape = shapes.shape(node.inputs.first()?)?.clone();
    let list = |name: &str, input: usize| {
        node.ints(name).map(<[_]>::to_vec).or_else(|| shapes.numbers(node.inputs.get(input).filter(|n| !n.is_empty())?))
    };
    let (starts, ends) = (list("starts", 1), list("ends", 2));
    let steps = list("steps", 4);
    let axes = match list("axes", 3) {
        Some(axes) => axes,
        None if node.inputs.get(3).is_none_or(|n| n.is_empty()) => (0..shape.len() as i64).collect(),
        None => return Some(vec![Dim::Unknown; shape.len()]),
    };
    for (i, axis) in axes.into_iter().enumerate() {
        let axis = index(axis, shape.len())?;
        let step = steps.as_ref().map_or(Some(1), |s| s.get(i).copied());
        let length = || -> Option<i64> {
            let length = usize::try_from(extent(&shape[axis])?).ok()?;
            let (start, end) = (*starts.as_ref()?.get(i)?, *ends.as_ref()?.get(i)?);
            let span = clamp(end, length).saturating_sub(clamp(start, length)) as i64;
            let step = step.filter(|&s| s > 0)?;
            Some(span / step + i64::from(span % step != 0))
        };
        shape[axis] = dim(length());
    }
    Some(shape)
}

fn split(node: &Node, output: usize, input: &[Dim]) -> Option<Shape> {
    let mut shape = input.to_vec();
    let axis = index(node.int("axis").unwrap_or(0), shape.len())?;
    // Equal parts, unless sizes are given.
    let even = (node.ints("split").is_none() && node.inputs.len() < 2)
        .then(|| extent(&shape[axis])?.checked_div(node.outputs.len() as i64))
        .flatten();
    shape[axis] = dim(node.ints("split").and_then(|s| s.get(output).copied()).or(even));
    Some(shape)
}

fn expand(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let input = shapes.shape(node.inputs.first()?)?;
    Some(broadcast(input, &target(node.inputs.get(1)?, shapes)?))
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
