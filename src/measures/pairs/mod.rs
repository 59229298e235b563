//! Mutual information of pairs of neurons.
//!
//! In: neurons, each a row of S activations, and an estimator. Out: nats, a matrix [M, M] over the chosen neurons.
//!
//! ```text
//! choose (which pairs) -> prepared -> estimate (what every estimator does) -> PairMatrix
//!                                     binned    bins
//!                                     nearest   nearest neighbours, in knn/
//! ```

pub mod binned;
pub mod choose;
pub mod estimate;
pub mod knn;
pub mod nearest;
pub mod prepared;
