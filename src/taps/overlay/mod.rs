//! The bytes that expose taps: a `ModelProto` with a few nodes and outputs, appended to the model's own bytes.
//!
//! Protobuf merges what follows into what came before, so nothing of the model is decoded or written again. The nodes
//! pool inside the graph: what leaves the runtime is [batch, neurons] float32. `pool` chooses the nodes, `nodes` writes
//! them. Every constant is a `Constant` node, which all IR versions accept.

use crate::model::encode::Message;
use crate::model::{Graph, TensorInfo};

use super::error::Error;
use super::tap::Taps;

pub(super) mod nodes;
mod pool;

/// What to append to a model, and what then comes out.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// To be appended to the model's bytes.
    pub bytes: Vec<u8>,
    /// The pooled outputs in the taps' order, each [batch, neurons] float32.
    pub outputs: Vec<String>,
    /// Inputs that the overlay adds: a token mask (1 real, 0 padding; [batch, sequence] int64), where pooling needs one
    /// and the model has none.
    pub extra_inputs: Vec<TensorInfo>,
}

/// Writes the overlay of `taps` for `graph`.
pub fn overlay(graph: &Graph, taps: &Taps) -> Result<Overlay, Error> {
    let mut pools = pool::Pools::new(graph);
    let outputs = taps.taps.iter().enumerate().map(|(index, tap)| pools.tap(index, tap)).collect::<Result<_, _>>()?;
    let pool::Written { nodes, exposed, extra_inputs } = pools.finish();
    let exposed = exposed.into_iter().map(|name| Message::new().text(1, &name));
    let inputs = extra_inputs.iter().map(nodes::value_info);
    let body = Message::new().messages(1, nodes).messages(11, inputs).messages(12, exposed);
    let mut model = Message::new().message(7, body);
    if nodes::own_opset(graph).is_none() {
        // A graph of fused ops only: what is appended needs ONNX's own.
        model = model.message(8, Message::new().text(1, "").int(2, nodes::FALLBACK_OPSET));
    }
    Ok(Overlay { bytes: model.into_bytes(), outputs, extra_inputs })
}
