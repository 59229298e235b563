//! Layers of networks whose activations are stored as 8-bit integers, in the units of the network they were made from.
//!
//! Two formats are in use. QDQ files keep the network's own ops, and write every activation as integers and back
//! (`QuantizeLinear`, `DequantizeLinear`): a tap lies behind that. QOperator files compute with integers (`QLinearConv`):
//! a tap is turned into floats with the scale and the zero point that the node itself has. In both, a ReLU may have
//! become the lower end of the integers' range.

use crate::model::{Attribute, ElementType, Node};

use super::flow::Flow;
use super::ops;
use super::structure::Structure;
use super::tap::{Operand, Step};

/// The names of a quantised tensor's scale and zero point.
struct Scale<'g> {
    scale: &'g str,
    zero_point: Option<&'g str>,
}

/// How to turn a tensor of integers into what it stands for; `None` where its scale is not known.
pub fn dequantise(structure: &Structure, tensor: &str) -> Option<Vec<Step>> {
    let Scale { scale, zero_point } = scale_of(structure, tensor)?;
    let inputs = [tensor].into_iter().chain([scale]).chain(zero_point).map(|name| Operand::Tensor(name.to_owned()));
    Some(vec![Step { op: "DequantizeLinear", inputs: inputs.collect(), attributes: Vec::new() }])
}

/// The scale of what a tensor holds, from the node that quantised it; ops that move integers about keep it.
fn scale_of<'g>(structure: &Structure<'g>, tensor: &str) -> Option<Scale<'g>> {
    const LONGEST: usize = 64;
    let mut name = tensor;
    for _ in 0..LONGEST {
        let node = structure.maker(name)?;
        let named = |names: &'g [String], at: usize| names.get(at).map(String::as_str).filter(|n| !n.is_empty());
        let input = |at: usize| named(&node.inputs, at);
        if node.op == "DynamicQuantizeLinear" {
            return Some(Scale { scale: named(&node.outputs, 1)?, zero_point: named(&node.outputs, 2) });
        }
        if let Some((scale, zero_point)) = places(node) {
            return Some(Scale { scale: input(scale)?, zero_point: input(zero_point) });
        }
        let moves = ops::rearranges(node) || matches!(node.op.as_str(), "MaxPool" | "Slice" | "Gather" | "Split");
        name = input(0).filter(|_| moves)?;
    }
    None
}

/// Which inputs of an op are the scale and the zero point of its result.
fn places(node: &Node) -> Option<(usize, usize)> {
    Some(match node.op.as_str() {
        "QuantizeLinear" => (1, 2),
        "QLinearConcat" => (0, 1),
        "QLinearGlobalAveragePool"
        | "QLinearAveragePool"
        | "QLinearLeakyRelu"
        | "QLinearSigmoid"
        | "QLinearSoftmax"
        | "QLinearReduceMean" => (3, 4),
        "QLinearConv" | "QLinearMatMul" | "QLinearAdd" | "QLinearMul" => (6, 7),
        "QGemm" | "QLinearWhere" => (7, 8),
        _ => return None,
    })
}

/// Whether a node's integers begin at zero, so that it is a ReLU as well.
pub fn rectifies(structure: &Structure, node: &Node) -> bool {
    let Some((_, at)) = places(node) else { return false };
    let Some(name) = node.inputs.get(at).filter(|name| !name.is_empty()) else {
        // Without a zero point the integers are unsigned and begin at 0.
        return node.op == "QuantizeLinear";
    };
    let Some(zero) = structure.constant_of(name) else { return false };
    let lowest = match zero.element {
        ElementType::U8 => 0,
        ElementType::I8 => -128,
        _ => return false,
    };
    zero.ints.as_ref().is_some_and(|values| !values.is_empty() && values.iter().all(|&value| value == lowest))
}

/// How to compute a float tensor of a QDQ file beside the graph, where giving out the tensor itself would change the network:
/// ONNX Runtime computes `DequantizeLinear`, an op and `QuantizeLinear` with integers as one, unless somebody else wants the floats
/// in between. `None` where nobody computes so.
///
/// The floats are made with `Cast`, `Sub` and `Mul`: a second `DequantizeLinear` of the same integers would be merged with the
/// first, and that is what must not be seen.
pub fn beside(structure: &Structure, tensor: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let made_of_integers = structure.maker(tensor)?.is("DequantizeLinear");
    if made_of_integers || structure.become_integers.contains(tensor) {
        from_integers(structure, tensor, MOST_OPS, &mut steps)?;
    }
    Some(steps).filter(|steps| !steps.is_empty())
}

/// Ops that ONNX Runtime computes with integers between `DequantizeLinear` and `QuantizeLinear`, beside [`ops::INTO_RANGE`].
const WITH_INTEGERS: [&str; 8] =
    ["Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Mul", "AveragePool", "GlobalAveragePool"];

/// A product, its bias and an activation: more is never one op of integers.
const MOST_OPS: usize = 3;

/// Their steps are fewer by far; without an end, ops that read one tensor a thousand times over would have a thousand to the
/// power of three.
const MOST_STEPS: usize = 64;

/// Adds the steps that compute a float tensor from the integers at most so many ops before it; `None` where other floats go
/// into it.
fn from_integers(structure: &Structure, tensor: &str, before: usize, steps: &mut Vec<Step>) -> Option<Operand> {
    let node = structure.maker(tensor).filter(|_| structure.live.contains(tensor) && steps.len() < MOST_STEPS)?;
    if node.is("DequantizeLinear") {
        return floats(structure, node, steps);
    }
    let op = WITH_INTEGERS.iter().chain(&ops::INTO_RANGE).find(|op| before > 0 && node.is(op))?;
    let written = |(_, value): &(String, Attribute)| !matches!(value, Attribute::Tensor(_) | Attribute::Other);
    if !node.attributes.iter().all(written) {
        return None;
    }
    let mut inputs = Vec::new();
    for name in &node.inputs {
        inputs.push(match structure.live.contains(name.as_str()) {
            true => from_integers(structure, name, before - 1, steps)?,
            false => Operand::Tensor(name.clone()),
        });
    }
    Some(push(steps, op, inputs, node.attributes.clone()))
}

/// Adds what `DequantizeLinear` does, with the same roundings; `None` where its scale is not one float32 number.
fn floats(structure: &Structure, node: &Node, steps: &mut Vec<Step>) -> Option<Operand> {
    let scale = structure.constant_of(node.inputs.get(1)?)?;
    if scale.element != ElementType::F32 || scale.dims.iter().product::<i64>() != 1 {
        return None;
    }
    let to_float = || vec![("to".to_owned(), Attribute::Int(ElementType::F32.number().into()))];
    let mut value = push(steps, "Cast", vec![Operand::Tensor(node.inputs[0].clone())], to_float());
    if let Some(zero) = node.inputs.get(2).filter(|name| !name.is_empty()) {
        let zero = push(steps, "Cast", vec![Operand::Tensor(zero.clone())], to_float());
        value = push(steps, "Sub", vec![value, zero], Vec::new());
    }
    Some(push(steps, "Mul", vec![value, Operand::Tensor(node.inputs[1].clone())], Vec::new()))
}

fn push(
    steps: &mut Vec<Step>,
    op: &'static str,
    inputs: Vec<Operand>,
    attributes: Vec<(String, Attribute)>,
) -> Operand {
    steps.push(Step { op, inputs, attributes });
    Operand::Step(steps.len() - 1)
}

/// The cut behind a tensor's way through integers and back, if that is what follows it.
pub fn behind_integers(flow: &Flow, cut: usize) -> Option<usize> {
    let integers = flow.next_made_by(cut, "QuantizeLinear")?;
    flow.next_made_by(integers, "DequantizeLinear")
}

/// How to compute a linear map of integers that is a ReLU as well without the ReLU: in floats, from what it reads.
pub fn without_rectifier(structure: &Structure, node: &Node) -> Option<Vec<Step>> {
    if !rectifies(structure, node) {
        return None;
    }
    // Where weights and bias stand, and the axis of the weights' scales.
    let transposed = node.int("transB") == Some(1);
    let (op, bias, axis) = match node.op.as_str() {
        "QLinearConv" => ("Conv", Some(8), 0),
        "QLinearMatMul" => ("MatMul", None, 1),
        "QGemm" => ("Gemm", Some(6), i64::from(!transposed)),
        _ => return None,
    };
    let tensor = |at: usize| node.inputs.get(at).filter(|name| !name.is_empty()).cloned().map(Operand::Tensor);
    let along = |axis: i64| vec![("axis".to_owned(), Attribute::Int(axis))];
    let float = |first: usize, attributes| {
        let inputs = (first..first + 3).map(tensor).collect::<Option<_>>()?;
        Some(Step { op: "DequantizeLinear", inputs, attributes })
    };
    let mut steps = vec![float(0, Vec::new())?, float(3, along(axis))?];
    let mut inputs = vec![Operand::Step(0), Operand::Step(1)];
    if let Some(bias) = bias.and_then(tensor) {
        // Its scale is the product of the other two.
        steps.push(Step { op: "Mul", inputs: vec![tensor(1)?, tensor(4)?], attributes: Vec::new() });
        steps.push(Step { op: "DequantizeLinear", inputs: vec![bias, Operand::Step(2)], attributes: along(0) });
        inputs.push(Operand::Step(3));
    }
    steps.push(Step { op, inputs, attributes: node.attributes.clone() });
    Some(steps)
}
