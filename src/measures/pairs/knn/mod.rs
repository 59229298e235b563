//! Mutual information of pairs of neurons from nearest neighbours.
//!
//! In: neurons, each a row of S finite activations, and k. Out: nats, one number per pair. README.md in this folder draws the
//! algorithm.
//!
//! ```text
//! api (all pairs, some pairs)
//!  |  pair (one pair, from two neurons to nats)
//!  |   |  prepare (columns, neurons, strips) -> search (radii) -> count (points within them)
//!  |   |  brute_force (the same for few inputs), diagonal (for a neuron with itself)
//!  |   |  simd (what the two of them ask of a processor)
//!  |  matrix
//! plain (the definitions, which all of this must agree with)
//! ```

mod api;
mod brute_force;
mod count;
mod diagonal;
mod form;
mod matrix;
mod pair;
mod plain;
mod prepare;
mod psi;
mod search;
#[allow(unsafe_code, reason = "instructions that only some processors have; each block says why it is sound")]
mod simd;

pub use api::{all_pairs, share_of_pairs, some_pairs};
pub use form::Form;
pub use matrix::PairMatrix;
pub use prepare::Columns;
// For tests and benchmarks.
#[cfg(any(test, feature = "internals"))]
pub use {
    api::{one_tile, pair},
    plain::pair as plain_pair,
    simd::Level,
};

#[cfg(test)]
mod robust_tests;
#[cfg(test)]
mod tests;
