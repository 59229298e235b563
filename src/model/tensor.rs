//! What a model file declares of a tensor.

use std::sync::Arc;

/// Element types of ONNX tensors, with the numbers of `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    F32,
    F64,
    F16,
    Bf16,
    I64,
    I32,
    U8,
    I8,
    Bool,
    /// Not a tensor at all: a sequence, a map, or a value that may be missing.
    NotTensor,
    /// Any other, by its number.
    Other(i32),
}

/// One axis of a tensor's declared shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dim {
    /// A fixed extent.
    Fixed(i64),
    /// A named free extent (`batch`). Shapes are passed on from node to node, and names may be long: they are shared.
    Named(Arc<str>),
    /// Nothing is declared.
    Unknown,
}

/// Name, element type and shape of a tensor, as far as the file declares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    pub name: String,
    pub element: ElementType,
    /// `None` where the file declares no rank.
    pub shape: Option<Vec<Dim>>,
}
