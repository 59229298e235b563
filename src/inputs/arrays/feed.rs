//! How arrays fill the inputs of a model, by name.

use ndarray::Array2;

use super::dtype::Dtype;
use super::npy::Array;
use crate::inputs::batch::{Batch, Prepared};
use crate::inputs::error::Error;
use crate::inputs::tensors::convert;
use crate::inputs::tensors::fill::{Fill, Tensors, of_kind};
use crate::inputs::tensors::padding::{padded_tensor, select};
use crate::inputs::tensors::wanted::{all, element_name, fixed, rank_is, shape, unfilled};
use crate::model::{ElementType, TensorInfo};
use crate::runtime::Tensor;

/// The rows of a batch: one tensor [batch, …] per array that is used; the name is empty in a lone .npy.
#[derive(Debug, Clone)]
pub struct ArrayRows(pub Vec<(String, Tensor)>);

impl Prepared for ArrayRows {
    fn select(&self, places: &[usize]) -> Box<dyn Prepared> {
        Box::new(ArrayRows(self.0.iter().map(|(name, tensor)| (name.clone(), select(tensor, places))).collect()))
    }
}

/// Fills each of a model's inputs with the array of its name.
#[derive(Debug)]
pub(crate) struct ArrayFeed {
    /// Each input with the place of its array among those that are used.
    inputs: Vec<(TensorInfo, usize)>,
}

impl ArrayFeed {
    pub(crate) fn of(inputs: &[TensorInfo], arrays: &[Array]) -> Result<Self, Error> {
        let lone = inputs.len() == 1 && arrays.len() == 1;
        let place =
            |input: &TensorInfo| if lone { Some(0) } else { arrays.iter().position(|array| array.name == input.name) };
        let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
        let inputs = all(inputs, &format!("the arrays {}", names.join(", ")), place)?;
        for (input, place) in &inputs {
            let array = &arrays[*place];
            if !fits(array, input) {
                let (has, wants) = (array.describe(), format!("{} {}", element_name(input.element), shape(input)));
                return Err(Error::ArrayMismatch { array: array.name.clone(), has, input: input.name.clone(), wants });
            }
        }
        Ok(ArrayFeed { inputs })
    }
}

/// Whether values of an array are rounded to the element type of an input.
pub(crate) fn rounds(array: &Array, input: &TensorInfo) -> bool {
    matches!(
        (array.dtype(), input.element),
        (Dtype::F64, ElementType::F32 | ElementType::F16) | (Dtype::F32, ElementType::F16)
    )
}

impl Fill for ArrayFeed {
    fn fixed_rows(&self) -> Option<usize> {
        self.inputs.iter().find_map(|(input, _)| fixed(input, 0))
    }

    fn tensors(
        &self,
        prepared: Box<dyn Prepared>,
        batch: &Batch,
        rows: usize,
        extra: &[TensorInfo],
    ) -> Result<Tensors, Error> {
        let ArrayRows(arrays) = of_kind(prepared)?;
        let mut tensors = Vec::with_capacity(self.inputs.len() + extra.len());
        for (input, place) in &self.inputs {
            let (array, tensor) = arrays.get(*place).ok_or_else(|| unfilled(input))?;
            let tensor = convert::to(tensor, input.element).map_err(|convert::Loss { row, value }| Error::Lossy {
                array: array.clone(),
                row: batch.rows.get(row).copied().unwrap_or(row),
                value,
                wants: element_name(input.element),
            })?;
            tensors.push((input.name.clone(), padded_tensor(tensor, rows)));
        }
        // As far as anyone can tell, nothing in an array is padding.
        let length = tensors.iter().find_map(|(_, tensor)| convert::second_extent(tensor));
        for input in extra {
            let mask = Array2::from_elem((rows, length.unwrap_or(1)), 1i64).into_dyn();
            let tensor = convert::integers(mask, input.element).ok_or_else(|| unfilled(input))?;
            tensors.push((input.name.clone(), tensor));
        }
        Ok(tensors)
    }
}

/// Whether shapes agree, the number of inputs aside, and whether the element type can be made at all.
fn fits(array: &Array, input: &TensorInfo) -> bool {
    let possible = !matches!(input.element, ElementType::Bf16 | ElementType::NotTensor | ElementType::Other(_));
    let rank = array.shape().len();
    possible
        && rank_is(input, rank)
        && (1..rank).all(|axis| fixed(input, axis).is_none_or(|extent| extent == array.shape()[axis]))
}
