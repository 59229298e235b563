//! The measures: entropy of every neuron, mutual information of every pair, and how sure one can be of them.
//!
//! In: activations [neurons, inputs] (each neuron's values contiguous) and which neurons make up which layer.
//! Out: numbers, in nats. This module knows no file, no ONNX and no terminal.
//!
//! ```text
//! survey -> entropy, mutual_information -> summary, intervals, stability -> readings of both estimators -> measure
//! ```

pub mod entropy;
mod error;
mod quantiles;
mod settings;
mod splits;
mod summary;
mod survey;
#[cfg(test)]
mod testing;

pub use self::error::Error;
pub use self::settings::{Binning, EntropyEstimator, Estimator, MiEstimator, PairNeurons, Settings};
pub use self::summary::{Centre, Statistics, Summary};
