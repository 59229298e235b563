//! What the inputs of a model ask for: names, element types and shapes.

use crate::inputs::error::Error;
use crate::model::{Dim, ElementType, TensorInfo};

/// The extent of an axis, if the model fixes it.
pub(crate) fn fixed(input: &TensorInfo, axis: usize) -> Option<usize> {
    match input.shape.as_ref()?.get(axis)? {
        // 0 and -1 are how some exporters write "free".
        Dim::Fixed(extent) if *extent > 0 => usize::try_from(*extent).ok(),
        _ => None,
    }
}

/// Name, type and shape, for messages: `'input_ids' (int64 [batch, sequence])`.
pub(crate) fn describe(input: &TensorInfo) -> String {
    format!("'{}' ({} {})", input.name, element_name(input.element), shape(input))
}

/// The shape of an input, for messages: `[batch, 3, 224, 224]`.
pub(crate) fn shape(input: &TensorInfo) -> String {
    let Some(dims) = &input.shape else { return "of any shape".to_owned() };
    let dims = dims.iter().map(|dim| match dim {
        Dim::Fixed(extent) => extent.to_string(),
        Dim::Named(name) => name.to_string(),
        Dim::Unknown => "?".to_owned(),
    });
    format!("[{}]", dims.collect::<Vec<_>>().join(", "))
}

/// The name of an element type, for messages.
pub(crate) fn element_name(element: ElementType) -> &'static str {
    match element {
        ElementType::F32 => "float32",
        ElementType::F64 => "float64",
        ElementType::F16 => "float16",
        ElementType::Bf16 => "bfloat16",
        ElementType::I64 => "int64",
        ElementType::I32 => "int32",
        ElementType::U8 => "uint8",
        ElementType::I8 => "int8",
        ElementType::Bool => "bool",
        ElementType::NotTensor | ElementType::Other(_) => "a type that cannot be fed,",
    }
}

/// Whether an input has that many axes, as far as the model declares them.
pub(crate) fn rank_is(input: &TensorInfo, rank: usize) -> bool {
    input.shape.as_ref().is_none_or(|shape| shape.len() == rank)
}

/// Whether ids of this type can be fed.
pub(crate) fn is_integer(element: ElementType) -> bool {
    matches!(element, ElementType::I64 | ElementType::I32)
}

/// Whether the element type is one of floats that can be fed.
pub(crate) fn is_float(element: ElementType) -> bool {
    matches!(element, ElementType::F32 | ElementType::F16 | ElementType::F64)
}

/// Each input with the role that `role` gives it.
///
/// # Errors
/// Inputs without a role; `given` says what there is to fill them with.
pub(crate) fn all<R>(
    inputs: &[TensorInfo],
    given: &str,
    role: impl Fn(&TensorInfo) -> Option<R>,
) -> Result<Vec<(TensorInfo, R)>, Error> {
    let mut filled = Vec::with_capacity(inputs.len());
    let mut unfilled = Vec::new();
    for input in inputs {
        match role(input) {
            Some(role) => filled.push((input.clone(), role)),
            None => unfilled.push(describe(input)),
        }
    }
    if !unfilled.is_empty() || inputs.is_empty() {
        return Err(Error::Unfilled { inputs: unfilled, given: given.to_owned() });
    }
    Ok(filled)
}

/// An input that the prepared inputs of a batch do not fill.
pub(crate) fn unfilled(input: &TensorInfo) -> Error {
    Error::Unfilled { inputs: vec![describe(input)], given: "inputs of another kind".to_owned() }
}
