//! The axes of one op's output, given those of its inputs.

use crate::model::{Attribute, Dim, Node};

use super::{Axes, Axis, reshape};
use crate::taps::ops;
use crate::taps::shapes::{Shapes, extent, index};
use crate::taps::structure::Structure;

/// What is known before the op.
pub struct Known<'a, 'g> {
    pub structure: &'a Structure<'g>,
    pub shapes: &'a Shapes<'g>,
    pub axes: &'a Axes<'g>,
}

/// The axes of output `output`, or `None` where they do not follow.
pub fn axes(node: &Node, output: usize, known: &Known) -> Option<Vec<Axis>> {
    let of = |i: usize| node.inputs.get(i).and_then(|name| known.axes.of(name)).map(<[Axis]>::to_vec);
    if ops::is_convolution(node) {
        return convolution(node, known);
    }
    match node.op.as_str() {
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Mod" | "Min" | "Max" | "Sum" | "Mean" | "PRelu" | "Where"
        | "BiasGelu" | "BiasAdd" | "FastGelu" | "QLinearAdd" | "QLinearMul" | "BitShift" => joined(node, known),
        // The sum before the normalisation is another output of it.
        "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization" if matches!(output, 0 | 3) => joined(node, known),
        "MatMul"
        | "MatMulInteger"
        | "MatMulIntegerToFloat"
        | "DynamicQuantizeMatMul"
        | "FusedMatMul"
        | "TransposeMatMul"
        | "MatMulNBits"
        | "MatMulBnb4" => product(node, 1, known),
        "QLinearMatMul" => product(node, 3, known),
        "Gemm" | "FusedGemm" | "QGemm" => {
            let rows = of(0)?.get(usize::from(node.int("transA") == Some(1))).copied();
            Some(vec![rows?, Axis::Neuron])
        }
        "Einsum" => einsum(node, known),
        _ if ops::is_recurrent(node) => recurrence(node, output, of(0)),
        "EmbedLayerNormalization" => Some([of(0)?, vec![Axis::Neuron]].concat()),
        "Attention" | "QAttention" | "MultiHeadAttention" | "GroupQueryAttention" if !node.domain.is_empty() => {
            of(0).filter(|axes| output == 0 && axes.len() == 3)
        }
        "Transpose" => {
            let axes = of(0)?;
            match node.ints("perm") {
                Some(order) => order.iter().map(|&axis| axes.get(index(axis, axes.len())?).copied()).collect(),
                None => Some(axes.into_iter().rev().collect()),
            }
        }
        "Reshape" | "Flatten" => {
            let (input, made) = (known.shapes.shape(node.inputs.first()?)?, known.shapes.shape(node.outputs.first()?)?);
            Some(reshape::follow(&of(0).filter(|axes| axes.len() == input.len())?, input, made))
        }
        "Squeeze" => {
            let axes = of(0)?;
            let dropped = match listed(node, known) {
                Some(dropped) => positions(&dropped, axes.len())?,
                None => {
                    let shape = known.shapes.shape(node.inputs.first()?)?;
                    (0..axes.len()).filter(|&i| shape.get(i) == Some(&Dim::Fixed(1))).collect()
                }
            };
            Some(without(&axes, &dropped))
        }
        "Unsqueeze" => {
            let axes = of(0)?;
            let added = listed(node, known)?;
            let rank = axes.len() + added.len();
            let added = positions(&added, rank)?;
            let mut left = axes.into_iter();
            (0..rank).map(|i| if added.contains(&i) { Some(Axis::Place) } else { left.next() }).collect()
        }
        "Gather" => gather(node, known),
        "Slice" => Some(cut(of(0)?, sliced(node, known))),
        "Concat" | "QLinearConcat" => {
            let axes = concatenated(node, known)?;
            let along = index(node.int("axis")?, axes.len());
            Some(cut(axes, along.map(|axis| vec![axis])))
        }
        "Pad" | "Resize" | "Upsample" | "Tile" | "DepthToSpace" | "SpaceToDepth" => Some(cut(of(0)?, None)),
        "MaxPool" | "AveragePool" | "LpPool" | "QLinearAveragePool" | "NhwcMaxPool" => {
            let axes = of(0)?;
            Some(known_places(cut(axes, None)))
        }
        "BatchNormalization" | "InstanceNormalization" | "GroupNormalization" => {
            let mut axes = of(0)?;
            let channels = axes.get_mut(1).filter(|axis| **axis == Axis::Unknown);
            channels.into_iter().for_each(|axis| *axis = Axis::Neuron);
            Some(axes)
        }
        op if op.starts_with("Reduce") || op.starts_with("Arg") => reduced(node, known),
        "Expand" => {
            let (axes, rank) = (of(0)?, known.shapes.shape(node.outputs.first()?)?.len());
            let added = rank.checked_sub(axes.len())?;
            Some([vec![Axis::Unknown; added], axes].concat())
        }
        "OneHot" => Some([of(0)?, vec![Axis::Neuron]].concat()),
        "Constant" | "ConstantOfShape" | "Shape" | "Size" | "Range" | "NonZero" | "If" | "Loop" | "Scan" => None,
        // Everything else that is known passes its input's axes on: activations, normalisations, casts, quantisation.
        _ if output == 0 || node.op.starts_with("Skip") || node.op == "Split" => {
            let axes = of(0)?;
            let shape = |name: Option<&String>| name.and_then(|name| known.shapes.shape(name)).map(Vec::len);
            // An op not known to keep the rank may do anything.
            (shape(node.outputs.get(output)).is_none_or(|rank| rank == axes.len())).then_some(axes)
        }
        _ => None,
    }
}

/// Channels second, or last where the op says so; all behind them are places.
fn convolution(node: &Node, known: &Known) -> Option<Vec<Axis>> {
    let input = node.inputs.first().and_then(|name| known.axes.of(name));
    let weight = node.inputs.get(if node.op == "QLinearConv" { 3 } else { 1 })?;
    let rank = known.shapes.shape(weight).map(Vec::len).or(input.map(<[Axis]>::len)).filter(|&rank| rank >= 2)?;
    let mut axes = vec![Axis::Place; rank];
    // Rows stay rows: a convolution of every token by itself.
    axes[0] = input.and_then(|axes| axes.first().copied()).filter(|&a| a != Axis::Unknown).unwrap_or(Axis::Batch);
    axes[if ops::channels_last(node) { rank - 1 } else { 1 }] = Axis::Neuron;
    // One entry per token stays so where the window neither steps nor shortens the text.
    let keeps = |axis: usize| {
        let along = |name: &str, usual: i64, at: usize| node.ints(name).map_or(Some(usual), |v| v.get(at).copied());
        let kernel = node.ints("kernel_shape").and_then(|k| k.get(axis).copied());
        let kernel = kernel.or_else(|| extent(known.shapes.shape(weight)?.get(axis + 2)?))?;
        let same = matches!(node.attribute("auto_pad"), Some(Attribute::Text(pad)) if pad.starts_with("SAME"));
        let pads = along("pads", 0, axis)?.checked_add(along("pads", 0, axis + rank - 2)?)?;
        let span = along("dilations", 1, axis)?.checked_mul(kernel.checked_sub(1)?)?;
        Some(along("strides", 1, axis)? == 1 && (same || pads == span))
    };
    for (axis, place) in axes.iter_mut().enumerate().skip(2) {
        let token = input.and_then(|axes| axes.get(axis)) == Some(&Axis::Token);
        if token && !ops::channels_last(node) && keeps(axis - 2) == Some(true) {
            *place = Axis::Token;
        }
    }
    Some(axes)
}

/// Inputs broadcast together: what any of them knows of an axis.
fn joined(node: &Node, known: &Known) -> Option<Vec<Axis>> {
    let live: Vec<(&[Axis], Option<&Vec<Dim>>)> =
        (node.inputs.iter()).filter_map(|name| Some((known.axes.of(name)?, known.shapes.shape(name)))).collect();
    let rank = node.inputs.iter().filter_map(|name| known.shapes.shape(name)).map(Vec::len);
    let rank = rank.chain(live.iter().map(|(axes, _)| axes.len())).max()?;
    let mut joined = vec![Axis::Unknown; rank];
    for (at, axis) in joined.iter_mut().enumerate() {
        let here = |axes: &[Axis], shape: Option<&Vec<Dim>>| {
            let at = (at + axes.len()).checked_sub(rank)?;
            // Spread over an axis, an input says nothing about it.
            let spread = shape.and_then(|shape| shape.get(at)) == Some(&Dim::Fixed(1));
            Some((axes[at], spread))
        };
        let said: Vec<(Axis, bool)> = live.iter().filter_map(|(axes, shape)| here(axes, *shape)).collect();
        // Added to tokens one by one, there is one entry per token.
        let tokens = said.iter().find(|said| **said == (Axis::Token, false));
        let first = |spread: bool| said.iter().find(|(axis, s)| *s == spread && *axis != Axis::Unknown);
        let found = tokens.or_else(|| first(false)).or_else(|| first(true));
        *axis = found.map_or(Axis::Unknown, |(axis, _)| *axis);
    }
    if let Some(neurons) = learned(node, rank, known) {
        by_learned(&mut joined, neurons);
    }
    (!live.is_empty()).then_some(joined)
}

/// The axis along which a learned scale or shift differs, if there is one: a bias of one number per neuron.
fn learned(node: &Node, rank: usize, known: &Known) -> Option<usize> {
    node.inputs.iter().filter(|name| known.structure.constant.contains(name.as_str())).find_map(|name| {
        let shape = known.shapes.shape(name)?;
        let mut long = shape.iter().enumerate().filter(|(_, dim)| **dim != Dim::Fixed(1));
        let (at, _) = long.next()?;
        long.next().is_none().then(|| (at + rank).checked_sub(shape.len()))?
    })
}

/// A learned axis is that of the neurons where the axes did not follow, or were mixed by a normalisation over groups.
fn by_learned(axes: &mut [Axis], neurons: usize) {
    let mixed = axes.contains(&Axis::Unknown) || axes.iter().filter(|&&axis| axis == Axis::Neuron).count() != 1;
    if mixed && !matches!(axes.get(neurons), None | Some(Axis::Batch | Axis::Row | Axis::TokenRow)) {
        for (at, axis) in axes.iter_mut().enumerate() {
            let other =
                matches!(axis, Axis::Neuron | Axis::Unknown).then_some(if at == 0 { Axis::Batch } else { Axis::Place });
            *axis = if at == neurons { Axis::Neuron } else { other.unwrap_or(*axis) };
        }
    }
}

/// A matrix product. With weights on one side, their columns (or rows) are the neurons.
fn product(node: &Node, right: usize, known: &Known) -> Option<Vec<Axis>> {
    let (left, right) = (node.inputs.first()?, node.inputs.get(right)?);
    match (known.axes.of(left), known.axes.of(right)) {
        (Some(left), None) => {
            let columns = known.shapes.shape(right).map_or(2, Vec::len);
            let rank = left.len().max(columns);
            if left.len() < 2 || columns < 2 {
                return None;
            }
            let mut axes = known_places([vec![Axis::Unknown; rank - left.len()], left.to_vec()].concat());
            *axes.last_mut()? = Axis::Neuron;
            Some(axes)
        }
        (None, Some(right)) => {
            let rows = right.len().checked_sub(2)?;
            let mut axes = right.to_vec();
            axes[rows] = Axis::Neuron;
            Some(axes)
        }
        (Some(left), Some(right)) if left.len() == right.len() => {
            let mut axes = left.to_vec();
            *axes.last_mut()? = *right.last()?;
            Some(axes)
        }
        _ => None,
    }
}

/// Every letter of the result is the axis it is of the activations, or of the weights.
fn einsum(node: &Node, known: &Known) -> Option<Vec<Axis>> {
    let Some(Attribute::Text(equation)) = node.attribute("equation") else { return None };
    let (terms, result) = equation.split_once("->")?;
    let terms: Vec<Vec<char>> = terms.split(',').map(|term| term.trim().chars().collect()).collect();
    let axis = |letter: char| {
        let found = terms.iter().zip(&node.inputs).find_map(|(term, name)| {
            let axes = known.axes.of(name).filter(|axes| axes.len() == term.len())?;
            Some(axes[term.iter().position(|&l| l == letter)?])
        });
        found.unwrap_or(Axis::Neuron)
    };
    let result = result.trim();
    result.chars().all(char::is_alphabetic).then(|| known_places(result.chars().map(axis).collect()))
}

/// [time, directions, batch, states] for all steps, [directions, batch, states] for the last; the batch comes first with
/// `layout` 1.
fn recurrence(node: &Node, output: usize, input: Option<Vec<Axis>>) -> Option<Vec<Axis>> {
    let batch_first = node.int("layout") == Some(1);
    let time = input.and_then(|axes| axes.get(usize::from(batch_first)).copied());
    let time = time.filter(|axis| *axis == Axis::Token).unwrap_or(Axis::Place);
    Some(match (output, batch_first) {
        (0, false) => vec![time, Axis::Neuron, Axis::Batch, Axis::Neuron],
        (0, true) => vec![Axis::Batch, time, Axis::Neuron, Axis::Neuron],
        (_, false) => vec![Axis::Neuron, Axis::Batch, Axis::Neuron],
        (_, true) => vec![Axis::Batch, Axis::Neuron, Axis::Neuron],
    })
}

/// A look-up in a table gives its index's axes and the neurons; picking from activations takes an axis away.
fn gather(node: &Node, known: &Known) -> Option<Vec<Axis>> {
    let (data, indices) = (node.inputs.first()?, node.inputs.get(1)?);
    let Some(axes) = known.axes.of(data) else {
        let table = known.shapes.shape(data).map_or(2, Vec::len);
        let of_table = vec![Axis::Neuron; table.checked_sub(1)?];
        return Some([known.axes.of(indices)?, &of_table].concat());
    };
    let axis = index(node.int("axis").unwrap_or(0), axes.len())?;
    let picked = known.shapes.shape(indices)?.len();
    // Several places of an axis are places of it still; the count of tokens is another one.
    let kept = if axes[axis] == Axis::Token { Axis::Place } else { axes[axis] };
    Some([&axes[..axis], &vec![kept; picked], &axes[axis + 1..]].concat())
}

/// The axes of the first input that is known. Next to tokens, whatever else is put there has one entry per token.
fn concatenated(node: &Node, known: &Known) -> Option<Vec<Axis>> {
    let inputs: Vec<&[Axis]> = node.inputs.iter().filter_map(|name| known.axes.of(name)).collect();
    let mut axes = inputs.first()?.to_vec();
    for (at, axis) in axes.iter_mut().enumerate() {
        if *axis == Axis::Place && inputs.iter().any(|input| input.get(at) == Some(&Axis::Token)) {
            *axis = Axis::Token;
        }
    }
    Some(axes)
}

/// Tokens of which some are cut away or to which some are added are no longer one entry per token.
fn cut(mut axes: Vec<Axis>, along: Option<Vec<usize>>) -> Vec<Axis> {
    for (at, axis) in axes.iter_mut().enumerate() {
        if *axis == Axis::Token && along.as_ref().is_none_or(|along| along.contains(&at)) {
            *axis = Axis::Place;
        }
    }
    axes
}

fn sliced(node: &Node, known: &Known) -> Option<Vec<usize>> {
    let rank = known.axes.of(node.inputs.first()?)?.len();
    let axes = node.ints("axes").map(<[_]>::to_vec).or_else(|| known.shapes.numbers(node.inputs.get(3)?))?;
    positions(&axes, rank)
}

/// Axes from the attribute, or from the second input of newer operator sets.
fn listed(node: &Node, known: &Known) -> Option<Vec<i64>> {
    node.ints("axes").map(<[_]>::to_vec).or_else(|| known.shapes.numbers(node.inputs.get(1)?))
}

fn reduced(node: &Node, known: &Known) -> Option<Vec<Axis>> {
    let axes = known.axes.of(node.inputs.first()?)?;
    let listed = node.int("axis").map(|axis| vec![axis]).or_else(|| listed(node, known))?;
    let dropped = positions(&listed, axes.len())?;
    Some(if node.int("keepdims") == Some(0) { without(axes, &dropped) } else { axes.to_vec() })
}

fn positions(axes: &[i64], rank: usize) -> Option<Vec<usize>> {
    axes.iter().map(|&axis| index(axis, rank)).collect()
}

fn without(axes: &[Axis], dropped: &[usize]) -> Vec<Axis> {
    axes.iter().enumerate().filter(|(i, _)| !dropped.contains(i)).map(|(_, &axis)| axis).collect()
}

/// Behind weights, what is neither inputs nor neurons are places, once the inputs are known.
fn known_places(mut axes: Vec<Axis>) -> Vec<Axis> {
    if !axes.iter().any(|axis| axis.is_row() || *axis == Axis::Batch) {
        return axes;
    }
    axes.iter_mut().filter(|axis| **axis == Axis::Unknown).for_each(|axis| *axis = Axis::Place);
    axes
}
