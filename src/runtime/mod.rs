//! ONNX Runtime: find it, check it, load it, run a model in it.
//!
//! In: where to look, a model's bytes, tensors. Out: a loaded library that says where it came from, and tensors.
//!
//! - `find`: the places in their order, and what each held
//! - `python`: where the `python3` on the PATH keeps its `onnxruntime` package
//! - `library`: is this file a library that can be loaded here, and which version is it
//! - `load`: loading, once a process
//! - `memory`: what a session held, given back
//! - `provider`: the execution providers by name
//! - `session`: a model ready to run
//! - `reply`: ONNX Runtime's messages turned into errors that name node, op and version

mod error;
mod find;
mod library;
mod load;
pub mod memory;
mod provider;
mod python;
mod reply;
mod session;

use ndarray::ArrayD;

pub use error::{Error, Refusal};
pub use find::{Attempt, Outcome, Place};
pub use load::{NO_TELEMETRY, OLDEST_VERSION, Runtime};
pub use session::{Canceller, LoadCanceller, Loading, Session, SessionOptions};

/// A tensor on its way into a session, in the element type that the model asks for.
#[derive(Debug, Clone)]
pub enum Tensor {
    F32(ArrayD<f32>),
    F64(ArrayD<f64>),
    F16(ArrayD<half::f16>),
    I64(ArrayD<i64>),
    I32(ArrayD<i32>),
    U8(ArrayD<u8>),
    I8(ArrayD<i8>),
    Bool(ArrayD<bool>),
}

/// Does the same with the array of a [`Tensor`], whatever its elements are.
macro_rules! each_type {
    ($tensor:expr, $array:ident => $body:expr) => {
        match $tensor {
            Tensor::F32($array) => $body,
            Tensor::F64($array) => $body,
            Tensor::F16($array) => $body,
            Tensor::I64($array) => $body,
            Tensor::I32($array) => $body,
            Tensor::U8($array) => $body,
            Tensor::I8($array) => $body,
            Tensor::Bool($array) => $body,
        }
    };
}
use each_type;

impl Tensor {
    /// The extents.
    pub fn shape(&self) -> &[usize] {
        each_type!(self, array => array.shape())
    }

    /// The element type, as ONNX and NumPy call it.
    pub fn element(&self) -> &'static str {
        match self {
            Tensor::F32(_) => "float32",
            Tensor::F64(_) => "float64",
            Tensor::F16(_) => "float16",
            Tensor::I64(_) => "int64",
            Tensor::I32(_) => "int32",
            Tensor::U8(_) => "uint8",
            Tensor::I8(_) => "int8",
            Tensor::Bool(_) => "bool",
        }
    }
}
