//! A model as its exporter left it: the file, its graph without the weights, and the side files beside it.
//!
//! In: a path. Out: [`Graph`] and the model's folder.

use crate::error::{Advise, Fault};

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
    /// Any other, by its number.
    Other(i32),
}

/// One axis of a tensor's declared shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dim {
    /// A fixed extent.
    Fixed(i64),
    /// A named free extent (`batch`).
    Named(String),
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

/// What can be wrong with a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere.
    #[error("there is no model at {}", .0.display())]
    Missing(std::path::PathBuf),
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Input
    }
}
