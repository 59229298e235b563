//! A model as its exporter left it: the file, its graph without the weights, and the side files beside it.
//!
//! In: a path to an .onnx file or an exporter's folder. Out: a [`Model`] with its [`Graph`], and the bytes that a
//! session is made of. Nothing of the user's is changed, and nothing is written beside it.
//!
//! `folder` finds the file, `wire` and `read` read its structure, `sniff` says what a file is that is no model,
//! `external` checks data kept in other files before the runtime would open them, `digest` hashes the whole, and
//! `session` makes the bytes that ONNX Runtime gets.

use std::path::PathBuf;
use std::sync::Arc;

mod config;
mod digest;
pub mod encode;
mod error;
mod external;
mod folder;
mod graph;
mod read;
mod session;
mod sniff;
mod steadiness;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod wire;

pub use config::Config;
pub use digest::Digest;
pub use error::Error;
pub use external::DataFile;
pub use graph::{Attribute, External, Function, Graph, Initializer, Node, Storage};
pub use session::SessionModel;

/// A model file, opened and checked: its structure, and where it really lies.
#[derive(Debug, Clone)]
pub struct Model {
    /// As the user gave it.
    pub path: PathBuf,
    /// The file itself, links resolved.
    pub file: PathBuf,
    /// The folder the file really lies in.
    pub folder: PathBuf,
    /// The folder in which the user sees the file, its own links resolved. In a hub's cache this is the snapshot,
    /// while `folder` holds the blobs; side files and external data are looked for here.
    pub shown: PathBuf,
    pub graph: Graph,
    /// Bytes of the file, external data not counted.
    pub len: u64,
    /// Files with external data, each once, in the order of first use.
    pub data: Vec<DataFile>,
}

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
