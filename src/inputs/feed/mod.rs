//! The feed: what one model's inputs are called, which types and shapes they take, and which of the prepared inputs
//! fills each.
//!
//! In: the inputs of a graph and a [`Batch`]. Out: named tensors, every input of the model filled.

mod convert;
mod slots;

use ndarray::{Array2, ArrayD, Axis};

use super::batches::{Batch, Prepared};
use super::{Error, Inputs, Material};
use crate::model::{ElementType, Graph, TensorInfo};
use crate::runtime::Tensor;
use slots::{Layout, Slot};
pub(crate) use slots::{describe, fixed, ids, picture_size};

/// How batches become the tensors that one model takes.
#[derive(Debug, Clone)]
pub struct Feed {
    slots: Vec<(TensorInfo, Slot)>,
    /// The batch that the model is fixed to.
    rows: Option<usize>,
    /// The number of tokens that the model is fixed to.
    length: Option<usize>,
    /// Where positions start after the padding token's row: the id of that token.
    positions_after: Option<u32>,
    notes: Vec<String>,
}

impl Feed {
    /// Settles who fills the inputs of a model.
    ///
    /// # Errors
    /// An input that nothing given fills, several inputs that could take the same, arrays of another shape or of a type
    /// that cannot be converted.
    pub fn of(inputs: &Inputs, graph: &Graph) -> Result<Self, Error> {
        let wanted = &graph.inputs;
        let (slots, notes) = match &*inputs.material {
            Material::Tokens(_) => (slots::of_tokens(wanted)?, Vec::new()),
            Material::Pixels(_) => (slots::of_pixels(wanted)?, Vec::new()),
            Material::Arrays(arrays) => slots::of_arrays(wanted, arrays.arrays())?,
        };
        let length = slots.iter().find(|(_, slot)| *slot == Slot::Ids).and_then(|(input, _)| fixed(input, 1));
        Ok(Feed {
            rows: slots.iter().find_map(|(input, _)| fixed(input, 0)),
            length,
            positions_after: inputs.positions_after(),
            slots,
            notes,
        })
    }

    /// The batch that the model is fixed to. A smaller batch is filled up with copies of its last row, and the model's
    /// outputs then have this many rows: only the first `batch.rows.len()` are inputs.
    pub fn fixed_rows(&self) -> Option<usize> {
        self.rows
    }

    /// What is converted with rounding, one fact a line.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The tensors of a batch, one for each input of the model and for each of the `extra` inputs (a mask of the real
    /// tokens, that pooling needs where the model takes none). Where the batch is fixed, see [`Feed::fixed_rows`].
    ///
    /// What was prepared is taken out of the batch: a batch of images is some megabytes, and copying them shows.
    pub fn tensors(&self, batch: &mut Batch, extra: &[TensorInfo]) -> Result<Vec<(String, Tensor)>, Error> {
        let rows = match self.rows {
            Some(fixed) if batch.rows.len() > fixed => {
                let (input, _) = &self.slots[0];
                let (wants, has) = (format!("{fixed} inputs"), format!("batches of {}", batch.rows.len()));
                return Err(Error::FixedShape { input: input.name.clone(), wants, has });
            }
            Some(fixed) => fixed,
            None => batch.rows.len(),
        };
        match std::mem::replace(&mut batch.prepared, Prepared::Arrays(Vec::new())) {
            Prepared::Tokens { ids, segments, pad } => {
                self.tokens(&Padded::new(&ids, rows, self.length), &segments, pad, extra)
            }
            Prepared::Pixels(pixels) => {
                // One input takes them: a model with several that could was refused.
                let mut pixels = Some(padded(pixels.into_dyn(), rows));
                self.each(|input, slot| match slot {
                    Slot::Pixels(layout) => convert::floats(layout.arrange(pixels.take()?), input.element),
                    _ => None,
                })
            }
            Prepared::Arrays(arrays) => self.arrays(&arrays, rows, batch, extra),
        }
    }

    fn tokens(
        &self,
        padded: &Padded,
        segments: &[Vec<u32>],
        pad: u32,
        extra: &[TensorInfo],
    ) -> Result<Vec<(String, Tensor)>, Error> {
        if let Some(length) = self.length.filter(|length| padded.longest > *length) {
            let (wants, has) = (format!("{length} tokens"), format!("texts of {}", padded.longest));
            let input = self.slots.first().map_or_else(String::new, |(input, _)| input.name.clone());
            return Err(Error::FixedShape { input, wants, has });
        }
        let mask = || padded.fill(0, |_, _, _| 1);
        let mut tensors = self.each(|input, slot| {
            let values = match slot {
                Slot::Ids => padded.fill(pad.into(), |_, _, id| id.into()),
                Slot::Mask => mask(),
                Slot::Segments => padded
                    .fill(0, |row, at, _| segments.get(row).and_then(|row| row.get(at)).map_or(0, |id| (*id).into())),
                Slot::Positions => match self.positions_after {
                    Some(pad) => padded.fill(pad.into(), |_, at, _| i64::from(pad) + 1 + at as i64),
                    None => Array2::from_shape_fn(padded.shape(), |(_, at)| at as i64),
                },
                _ => return None,
            };
            convert::integers(values.into_dyn(), input.element)
        })?;
        for input in extra {
            let tensor = convert::integers(mask().into_dyn(), input.element).ok_or_else(|| unfilled(input))?;
            tensors.push((input.name.clone(), tensor));
        }
        Ok(tensors)
    }

    fn arrays(
        &self,
        arrays: &[(String, Tensor)],
        rows: usize,
        batch: &Batch,
        extra: &[TensorInfo],
    ) -> Result<Vec<(String, Tensor)>, Error> {
        let mut tensors = Vec::with_capacity(self.slots.len() + extra.len());
        for (input, slot) in &self.slots {
            let (Slot::Array(place), name) = (slot, &input.name) else { return Err(unfilled(input)) };
            let (array, tensor) = arrays.get(*place).ok_or_else(|| unfilled(input))?;
            let tensor = convert::to(tensor, input.element).map_err(|convert::Loss { row, value }| Error::Lossy {
                array: array.clone(),
                row: batch.rows.get(row).copied().unwrap_or(row),
                value,
                wants: slots::element_name(input.element),
            })?;
            tensors.push((name.clone(), convert::padded(tensor, rows)));
        }
        // Nothing in an array is padding, as far as anybody can tell.
        let length = tensors.iter().find_map(|(_, tensor)| convert::second_extent(tensor));
        for input in extra {
            let mask = Array2::from_elem((rows, length.unwrap_or(1)), 1i64).into_dyn();
            let tensor = convert::integers(mask, input.element).ok_or_else(|| unfilled(input))?;
            tensors.push((input.name.clone(), tensor));
        }
        Ok(tensors)
    }

    fn each(&self, mut fill: impl FnMut(&TensorInfo, &Slot) -> Option<Tensor>) -> Result<Vec<(String, Tensor)>, Error> {
        let filled = |(input, slot): &(TensorInfo, Slot)| {
            fill(input, slot).map(|tensor| (input.name.clone(), tensor)).ok_or_else(|| unfilled(input))
        };
        self.slots.iter().map(filled).collect()
    }
}

fn unfilled(input: &TensorInfo) -> Error {
    Error::Unfilled { inputs: vec![describe(input)], given: "inputs of another kind".to_owned() }
}

/// Rows of ids about to become a rectangle [rows, longest]; rows beyond those given are copies of the last.
struct Padded<'a> {
    ids: &'a [Vec<u32>],
    rows: usize,
    longest: usize,
    length: usize,
}

impl<'a> Padded<'a> {
    fn new(ids: &'a [Vec<u32>], rows: usize, fixed: Option<usize>) -> Self {
        let longest = ids.iter().map(Vec::len).max().unwrap_or(0);
        Padded { ids, rows, longest, length: fixed.unwrap_or(longest) }
    }

    fn shape(&self) -> (usize, usize) {
        (self.rows, self.length)
    }

    /// `real(row, place, id)` at the real tokens, `padding` elsewhere.
    fn fill(&self, padding: i64, real: impl Fn(usize, usize, u32) -> i64) -> Array2<i64> {
        let mut values = Array2::from_elem(self.shape(), padding);
        for (row, mut values) in values.axis_iter_mut(Axis(0)).enumerate() {
            let row = row.min(self.ids.len().saturating_sub(1));
            if let Some(ids) = self.ids.get(row) {
                values.iter_mut().zip(ids).enumerate().for_each(|(at, (value, id))| *value = real(row, at, *id));
            }
        }
        values
    }
}

/// `array` filled up to `rows` with copies of its last row.
fn padded<T: Clone>(array: ArrayD<T>, rows: usize) -> ArrayD<T> {
    let have = array.len_of(Axis(0));
    if have == 0 || have >= rows {
        return array;
    }
    let places: Vec<usize> = (0..rows).map(|row| row.min(have - 1)).collect();
    array.select(Axis(0), &places)
}

impl Layout {
    /// [batch, 3, height, width] in the model's order of axes.
    fn arrange(self, pixels: ArrayD<f32>) -> ArrayD<f32> {
        match self {
            Layout::ChannelsFirst => pixels,
            Layout::ChannelsLast => pixels.permuted_axes(vec![0, 2, 3, 1]).as_standard_layout().into_owned(),
        }
    }
}

/// Whether ids of this type can be fed.
fn is_integer(element: ElementType) -> bool {
    matches!(element, ElementType::I64 | ElementType::I32)
}

#[cfg(test)]
mod tests;
