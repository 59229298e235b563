//! Whether a model gives an input the same values wherever the input stands: alone, in a batch, and a second time.
//!
//! In: a handful of inputs of the first batch. Out: a [`SelfCheck`]. No list of ops foresees every model that takes
//! something from the whole batch, or from chance; running a few inputs twice finds them all.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::Error;
use super::capture::{Forward, Source};
use crate::inputs::{self, Batch};
use crate::runtime::Tensor;

/// The inputs of a model, by name.
type Tensors = Vec<(String, Tensor)>;

/// Inputs that are run alone and together: the first, the middle and the last of a batch. Each is run three times, so that
/// the check costs less than 2 % of a run of 500 inputs.
const INPUTS: usize = 3;
/// Differences up to this share of a layer's root mean square are rounding, in float32.
pub const ROUNDING: f64 = 1e-3;
/// The same where a layer is computed in half precision.
pub const ROUNDING_OF_HALF: f64 = 3e-2;

/// What the check found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// Inputs that were run alone, together, and together again.
    pub inputs: usize,
    /// The largest difference between the values of an input alone and in a batch, as a share of the layer's root mean
    /// square; 0 if there was one input only.
    pub alone: f64,
    /// The same between two runs of one batch.
    pub again: f64,
    /// Up to this share a difference is rounding.
    pub rounding: f64,
}

impl SelfCheck {
    /// Whether the values of an input depend on the other inputs of its batch.
    pub fn depends_on_batch(&self) -> bool {
        self.alone > self.rounding
    }

    /// Whether two runs of one batch differ.
    pub fn is_random(&self) -> bool {
        self.again > self.rounding
    }
}

impl SelfCheck {
    /// As it is kept for a run that is resumed.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What an interrupted run kept.
    pub fn read(bytes: &[u8]) -> Option<SelfCheck> {
        serde_json::from_slice(bytes).ok()
    }
}

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
