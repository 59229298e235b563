//! Shapes of ops that move values to other places: reshapes, slices, look-ups.

use crate::model::{Dim, Node};

use super::extents::{broadcast, clamp, dim, extent, index};
use super::{MOST_AXES, Shapes};

type Shape = Vec<Dim>;

pub fn flatten(node: &Node, input: &[Dim]) -> Option<Shape> {
    let axis = node.int("axis").unwrap_or(1);
    let axis = if axis == input.len() as i64 { input.len() } else { index(axis, input.len())? };
    let side = |dims: &[Dim]| match dims {
        [one] => one.clone(),
        many => dim(many.iter().try_fold(1i64, |n, d| n.checked_mul(extent(d)?))),
    };
    Some(vec![side(&input[..axis]), side(&input[axis..])])
}

/// The shape that a tensor of extents spells, or its rank at least.
pub fn target(name: &str, shapes: &Shapes) -> Option<Shape> {
    if let Some(values) = shapes.values(name) {
        return Some(values.iter().map(|&v| dim(v)).collect());
    }
    match shapes.shape(name)?.as_slice() {
        [rank] => Some(vec![Dim::Unknown; usize::try_from(extent(rank)?).ok().filter(|&r| r <= 64)?]),
        _ => None,
    }
}

pub fn reshape(node: &Node, shapes: &Shapes) -> Option<Shape> {
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
    // The one extent left open follows where all others are known; an axis that is copied is the same on both sides.
    if let (Some(open), Some(input)) = (values.iter().position(|v| *v == Some(-1)), input) {
        let copied = |axis: usize| values.get(axis) == Some(&Some(0)) && node.int("allowzero") != Some(1);
        let product = |dims: &[Dim], but: Option<usize>| {
            let counted = dims.iter().enumerate().filter(|(axis, _)| !copied(*axis) && Some(*axis) != but);
            counted.map(|(_, dim)| dim).try_fold(1i64, |n, d| n.checked_mul(extent(d)?))
        };
        if let (Some(total), Some(others)) = (product(input, None), product(&shape, Some(open))) {
            shape[open] = dim(total.checked_div(others));
        }
    }
    Some(shape)
}

pub fn transpose(node: &Node, input: &[Dim]) -> Option<Shape> {
    match node.ints("perm") {
        Some(order) => order.iter().map(|&axis| input.get(index(axis, input.len())?).cloned()).collect(),
        None => Some(input.iter().rev().cloned().collect()),
    }
}

/// Axes from the attribute (up to operator set 12 or 17) or the second input (since).
pub fn axes(node: &Node, shapes: &Shapes) -> Option<Vec<i64>> {
    node.ints("axes").map(<[_]>::to_vec).or_else(|| shapes.numbers(node.inputs.get(1)?))
}

pub fn unsqueeze(input: &[Dim], axes: &[i64]) -> Option<Shape> {
    let rank = input.len() + axes.len();
    if rank > MOST_AXES {
        return None;
    }
    let added: Vec<usize> = axes.iter().map(|&a| index(a, rank)).collect::<Option<_>>()?;
    let mut left = input.iter();
    (0..rank).map(|i| if added.contains(&i) { Some(Dim::Fixed(1)) } else { left.next().cloned() }).collect()
}

pub fn squeeze(input: &[Dim], axes: Option<Vec<i64>>) -> Option<Shape> {
    let dropped: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&a| index(a, input.len())).collect::<Option<_>>()?,
        None => input.iter().enumerate().filter(|(_, d)| **d == Dim::Fixed(1)).map(|(i, _)| i).collect(),
    };
    Some(input.iter().enumerate().filter(|(i, _)| !dropped.contains(i)).map(|(_, d)| d.clone()).collect())
}

pub fn concat(node: &Node, shapes: &Shapes) -> Option<Shape> {
    // Of integers each part comes with its scale and zero point, and those of the whole come first.
    let (first, each) = if node.op == "QLinearConcat" { (2, 3) } else { (0, 1) };
    let parts = node.inputs.iter().skip(first).step_by(each);
    let parts: Vec<&Shape> = parts.map(|name| shapes.shape(name)).collect::<Option<_>>()?;
    let mut shape = (*parts.first()?).clone();
    let axis = index(node.int("axis")?, shape.len())?;
    let total = parts.iter().try_fold(0i64, |n, part| n.checked_add(extent(part.get(axis)?)?));
    shape[axis] = dim(total);
    Some(shape)
}

pub fn gather(node: &Node, data: &[Dim], indices: &[Dim]) -> Option<Shape> {
    let axis = index(node.int("axis").unwrap_or(0), data.len())?;
    Some([&data[..axis], indices, &data[axis + 1..]].concat())
}

pub fn slice(node: &Node, shapes: &Shapes) -> Option<Shape> {
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

pub fn split(node: &Node, output: usize, input: &[Dim]) -> Option<Shape> {
    let mut shape = input.to_vec();
    let axis = index(node.int("axis").unwrap_or(0), shape.len())?;
    // Equal parts, unless sizes are given.
    let even = (node.ints("split").is_none() && node.inputs.len() < 2)
        .then(|| extent(&shape[axis])?.checked_div(node.outputs.len() as i64))
        .flatten();
    shape[axis] = dim(node.ints("split").and_then(|s| s.get(output).copied()).or(even));
    Some(shape)
}

pub fn expand(node: &Node, shapes: &Shapes) -> Option<Shape> {
    let input = shapes.shape(node.inputs.first()?)?;
    Some(broadcast(input, &target(node.inputs.get(1)?, shapes)?))
}
