//! A model as its exporter left it: the file, its graph without the weights, and the side files beside it.
//!
//! In: a path to an .onnx file or an exporter's folder. Out: a [`Model`] with its [`Graph`], and the bytes that a
//! session is made of. Nothing of the user's is changed, and nothing is written beside it.
//!
//! `file` is the model that comes out, `tensor` what is declared of a tensor. `folder` finds the file, `wire` and `read` read its structure, `sniff` says what a file is that is no model,
//! `external` checks data kept in other files before the runtime would open them, `digest` hashes the whole, `renamed`
//! gives a node's output another name, and `session` makes the bytes that ONNX Runtime gets.

mod config;
mod digest;
pub mod encode;
mod error;
mod external;
mod file;
mod folder;
mod graph;
mod read;
mod renamed;
mod session;
mod sniff;
mod steadiness;
mod tensor;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod wire;

pub use config::Config;
pub use digest::Digest;
pub use error::Error;
pub use external::DataFile;
pub use file::Model;
pub use graph::{Attribute, External, Function, Graph, Initializer, Node, Storage};
pub use renamed::Renamed;
pub use session::SessionModel;
pub use tensor::{Dim, ElementType, TensorInfo};
