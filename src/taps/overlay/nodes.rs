//! Nodes and constants of an overlay, as protobuf, under names that the model does not use.

use std::collections::HashSet;

use crate::model::encode::Message;
use crate::model::{Attribute, Dim, Graph, TensorInfo};

/// Which operator set to ask for in a model that imports none of ONNX's own.
pub const FALLBACK_OPSET: i64 = 17;

/// The version of ONNX's own operators that the model imports.
pub fn own_opset(graph: &Graph) -> Option<i64> {
    graph.opset_of("").or_else(|| graph.opset_of("ai.onnx"))
}

/// Writes nodes one after the other; each method gives the name of the result, which is `name` or one of ours.
pub struct Nodes {
    pub opset: i64,
    pub prefix: String,
    pub written: Vec<Message>,
}

impl Nodes {
    pub fn new(graph: &Graph) -> Self {
        let opset = own_opset(graph).unwrap_or(FALLBACK_OPSET);
        Self { opset, prefix: free_prefix(graph), written: Vec::new() }
    }

    /// Adds a node whose attributes are already encoded.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: Message, name: Option<&str>) -> String {
        let made = self.written.len();
        let output = name.map_or_else(|| format!("{}{made}", self.prefix), str::to_owned);
        let message = inputs.iter().fold(Message::new(), |m, i| m.text(1, i)).text(2, &output);
        let message = message.text(3, &format!("{}node{}", self.prefix, made + 1)).text(4, op);
        self.written.push(message.append(attributes));
        output
    }

    pub fn cast(&mut self, tensor: &str, name: Option<&str>) -> String {
        self.node("Cast", &[tensor], int("to", 1), name)
    }

    pub fn transpose(&mut self, tensor: &str, order: &[usize], name: Option<&str>) -> String {
        let order: Vec<i64> = order.iter().map(|&axis| axis as i64).collect();
        self.node("Transpose", &[tensor], ints("perm", &order), name)
    }

    pub fn gather(&mut self, tensor: &str, index: i64, axis: usize, name: Option<&str>) -> String {
        let index = self.constant_ints(&[index], true);
        self.node("Gather", &[tensor, &index], int("axis", axis as i64), name)
    }

    pub fn reshape(&mut self, tensor: &str, shape: &[i64], name: Option<&str>) -> String {
        let shape = self.constant_ints(shape, false);
        self.node("Reshape", &[tensor, &shape], Message::new(), name)
    }

    /// A reduction; its axes became an input with operator set 13 (sum) or 18 (the others).
    pub fn reduce(&mut self, op: &str, tensor: &str, axes: &[usize], name: Option<&str>) -> String {
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let keep = int("keepdims", 0);
        if self.opset >= if op == "ReduceSum" { 13 } else { 18 } {
            let axes = self.constant_ints(&axes, false);
            self.node(op, &[tensor, &axes], keep, name)
        } else {
            self.node(op, &[tensor], keep.append(ints("axes", &axes)), name)
        }
    }

    pub fn constant_ints(&mut self, values: &[i64], scalar: bool) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let dims = if scalar { Message::new() } else { Message::new().int(1, values.len() as i64) };
        self.constant(dims.int(2, 7).bytes(9, &bytes))
    }

    pub fn constant_float(&mut self, value: f32) -> String {
        self.node("Constant", &[], attributes_of_constant(value), None)
    }

    fn constant(&mut self, tensor: Message) -> String {
        self.node("Constant", &[], tensor_value(tensor), None)
    }
}

/// The attributes of a `Constant` that holds one float32.
pub fn attributes_of_constant(value: f32) -> Message {
    tensor_value(Message::new().int(2, 1).bytes(9, &value.to_le_bytes()))
}

/// The attribute `value` that holds a tensor.
fn tensor_value(tensor: Message) -> Message {
    Message::new().message(5, Message::new().text(1, "value").message(5, tensor).int(20, 4))
}

/// An integer attribute, as a part of a `NodeProto`.
pub fn int(name: &str, value: i64) -> Message {
    Message::new().message(5, Message::new().text(1, name).int(3, value).int(20, 2))
}

/// A list of integers as an attribute.
pub fn ints(name: &str, values: &[i64]) -> Message {
    let list = values.iter().fold(Message::new().text(1, name), |m, &v| m.int(8, v)).int(20, 7);
    Message::new().message(5, list)
}

/// The attributes of a `NodeProto`, as read; those that hold data are never needed here.
pub fn attributes(list: &[(String, Attribute)]) -> Message {
    list.iter().fold(Message::new(), |message, (name, value)| {
        message.append(match value {
            Attribute::Int(value) => int(name, *value),
            Attribute::Ints(values) => ints(name, values),
            Attribute::Float(value) => {
                Message::new().message(5, Message::new().text(1, name).float(2, *value).int(20, 1))
            }
            Attribute::Text(value) => Message::new().message(5, Message::new().text(1, name).text(4, value).int(20, 3)),
            Attribute::Tensor(_) | Attribute::Other => Message::new(),
        })
    })
}

pub fn value_info(info: &TensorInfo) -> Message {
    let shape = info.shape.iter().flatten().fold(Message::new(), |m, dim| {
        m.message(
            1,
            match dim {
                Dim::Fixed(extent) => Message::new().int(1, *extent),
                Dim::Named(name) => Message::new().text(2, name),
                Dim::Unknown => Message::new(),
            },
        )
    });
    let tensor = Message::new().int(1, info.element.number().into()).message(2, shape);
    Message::new().text(1, &info.name).message(2, Message::new().message(1, tensor))
}

/// A prefix that no name of the model starts with.
pub fn free_prefix(graph: &Graph) -> String {
    let tensors = graph.nodes.iter().flat_map(|n| n.inputs.iter().chain(&n.outputs).chain([&n.name]));
    let others = graph.initializers.iter().map(|i| &i.name).chain(graph.inputs.iter().map(|i| &i.name));
    let names: HashSet<&str> = tensors.chain(others).map(String::as_str).filter(|n| n.starts_with("probe")).collect();
    let mut prefix = "probe:".to_owned();
    while names.iter().any(|name| name.starts_with(&prefix)) {
        prefix.insert(5, '_');
    }
    prefix
}
