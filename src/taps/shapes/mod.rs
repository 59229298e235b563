//! Element types and shapes of tensors, as far as they follow from what the file declares.
//!
//! One pass in topological order. It knows the ops that lie between a network's layers and gives up quietly on the rest:
//! an unknown shape only costs a column in a table, and a rank that the family of the network supplies. The values of
//! small integer tensors are followed too, since exporters compute the target of a `Reshape` from `Shape`.

use std::collections::HashMap;

use crate::model::{Attribute, Dim, ElementType, Graph, Node};

mod elements;
mod extents;
mod moves;
mod products;
mod rules;
mod windows;

pub use extents::{extent, index};

/// What is known of a tensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    pub element: Option<ElementType>,
    pub shape: Option<Vec<Dim>>,
}

/// Everything known of every tensor of a graph, by name.
pub struct Shapes<'g> {
    known: HashMap<&'g str, Known>,
    /// Values of small integer tensors (scalars as one value); `None` for an extent that is free.
    values: HashMap<&'g str, Vec<Option<i64>>>,
}

/// A tensor of more values than this is no shape.
const SMALL: usize = 64;

/// Twice the axes of any tensor that ONNX Runtime computes with. A shape of more is not followed: a chain of `Gather`s
/// that take their own output as indices doubles the axes with every node.
pub const MOST_AXES: usize = 16;

fn believable(shape: Vec<Dim>) -> Option<Vec<Dim>> {
    (shape.len() <= MOST_AXES).then_some(shape)
}

impl<'g> Shapes<'g> {
    pub fn infer(graph: &'g Graph, order: &[usize]) -> Self {
        let mut shapes = Shapes { known: HashMap::new(), values: HashMap::new() };
        for tensor in &graph.initializers {
            let shape = tensor.dims.iter().map(|&d| Dim::Fixed(d)).collect();
            shapes.known.insert(&tensor.name, Known { element: Some(tensor.element), shape: believable(shape) });
            if let Some(ints) = &tensor.ints {
                shapes.values.insert(&tensor.name, ints.iter().copied().map(Some).collect());
            }
        }
        for info in graph.inputs.iter().chain(&graph.value_info).chain(&graph.outputs) {
            let element = Some(info.element).filter(|&e| e != ElementType::Other(0));
            let shape = info.shape.as_ref().filter(|shape| shape.len() <= MOST_AXES).cloned();
            shapes.known.entry(&info.name).or_insert(Known { element, shape });
        }
        for &index in order {
            shapes.visit(&graph.nodes[index]);
        }
        shapes
    }

    fn visit(&mut self, node: &'g Node) {
        if let Some(values) = self.evaluate(node).filter(|v| v.len() <= SMALL)
            && let Some(output) = node.outputs.first()
        {
            self.values.insert(output, values);
        }
        for (index, output) in node.outputs.iter().enumerate().filter(|(_, o)| !o.is_empty()) {
            let shape = rules::shape(node, index, self).and_then(believable);
            let element = elements::element(node, index, self);
            let known = self.known.entry(output).or_default();
            // What the file declares goes before what we think, but may say less.
            match (&mut known.shape, shape) {
                (Some(declared), Some(inferred)) if declared.len() == inferred.len() => {
                    for (declared, inferred) in declared.iter_mut().zip(inferred) {
                        if *declared == Dim::Unknown {
                            *declared = inferred;
                        }
                    }
                }
                (shape @ None, inferred) => *shape = inferred,
                _ => {}
            }
            known.element = known.element.or(element);
        }
    }

    pub fn shape(&self, tensor: &str) -> Option<&Vec<Dim>> {
        self.known.get(tensor)?.shape.as_ref()
    }

    pub fn element(&self, tensor: &str) -> Option<ElementType> {
        self.known.get(tensor)?.element
    }

    /// Values of a small integer tensor.
    pub fn values(&self, tensor: &str) -> Option<&[Option<i64>]> {
        self.values.get(tensor).map(Vec::as_slice)
    }

    /// Values of a small integer tensor, if all are known.
    pub fn numbers(&self, tensor: &str) -> Option<Vec<i64>> {
        self.values(tensor)?.iter().copied().collect()
    }

    /// Values of a node's first output, for the few ops that exporters compute shapes with.
    fn evaluate(&self, node: &Node) -> Option<Vec<Option<i64>>> {
        let input = |i: usize| self.values(node.inputs.get(i)?);
        match node.op.as_str() {
            "Constant" => match (node.attribute("value"), node.int("value_int"), node.ints("value_ints")) {
                (Some(Attribute::Tensor(tensor)), ..) => {
                    Some(tensor.ints.as_ref()?.iter().copied().map(Some).collect())
                }
                (_, Some(value), _) => Some(vec![Some(value)]),
                (_, _, Some(values)) => Some(values.iter().copied().map(Some).collect()),
                _ => None,
            },
            "Shape" => {
                let shape = self.shape(node.inputs.first()?)?;
                let (start, end) = (node.int("start").unwrap_or(0), node.int("end").unwrap_or(i64::MAX));
                let range = extents::clamp(start, shape.len())..extents::clamp(end, shape.len());
                Some(shape.get(range)?.iter().map(extents::extent).collect())
            }
            "Gather" => {
                let data = input(0)?;
                input(1)?.iter().map(|i| data.get(extents::index((*i)?, data.len())?).copied()).collect()
            }
            "Cast" | "Identity" | "Unsqueeze" | "Squeeze" | "Reshape" | "Flatten" => input(0).map(<[_]>::to_vec),
            "Concat" => {
                let mut all = Vec::new();
                for i in 0..node.inputs.len() {
                    all.extend_from_slice(input(i)?);
                    if all.len() > SMALL {
                        return None;
                    }
                }
                Some(all)
            }
            "Slice" if node.inputs.len() >= 3 => {
                let data = input(0)?;
                let (&[Some(start)], &[Some(end)]) = (input(1)?, input(2)?) else { return None };
                if input(4).is_some_and(|step| step != [Some(1)]) {
                    return None;
                }
                data.get(extents::clamp(start, data.len())..extents::clamp(end, data.len())).map(<[_]>::to_vec)
            }
            "Add" | "Sub" | "Mul" | "Div" => {
                let (left, right) = (input(0)?, input(1)?);
                let length = if left.len() == right.len() || right.len() == 1 { left.len() } else { right.len() };
                let at = |side: &[Option<i64>], i: usize| *side.get(if side.len() == 1 { 0 } else { i })?;
                Some((0..length).map(|i| arithmetic(&node.op, at(left, i)?, at(right, i)?)).collect())
            }
            _ => None,
        }
    }
}

fn arithmetic(op: &str, left: i64, right: i64) -> Option<i64> {
    match op {
        "Add" => left.checked_add(right),
        "Sub" => left.checked_sub(right),
        "Mul" => left.checked_mul(right),
        _ => left.checked_div(right),
    }
}
