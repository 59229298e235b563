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

/// The parts of a tensor at some places along an axis, in the order of `places`.
pub(crate) fn select_along(tensor: &Tensor, axis: usize, places: &[usize]) -> Tensor {
    let axis = Axis(axis);
    match tensor {
        Tensor::F32(values) => Tensor::F32(values.select(axis, places)),
        Tensor::F64(values) => Tensor::F64(values.select(axis, places)),
        Tensor::F16(values) => Tensor::F16(values.select(axis, places)),
        Tensor::I64(values) => Tensor::I64(values.select(axis, places)),
        Tensor::I32(values) => Tensor::I32(values.select(axis, places)),
        Tensor::U8(values) => Tensor::U8(values.select(axis, places)),
        Tensor::I8(values) => Tensor::I8(values.select(axis, places)),
        Tensor::Bool(values) => Tensor::Bool(values.select(axis, places)),
    }
}

/// A tensor filled up to `rows` along an axis with copies of its last part.
pub(crate) fn padded_along(tensor: Tensor, axis: usize, rows: usize) -> Tensor {
    match tensor.shape().get(axis).copied() {
        Some(have) if have > 0 && have < rows => {
            let places: Vec<usize> = (0..rows).map(|row| row.min(have - 1)).collect();
            select_along(&tensor, axis, &places)
        }
        _ => tensor,
    }
}
