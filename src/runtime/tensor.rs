//! The tensors that a session takes.

use ndarray::ArrayD;

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
pub(super) use each_type;

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
