//! The measures: entropy of every neuron, mutual information of every pair, and how sure one can be of them.
//!
//! In: activations [neurons, inputs] (each neuron's values contiguous) and which neurons make up which layer.
//! Out: numbers, in nats. This module knows no file, no ONNX and no terminal.
//!
//! ```text
//! health (survey) -> entropy, pairs -> statistics, resampling -> reading (one per estimator) -> measure
//!                    estimators: the table of what there is to choose from
//!                    spectrum
//! ```

mod cost;
pub(crate) mod entropy;
mod error;
mod estimators;
pub(crate) mod health;
mod measure;
pub mod pairs;
mod quantiles;
pub(crate) mod random;
mod reading;
pub(crate) mod resampling;
mod sensitivity;
mod settings;
pub(crate) mod spectrum;
mod statistics;
mod summary;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod warnings;
mod widest;

pub use self::cost::{Cost, cost};
pub use self::entropy::ranges::Binning;
pub use self::error::Error;
pub use self::estimators::{EntropyEstimator, Estimator, MiEstimator};
pub use self::health::concerns::Concerns;
pub use self::health::counts::{Health, NonFinite};
pub use self::health::outliers::OutlierChannel;
pub use self::measure::{Measures, Timing, measure, share};
pub use self::pairs::choose::PairNeurons;
pub use self::pairs::knn::PairMatrix;
pub use self::reading::Reading;
pub use self::resampling::deviations::{Deviations, Resamples};
pub use self::resampling::stability::Stability;
pub use self::sensitivity::{Levels, Sensitivity};
pub use self::settings::Settings;
pub use self::spectrum::{Spectra, Spectrum};
pub use self::statistics::Spread;
pub use self::summary::{Centre, Measure, Statistics, Summary};
