//! How tokens fill the inputs of a model.

use ndarray::{Array1, Array2, ArrayD, Axis};

use super::roles::{self, Role};
use crate::inputs::batch::{Batch, Prepared};
use crate::inputs::error::Error;
use crate::inputs::tensors::convert;
use crate::inputs::tensors::fill::{Fill, Tensors, of_kind};
use crate::inputs::tensors::wanted::{fixed, unfilled};
use crate::model::TensorInfo;
use crate::runtime::Tensor;

/// The texts of a batch as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRows {
    /// Token ids of each text, special tokens included, not padded.
    pub ids: Vec<Vec<u32>>,
    /// The segment ids of each text; an empty row where all of them are 0.
    pub segments: Vec<Vec<u32>>,
    /// The id that fills up shorter texts.
    pub pad: u32,
}

impl Prepared for TokenRows {
    fn select(&self, places: &[usize]) -> Box<dyn Prepared> {
        let rows = |of: &[Vec<u32>]| places.iter().map(|place| of[*place].clone()).collect();
        Box::new(TokenRows { ids: rows(&self.ids), segments: rows(&self.segments), pad: self.pad })
    }
}

/// Fills a model's inputs with ids, masks, segments and positions.
#[derive(Debug)]
pub(crate) struct TextFeed {
    inputs: Vec<(TensorInfo, Role)>,
    /// The number of tokens that the model is fixed to.
    length: Option<usize>,
    /// The id of the padding token, where positions start after its row.
    positions_after: Option<u32>,
}

impl TextFeed {
    pub(crate) fn of(inputs: &[TensorInfo], positions_after: Option<u32>) -> Result<Self, Error> {
        let inputs = roles::of_inputs(inputs)?;
        let length = inputs.iter().find(|(_, role)| *role == Role::Ids).and_then(|(input, _)| fixed(input, 1));
        Ok(TextFeed { inputs, length, positions_after })
    }

    /// What fills an input, in its element type; `None` where it cannot be written in that.
    fn tensor(&self, input: &TensorInfo, role: Role, tokens: &TokenRows, padded: &Padded) -> Option<Tensor> {
        let pad = i64::from(tokens.pad);
        let segment = |row: usize, at: usize| tokens.segments.get(row).and_then(|row| row.get(at)).map_or(0, |id| *id);
        let table = match role {
            Role::Ids => padded.fill(pad, |_, _, id| id.into()),
            Role::Mask => padded.mask(),
            Role::PaddingMask => padded.fill(1, |_, _, _| 0),
            Role::GlobalMask => padded.fill(0, |_, at, _| i64::from(at == 0)),
            Role::AddedMask => Array2::zeros((padded.length, padded.length)),
            Role::Segments => padded.fill(0, |row, at, _| segment(row, at).into()),
            Role::Positions => match self.positions_after {
                Some(pad) => padded.fill(pad.into(), |_, at, _| i64::from(pad) + 1 + at as i64),
                None => Array2::from_shape_fn(padded.shape(), |(_, at)| at as i64),
            },
            Role::CachePositions => {
                let places = Array1::from_shape_fn(padded.length, |at| at as i64);
                return convert::integers(places.into_dyn(), input.element);
            }
            Role::EmptyCache => {
                let axes = input.shape.as_ref()?.len();
                let extent = |axis| if axis == 0 { padded.rows } else { fixed(input, axis).unwrap_or(0) };
                let shape: Vec<usize> = (0..axes).map(extent).collect();
                return convert::floats(ArrayD::zeros(shape), input.element);
            }
            Role::Off => {
                let axes = input.shape.as_ref().map_or(0, Vec::len);
                let shape: Vec<usize> = (0..axes).map(|axis| fixed(input, axis).unwrap_or(1)).collect();
                return convert::integers(ArrayD::zeros(shape), input.element);
            }
        };
        match role {
            Role::AddedMask => convert::floats(table.mapv(|value| value as f32).into_dyn(), input.element),
            _ => convert::integers(table.into_dyn(), input.element),
        }
    }
}

impl Fill for TextFeed {
    fn fixed_rows(&self) -> Option<usize> {
        self.inputs.iter().find(|(_, role)| *role == Role::Ids).and_then(|(input, _)| fixed(input, 0))
    }

    fn tensors(
        &self,
        prepared: Box<dyn Prepared>,
        _batch: &Batch,
        rows: usize,
        extra: &[TensorInfo],
    ) -> Result<Tensors, Error> {
        let tokens: TokenRows = of_kind(prepared)?;
        let padded = Padded::new(&tokens.ids, rows, self.length);
        if let Some(length) = self.length.filter(|length| padded.longest > *length) {
            let (wants, has) = (format!("{length} tokens"), format!("texts of {}", padded.longest));
            let input = self.inputs.first().map_or_else(String::new, |(input, _)| input.name.clone());
            return Err(Error::FixedShape { input, wants, has });
        }
        let mut tensors = Vec::with_capacity(self.inputs.len() + extra.len());
        for (input, role) in &self.inputs {
            let tensor = self.tensor(input, *role, &tokens, &padded).ok_or_else(|| unfilled(input))?;
            tensors.push((input.name.clone(), tensor));
        }
        for input in extra {
            let mask = convert::integers(padded.mask().into_dyn(), input.element).ok_or_else(|| unfilled(input))?;
            tensors.push((input.name.clone(), mask));
        }
        Ok(tensors)
    }
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

    /// 1 at the real tokens, 0 elsewhere.
    fn mask(&self) -> Array2<i64> {
        self.fill(0, |_, _, _| 1)
    }
}
