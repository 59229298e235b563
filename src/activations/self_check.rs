//! Whether a model gives an input the same values wherever the input stands: alone, in a batch, and a second time.
//!
//! The trial of a capture finds it out with a handful of inputs of the first batch. No list of ops foresees every model that takes
//! something from the whole batch, or from chance; running a few inputs twice finds them all.

use serde::{Deserialize, Serialize};

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
