//! ONNX Runtime: find it, check it, load it, run a model in it.
//!
//! In: where to look, a model's bytes, tensors. Out: a loaded library that says where it came from, and tensors.

use ndarray::ArrayD;

use crate::error::{Advise, Fault};

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

/// What can go wrong between us and ONNX Runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No library was found in any of the places.
    #[error("no ONNX Runtime library was found")]
    NotFound,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Environment
    }
}
