//! A node that gives one of its outputs under another name, so that nodes behind it can make the tensor instead.

use std::io::Cursor;

use super::encode::Message;
use super::graph::Node;
use super::wire::{Value, Wire, WireError};

/// A node of the main graph, one output of which gets another name.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// Where the node's message lies in the file, the field's tag included.
    pub(super) node: (u64, u64),
    /// Which of the node's outputs.
    output: usize,
    /// Its new name.
    name: String,
    /// Nodes to put right behind it.
    then: Vec<Message>,
}

impl Renamed {
    /// Gives output `output` of `node` the name `name`, and puts the nodes `then` (each a `NodeProto`) behind it, so
    /// that the order of the file stays one in which every tensor is made before it is used.
    pub fn new(node: &Node, output: usize, name: String, then: Vec<Message>) -> Renamed {
        Renamed { node: node.message, output, name, then }
    }

    /// What stands in the file for the node's message `bytes`, its tag included. All else of the node is copied.
    pub(super) fn apply(&self, bytes: &[u8]) -> Result<Vec<u8>, WireError> {
        let mut wire = Wire::new(Cursor::new(bytes))?;
        let len = wire.len();
        let Some(Value::Bytes { end, .. }) = wire.field(len)?.map(|field| field.value) else {
            return Err(WireError::Malformed { at: self.node.0, what: "a node that is no message" });
        };
        let (mut node, mut nth) = (Vec::with_capacity(bytes.len()), 0);
        while let Some(field) = wire.field(end)? {
            wire.skip(&field)?;
            // NodeProto.output is field 2.
            if field.number == 2 && nth == self.output {
                node.extend(Message::new().text(2, &self.name).into_bytes());
            } else {
                node.extend_from_slice(&bytes[field.at as usize..wire.at() as usize]);
            }
            nth += usize::from(field.number == 2);
        }
        // GraphProto.node is field 1.
        Ok(Message::new().bytes(1, &node).messages(1, self.then.iter().cloned()).into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_output_is_renamed_and_all_else_is_copied() {
        let attribute = Message::new().text(1, "axis").int(3, -1).int(20, 2);
        let node = |second: &str| {
            let names = Message::new().text(1, "x").text(2, "a").text(3, "n").text(2, second).text(2, "c");
            names.text(4, "Split").message(5, attribute.clone()).float(99, 1.5)
        };
        let before = Message::new().message(1, node("b")).into_bytes();
        let then = Message::new().text(2, "b").text(4, "Where");
        let renamed =
            Renamed { node: (0, before.len() as u64), output: 1, name: "raw".into(), then: vec![then.clone()] };
        let after = Message::new().message(1, node("raw")).message(1, then).into_bytes();
        assert_eq!(renamed.apply(&before).unwrap(), after);
        assert!(renamed.apply(&before[..before.len() - 1]).is_err());
        assert!(renamed.apply(&[]).is_err());
    }
}
