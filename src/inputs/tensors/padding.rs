//! A batch filled up with copies of its last row, for a model that takes a fixed number of rows.

use ndarray::{ArrayD, Axis};

use crate::runtime::Tensor;

/// `array` filled up to `rows` with copies of its last row.
pub(crate) fn padded<T: Clone>(array: ArrayD<T>, rows: usize) -> ArrayD<T> {
    let have = array.len_of(Axis(0));
    if have == 0 || have >= rows {
        return array;
    }
    let places: Vec<usize> = (0..rows).map(|row| row.min(have - 1)).collect();
    array.select(Axis(0), &places)
}

/// The rows of a tensor at some places, in the order of `places`.
pub(crate) fn select(tensor: &Tensor, places: &[usize]) -> Tensor {
    match tensor {
        Tensor::F32(values) => Tensor::F32(values.select(Axis(0), places)),
        Tensor::F64(values) => Tensor::F64(values.select(Axis(0), places)),
        Tensor::F16(values) => Tensor::F16(values.select(Axis(0), places)),
        Tensor::I64(values) => Tensor::I64(values.select(Axis(0), places)),
        Tensor::I32(values) => Tensor::I32(values.select(Axis(0), places)),
        Tensor::U8(values) => Tensor::U8(values.select(Axis(0), places)),
        Tensor::I8(values) => Tensor::I8(values.select(Axis(0), places)),
        Tensor::Bool(values) => Tensor::Bool(values.select(Axis(0), places)),
    }
}

/// A tensor filled up to `rows` with copies of its last row.
pub(crate) fn padded_tensor(tensor: Tensor, rows: usize) -> Tensor {
    match tensor {
        Tensor::F32(values) => Tensor::F32(padded(values, rows)),
        Tensor::F64(values) => Tensor::F64(padded(values, rows)),
        Tensor::F16(values) => Tensor::F16(padded(values, rows)),
        Tensor::I64(values) => Tensor::I64(padded(values, rows)),
        Tensor::I32(values) => Tensor::I32(padded(values, rows)),
        Tensor::U8(values) => Tensor::U8(padded(values, rows)),
        Tensor::I8(values) => Tensor::I8(padded(values, rows)),
        Tensor::Bool(values) => Tensor::Bool(padded(values, rows)),
    }
}
