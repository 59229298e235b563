//! Which tokens are real: the model's own mask, and whether there are tokens at all.

use crate::model::{ElementType, Graph, TensorInfo};

/// The model's own mask of real tokens, if it has one.
pub fn mask_input(graph: &Graph) -> Option<&TensorInfo> {
    let rank2 = |info: &&TensorInfo| info.shape.as_ref().is_none_or(|s| s.len() == 2);
    let named = |info: &&TensorInfo| info.name.to_ascii_lowercase().contains("mask");
    let usual = graph.inputs.iter().filter(rank2).find(|i| i.name == "attention_mask");
    usual.or_else(|| graph.inputs.iter().filter(rank2).filter(named).find(|i| !i.name.contains("decoder")))
}

/// Whether the model is fed token ids, so that rows may be padded.
pub fn has_tokens(graph: &Graph) -> bool {
    let integer = |e: ElementType| matches!(e, ElementType::I64 | ElementType::I32);
    graph.inputs.iter().any(|i| integer(i.element) && i.shape.as_ref().is_none_or(|s| s.len() == 2))
}
