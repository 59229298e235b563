//! How arrays fill the inputs of a model.

use ndarray::{Array2, ArrayD};

use super::dtype::Dtype;
use super::matching::{Filled, Matching};
use super::npy::Array;
use crate::inputs::batch::{Batch, Prepared};
use crate::inputs::error::Error;
use crate::inputs::tensors::convert;
use crate::inputs::tensors::fill::{Fill, Tensors, of_kind};
use crate::inputs::tensors::padding::{padded_along, select_along};
use crate::inputs::tensors::wanted::{element_name, fixed, unfilled};
use crate::model::{ElementType, TensorInfo};
use crate::runtime::Tensor;

/// The arrays of a batch, in the order of the arrays that are used.
#[derive(Debug, Clone)]
pub struct ArrayRows(pub Vec<ArrayRow>);

/// The part of an array that belongs to a batch.
#[derive(Debug, Clone)]
pub struct ArrayRow {
    /// The name in the .npz; empty in a lone .npy.
    pub name: String,
    pub values: Tensor,
    /// The axis along which the inputs lie; `None` where the array is the same for every batch.
    pub axis: Option<usize>,
}

impl Prepared for ArrayRows {
    fn select(&self, places: &[usize]) -> Box<dyn Prepared> {
        let select = |row: &ArrayRow| {
            let values = row.axis.map_or_else(|| row.values.clone(), |axis| select_along(&row.values, axis, places));
            ArrayRow { values, ..row.clone() }
        };
        Box::new(ArrayRows(self.0.iter().map(select).collect()))
    }
}

/// Fills each of a model's inputs.
#[derive(Debug)]
pub(crate) struct ArrayFeed {
    matching: Matching,
}

impl ArrayFeed {
    pub(super) fn new(matching: Matching) -> Self {
        ArrayFeed { matching }
    }
}

/// Whether values of an array are rounded to the element type of an input.
pub(super) fn rounds(array: &Array, input: &TensorInfo) -> bool {
    matches!(
        (array.dtype(), input.element),
        (Dtype::F64, ElementType::F32 | ElementType::F16) | (Dtype::F32, ElementType::F16)
    )
}

impl Fill for ArrayFeed {
    fn fixed_rows(&self) -> Option<usize> {
        self.matching.filled.iter().find_map(|(input, filled)| match filled {
            Filled::Rows { axis, .. } => fixed(input, *axis),
            _ => None,
        })
    }

    fn tensors(
        &self,
        prepared: Box<dyn Prepared>,
        batch: &Batch,
        rows: usize,
        extra: &[TensorInfo],
    ) -> Result<Tensors, Error> {
        let ArrayRows(arrays) = of_kind(prepared)?;
        let mut tensors = Vec::with_capacity(self.matching.filled.len() + extra.len());
        let mut length = None;
        for (input, filled) in &self.matching.filled {
            let tensor = match filled {
                Filled::Rows { place, axis } => {
                    let tensor = convert_row(arrays.get(*place).ok_or_else(|| unfilled(input))?, input, batch)?;
                    length = length.or(convert::second_extent(&tensor).filter(|_| *axis == 0));
                    padded_along(tensor, *axis, rows)
                }
                Filled::Shared { place } => {
                    let tensor = convert_row(arrays.get(*place).ok_or_else(|| unfilled(input))?, input, batch)?;
                    // A number is written with no axes or with one; the model says with how many.
                    let axes = input.shape.as_ref().map_or(0, Vec::len);
                    if tensor.shape().len() == axes { tensor } else { reshaped(tensor, axes) }
                }
                Filled::Zeros { axis } => zeros(input, *axis, rows).ok_or_else(|| unfilled(input))?,
                Filled::Off => zeros(input, usize::MAX, 1).ok_or_else(|| unfilled(input))?,
            };
            tensors.push((input.name.clone(), tensor));
        }
        // As far as anyone can tell, nothing in an array is padding.
        for input in extra {
            let mask = Array2::from_elem((rows, length.unwrap_or(1)), 1i64).into_dyn();
            let tensor = convert::integers(mask, input.element).ok_or_else(|| unfilled(input))?;
            tensors.push((input.name.clone(), tensor));
        }
        Ok(tensors)
    }
}

fn convert_row(row: &ArrayRow, input: &TensorInfo, batch: &Batch) -> Result<Tensor, Error> {
    convert::to(&row.values, input.element).map_err(|convert::Loss { row: at, value }| Error::Lossy {
        array: row.name.clone(),
        row: batch.rows.get(at).copied().unwrap_or(at),
        value,
        wants: element_name(input.element),
    })
}

/// Zeros (false) in the shape of an input, with `rows` along `axis`.
fn zeros(input: &TensorInfo, axis: usize, rows: usize) -> Option<Tensor> {
    let axes = input.shape.as_ref().map_or(0, Vec::len);
    let extent = |at: usize| if at == axis { rows } else { fixed(input, at).unwrap_or(1) };
    convert::integers(ArrayD::zeros((0..axes).map(extent).collect::<Vec<_>>()), input.element)
}

/// A single number with `axes` axes.
fn reshaped(tensor: Tensor, axes: usize) -> Tensor {
    fn to<T: Clone>(values: ArrayD<T>, axes: usize) -> ArrayD<T> {
        let shape = vec![1; axes];
        values.clone().into_shape_with_order(shape).unwrap_or(values)
    }
    match tensor {
        Tensor::F32(values) => Tensor::F32(to(values, axes)),
        Tensor::F64(values) => Tensor::F64(to(values, axes)),
        Tensor::F16(values) => Tensor::F16(to(values, axes)),
        Tensor::I64(values) => Tensor::I64(to(values, axes)),
        Tensor::I32(values) => Tensor::I32(to(values, axes)),
        Tensor::U8(values) => Tensor::U8(to(values, axes)),
        Tensor::I8(values) => Tensor::I8(to(values, axes)),
        Tensor::Bool(values) => Tensor::Bool(to(values, axes)),
    }
}
