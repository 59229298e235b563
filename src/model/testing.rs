//! Models built by hand, for tests: a few calls over [`super::encode`].

use std::io::Cursor;

use super::encode::Message;
use super::graph::Graph;

/// A `NodeProto`.
pub fn node(op: &str, name: &str, inputs: &[&str], outputs: &[&str]) -> Message {
    let message = inputs.iter().fold(Message::new(), |m, i| m.text(1, i));
    outputs.iter().fold(message, |m, o| m.text(2, o)).text(3, name).text(4, op)
}

/// Adds integer-list attribute.
pub fn ints(node: Message, name: &str, values: &[i64]) -> Message {
    let attribute = values.iter().fold(Message::new().text(1, name), |m, &v| m.int(8, v)).int(20, 7);
    node.message(5, attribute)
}

/// Adds an integer attribute.
pub fn int(node: Message, name: &str, value: i64) -> Message {
    node.message(5, Message::new().text(1, name).int(3, value).int(20, 2))
}

/// Adds the module path of a newer PyTorch exporter.
pub fn scopes(node: Message, path: &str) -> Message {
    node.message(9, Message::new().text(1, "pkg.torch.onnx.name_scopes").text(2, path))
}

/// A float initializer of zeroes.
pub fn weight(name: &str, dims: &[i64]) -> Message {
    let bytes = vec![0; 4 * dims.iter().product::<i64>() as usize];
    let message = dims.iter().fold(Message::new(), |m, &d| m.int(1, d));
    message.int(2, 1).text(8, name).bytes(9, &bytes)
}

/// An int64 initializer of rank 1.
pub fn indices(name: &str, values: &[i64]) -> Message {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Message::new().int(1, values.len() as i64).int(2, 7).text(8, name).bytes(9, &bytes)
}

/// A `ValueInfoProto`; a negative extent is a free axis.
pub fn value(name: &str, element: i64, dims: &[i64]) -> Message {
    let shape = dims.iter().fold(Message::new(), |m, &d| {
        m.message(1, if d < 0 { Message::new().text(2, &format!("axis{}", -d)) } else { Message::new().int(1, d) })
    });
    let tensor = Message::new().int(1, element).message(2, shape);
    Message::new().text(1, name).message(2, Message::new().message(1, tensor))
}

/// The parts of a `GraphProto`.
#[derive(Default, Clone)]
pub struct Parts {
    pub nodes: Vec<Message>,
    pub initializers: Vec<Message>,
    pub inputs: Vec<Message>,
    pub outputs: Vec<Message>,
}

impl Parts {
    /// The graph alone.
    pub fn graph(&self) -> Message {
        Message::new()
            .messages(1, self.nodes.clone())
            .messages(5, self.initializers.clone())
            .messages(11, self.inputs.clone())
            .messages(12, self.outputs.clone())
    }

    /// A whole model, IR version 8.
    pub fn model(&self, opset: i64) -> Vec<u8> {
        Message::new()
            .int(1, 8)
            .text(2, "tests")
            .message(7, self.graph())
            .message(8, Message::new().text(1, "").int(2, opset))
            .into_bytes()
    }

    /// The model, read back.
    pub fn read(&self, opset: i64) -> Graph {
        parse(&self.model(opset))
    }
}

/// Reads bytes that have to be a model.
pub fn parse(bytes: &[u8]) -> Graph {
    let contents = super::read::read(Cursor::new(bytes));
    assert!(contents.error.is_none(), "{:?}", contents.error);
    contents.graph
}
