//! Element types and shapes of tensors, as far as they follow from what the file declares.
//!
//! One pass in topological order. It knows the ops that lie between a network's layers and gives up quietly on the rest:
//! an unknown shape only costs a column in a table, and a rank that the family of the network supplies. The values of
//! small integer tensors are followed too, since exporters compute the target of a `Reshape` from `Shape`.

use std::collections::HashMap;

use crate::model::{Attribute, Dim, ElementType, Graph, Node};

use super::{axes, rules};

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
        let element = self.element_of(node);
        for (index, output) in node.outputs.iter().enumerate().filter(|(_, o)| !o.is_empty()) {
            let shape = rules::shape(node, index, self).and_then(believable);
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

    fn element_of(&self, node: &Node) -> Option<ElementType> {
        let input = |i: usize| node.inputs.get(i).and_then(|name| self.element(name));
        match node.op.as_str() {
            "Cast" => node.int("to").map(|to| ElementType::from_number(to as i32)),
            "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" => Some(ElementType::I64),
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And" | "Or" | "Xor"
            | "IsNaN" | "IsInf" => Some(ElementType::Bool),
            "Constant" | "ConstantOfShape" => match node.attribute("value") {
                Some(Attribute::Tensor(tensor)) => Some(tensor.element),
                None if node.attribute("value_float").is_some() || node.op == "ConstantOfShape" => {
                    Some(ElementType::F32)
                }
                None if node.attribute("value_int").is_some() || node.attribute("value_ints").is_some() => {
                    Some(ElementType::I64)
                }
                _ => None,
            },
            "DequantizeLinear" => input(1),
            "QuantizeLinear" => input(2).or(Some(ElementType::U8)),
            "DynamicQuantizeLinear" => Some(ElementType::U8),
            "MatMulInteger" | "ConvInteger" => Some(ElementType::I32),
            "QLinearConv" | "QLinearMatMul" => input(7),
            "Where" => input(1).or_else(|| input(2)),
            "EmbedLayerNormalization" => input(2),
            "QAttention" | "MatMulIntegerToFloat" | "DynamicQuantizeMatMul" => Some(ElementType::F32),
            _ => input(0),
        }
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
                let range = axes::clamp(start, shape.len())..axes::clamp(end, shape.len());
                Some(shape.get(range)?.iter().map(axes::extent).collect())
            }
            "Gather" => {
                let data = input(0)?;
                input(1)?.iter().map(|i| data.get(axes::index((*i)?, data.len())?).copied()).collect()
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
                data.get(axes::clamp(start, data.len())..axes::clamp(end, data.len())).map(<[_]>::to_vec)
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
