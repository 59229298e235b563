//! Mutual information of pairs of neurons.
//!
//! In: neurons, each a row of S activations, and the settings. Out: nats, a matrix [M, M] over the chosen neurons.
//!
//! ```text
//! choose (which pairs) -> binned or knn (one estimator per file or folder) -> PairMatrix
//! ```

mod binned;
mod choose;
pub mod knn;

pub(crate) use choose::{Chosen, PairMethod, Prepared, pairs_of, within};
