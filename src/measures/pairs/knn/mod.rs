//! Mutual information of pairs of neurons from nearest neighbours.
//!
//! In: neurons, each a row of S finite activations, and k. Out: nats, one number a pair.
//!
//! ```text
//! rows -> Columns (once a neuron) -> tiles of pairs -> strips -> neighbours -> counts -> PairMatrix
//! ```

mod columns;
mod count;
mod direct;
mod exact;
mod kernel;
mod lookup;
mod matrix;
mod neuron;
#[doc(hidden)]
pub mod plain;
mod psi;
mod scores;
mod search;
#[allow(unsafe_code, reason = "instructions that only some processors have; each block says why it is sound")]
mod simd;
mod spans;
mod strips;
mod tiles;

use serde::{Deserialize, Serialize};

pub use columns::Columns;
pub use matrix::PairMatrix;
pub use tiles::{all_pairs, some_pairs};
#[doc(hidden)]
#[cfg(any(test, feature = "internals"))]
pub use {simd::Level, tiles::one_tile};

use crate::measures::Error;

/// Which estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Kraskov's first estimator on the activations, as published: I = psi(S) + psi(k) - mean psi(n_x + 1) - mean psi(n_y + 1),
    /// computed as in float64. Never clipped.
    Paper,
    /// The estimator for discrete-continuous mixtures on normal scores: unchanged by increasing maps of a neuron.
    Robust,
}

/// Mutual information of two neurons over the same inputs, in nats.
///
/// The values must be finite; the shorter of the two decides S.
///
/// # Errors
/// As [`all_pairs`].
#[cfg(any(test, feature = "internals"))]
pub fn pair(x: &[f32], y: &[f32], k: usize, form: Form) -> Result<f64, Error> {
    let samples = x.len().min(y.len());
    let columns = Columns::prepare(&[&x[..samples], &y[..samples]], form);
    Ok(some_pairs(&columns, &[(0, 1)], k)?[0])
}

#[cfg(test)]
mod robust_tests;
#[cfg(test)]
mod tests;
