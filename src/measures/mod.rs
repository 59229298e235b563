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
mod health;
mod intervals;
mod measure;
#[cfg(test)]
mod measure_tests;

mod own_ranges;
pub mod pairs;
mod quantiles;
mod reading;
mod sample;
mod sensitivity;
mod settings;
mod splits;
mod stability;
pub(crate) mod student;
mod summary;
#[doc(hidden)]
pub mod survey;
#[cfg(test)]
mod testing;
mod warnings;

pub use self::error::Error;
pub use self::health::{Concerns, Health, NonFinite, OutlierChannel};
pub use self::intervals::{Deviations, Resamples};
pub use self::measure::{Measures, Timing, measure};
pub use self::own_ranges::in_own_ranges;
pub use self::pairs::knn::PairMatrix;
pub use self::reading::{Reading, Spread};
pub use self::sensitivity::{Levels, Sensitivity};
pub use self::settings::{Binning, EntropyEstimator, Estimator, MiEstimator, PairNeurons, Settings};
pub use self::stability::Stability;
pub use self::summary::{Centre, Measure, Statistics, Summary};
