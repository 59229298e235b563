//! Which of the two formulas.

use serde::{Deserialize, Serialize};

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
