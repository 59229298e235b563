//! The self-check of a capture: a few inputs run alone, together, and together again.
//!
//! In: inputs of the first batch. Out: a [`SelfCheck`].

use ndarray::Array2;

use super::Error;
use super::self_check::SelfCheck;
use super::source::{Forward, Source};
use crate::inputs::{self, Batch};
use crate::runtime::Tensor;

/// The inputs of a model, by name.
type Tensors = Vec<(String, Tensor)>;

/// Inputs that are run alone and together: the first, the middle and the last of a batch. Each is run three times, so that
/// the check costs less than 2 % of a run of 500 inputs.
const INPUTS: usize = 3;

/// The tensors of a check, made with those of the first batch.
pub(super) struct Trial {
    alone: Vec<Tensors>,
    together: [Tensors; 2],
}

impl Trial {
    /// The tensors for a check on a batch.
    pub fn of(batch: &Batch, source: &dyn Source) -> Result<Trial, inputs::Error> {
        let last = batch.rows.len().saturating_sub(1);
        let mut places = vec![0, last / 2, last];
        places.dedup();
        places.truncate(INPUTS);
        let tensors = |places: &[usize]| source.tensors(&mut batch.select(places));
        let alone = match places.len() {
            // A single input has no batch to depend on.
            1 => Vec::new(),
            _ => places.iter().map(|&place| tensors(&[place])).collect::<Result<_, _>>()?,
        };
        Ok(Trial { alone, together: [tensors(&places)?, tensors(&places)?] })
    }

    /// Runs the check; nothing where the model cannot run its inputs in another grouping than the planned one.
    pub fn run(self, forward: &mut dyn Forward, rounding: f64) -> Result<Option<SelfCheck>, Error> {
        let inputs = self.alone.len().max(1);
        let [first, second] = self.together;
        let Ok(together) = forward.run(first) else { return Ok(None) };
        let Ok(again) = forward.run(second) else { return Ok(None) };
        let mut alone = 0.0f64;
        for (place, tensors) in self.alone.into_iter().enumerate() {
            let Ok(outputs) = forward.run(tensors) else { return Ok(None) };
            for (output, together) in outputs.iter().zip(&together) {
                alone = alone.max(difference(output, 0, together, place));
            }
        }
        let rows = 0..inputs;
        let repeated = together.iter().zip(&again);
        let again = repeated
            .flat_map(|(one, other)| rows.clone().map(move |row| difference(one, row, other, row)))
            .fold(0.0, f64::max);
        Ok(Some(SelfCheck { inputs, alone, again, rounding }))
    }
}

/// The largest difference between two rows, as a share of the root mean square of the second output's values.
fn difference(one: &Array2<f32>, row: usize, other: &Array2<f32>, other_row: usize) -> f64 {
    if one.ncols() != other.ncols() || row >= one.nrows() || other_row >= other.nrows() {
        // The capture refuses outputs of such shapes with a message of its own.
        return 0.0;
    }
    let finite = other.iter().map(|&value| f64::from(value)).filter(|value| value.is_finite());
    let (sum, count) = finite.fold((0.0, 0usize), |(sum, count), value| (sum + value * value, count + 1));
    let scale = (sum / count.max(1) as f64).sqrt();
    let largest = one
        .row(row)
        .iter()
        .zip(other.row(other_row))
        // Equal infinities, and NaN in both, are the same value.
        .filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan()))
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs())
        .fold(
            0.0,
            |largest: f64, difference| if difference.is_nan() { f64::INFINITY } else { largest.max(difference) },
        );
    if largest == 0.0 { 0.0 } else { largest / scale.max(f64::MIN_POSITIVE) }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_difference_is_a_share_of_the_layers_scale() {
        let layer = array![[3.0f32, -3.0], [3.0, 3.0]];
        assert_eq!(difference(&array![[3.0f32, -3.3]], 0, &layer, 0), f64::from(-3.3f32 + 3.0).abs() / 3.0);
        assert_eq!(difference(&layer, 1, &layer, 1), 0.0);
        let broken = array![[f32::NAN, f32::INFINITY]];
        assert_eq!(difference(&broken, 0, &broken, 0), 0.0);
        assert_eq!(difference(&array![[1.0f32, f32::INFINITY]], 0, &broken, 0), f64::INFINITY);
    }
}
