//! How images fill the inputs of a model.

use ndarray::ArrayD;

use crate::inputs::batch::{Batch, Prepared};
use crate::inputs::error::Error;
use crate::inputs::tensors::convert;
use crate::inputs::tensors::fill::{Fill, Tensors, of_kind};
use crate::inputs::tensors::padding::padded;
use crate::inputs::tensors::wanted::{all, describe, fixed, rank_is, unfilled};
use crate::model::{ElementType, TensorInfo};

/// The images of a batch: [batch, 3, height, width], normalized.
#[derive(Debug, Clone)]
pub struct PixelRows(pub ndarray::Array4<f32>);

impl Prepared for PixelRows {
    fn select(&self, places: &[usize]) -> Box<dyn Prepared> {
        Box::new(PixelRows(self.0.select(ndarray::Axis(0), places)))
    }
}

/// The order of a picture's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    ChannelsFirst,
    ChannelsLast,
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

/// Fills the one input that takes pictures.
#[derive(Debug)]
pub(crate) struct ImageFeed {
    input: TensorInfo,
    layout: Layout,
}

impl ImageFeed {
    pub(crate) fn of(inputs: &[TensorInfo]) -> Result<Self, Error> {
        let (input, layout) = picture(inputs)?;
        Ok(ImageFeed { input, layout })
    }
}

impl Fill for ImageFeed {
    fn fixed_rows(&self) -> Option<usize> {
        fixed(&self.input, 0)
    }

    fn tensors(
        &self,
        prepared: Box<dyn Prepared>,
        _batch: &Batch,
        rows: usize,
        extra: &[TensorInfo],
    ) -> Result<Tensors, Error> {
        if let Some(input) = extra.first() {
            return Err(unfilled(input));
        }
        let PixelRows(pixels) = of_kind(prepared)?;
        let pixels = self.layout.arrange(padded(pixels.into_dyn(), rows));
        let tensor = convert::floats(pixels, self.input.element).ok_or_else(|| unfilled(&self.input))?;
        Ok(vec![(self.input.name.clone(), tensor)])
    }
}

/// The input that takes pictures, and the order of its axes.
fn picture(inputs: &[TensorInfo]) -> Result<(TensorInfo, Layout), Error> {
    let float = |input: &TensorInfo| matches!(input.element, ElementType::F32 | ElementType::F16 | ElementType::F64);
    let candidates = inputs.iter().filter(|input| float(input) && rank_is(input, 4)).count();
    if candidates > 1 {
        let candidates = inputs.iter().map(describe).collect();
        return Err(Error::Ambiguous { what: "pixels", candidates });
    }
    let layout = |input: &TensorInfo| {
        let layout = match (fixed(input, 1), fixed(input, 3)) {
            (Some(3), _) => Layout::ChannelsFirst,
            (_, Some(3)) => Layout::ChannelsLast,
            (None, _) => Layout::ChannelsFirst,
            _ => return None,
        };
        (float(input) && rank_is(input, 4)).then_some(layout)
    };
    let given = "images of three channels";
    let none = || Error::Unfilled { inputs: inputs.iter().map(describe).collect(), given: given.to_owned() };
    all(inputs, given, layout)?.pop().ok_or_else(none)
}

/// Height and width of the pictures that the model takes, where it fixes them.
pub(crate) fn picture_size(inputs: &[TensorInfo]) -> Result<Option<(usize, usize)>, Error> {
    let (input, layout) = picture(inputs)?;
    Ok(match layout {
        Layout::ChannelsFirst => fixed(&input, 2).zip(fixed(&input, 3)),
        Layout::ChannelsLast => fixed(&input, 1).zip(fixed(&input, 2)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dim;

    fn input(name: &str, element: ElementType, shape: &[i64]) -> TensorInfo {
        let dim = |extent: &i64| if *extent < 0 { Dim::Named("n".into()) } else { Dim::Fixed(*extent) };
        TensorInfo { name: name.into(), element, shape: Some(shape.iter().map(dim).collect()) }
    }

    #[test]
    fn pixels_in_either_order_of_axes() {
        let layout = |shape: &[i64]| picture(&[input("x", ElementType::F16, shape)]).map(|(_, layout)| layout);
        assert_eq!(layout(&[-1, 3, -1, -1]).unwrap(), Layout::ChannelsFirst);
        assert_eq!(layout(&[1, 8, 8, 3]).unwrap(), Layout::ChannelsLast);
        assert!(layout(&[1, 1, 8, 8]).is_err() && layout(&[-1, 8]).is_err());
        let pixels = ArrayD::from_shape_fn(vec![1, 3, 2, 4], |at| (at[1] * 100 + at[2] * 10 + at[3]) as f32);
        let last = Layout::ChannelsLast.arrange(pixels);
        assert_eq!((last.shape(), last[[0, 1, 3, 2]]), (&[1, 2, 4, 3][..], 213.0));
        assert!(last.is_standard_layout());
    }
}
