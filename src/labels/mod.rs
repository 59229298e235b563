//! Labels: what can be read off the activations of each layer, as the length of an online code.
//!
//! In: activations [neurons, inputs] per layer, and the labels of the inputs. Out: [`Codelengths`] per column of labels:
//! the codelength, the compression and the accuracy of a probe, beside the code of the labels alone and that of
//! permuted labels.
//!
//! ```text
//! rows (which label is whose) -> classes ─┐
//! features (standardised, turned) ────────┼-> codelength (lbfgs -> logistic) -> layers -> result
//! blocks ─────────────────────────────────┘
//! ```

mod blocks;
mod classes;
mod codelength;
mod error;
mod features;
mod layers;
mod lbfgs;
mod least;
mod logistic;
mod result;
mod rows;
mod settings;
#[cfg(test)]
mod tests;

pub use blocks::Blocks;
pub use classes::{Class, Labelled};
pub use error::Error;
pub use layers::codelengths;
pub use result::{Code, Codelengths, Estimate, LayerCode};
pub use rows::{Column, Labelling, Source};
pub use settings::{Settings, Units};
