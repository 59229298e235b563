//! How many directions the activations of a layer use.
//!
//! In: activations [neurons, inputs] and the layers. Out: effective rank, participation ratio and mean |r| of each layer
//! and overall, and how far off the effective rank is by the inputs drawn.
//!
//! ```text
//! standard (mean 0, deviation 1) -> products (every two neurons, or every two inputs) -> figures -> spectra
//! ```

mod figures;
mod products;
mod spectra;
mod standard;
#[cfg(test)]
mod tests;

pub(crate) use self::products::{correlations, of_inputs as products_of_inputs};
pub(crate) use self::spectra::measure;
pub use self::spectra::{Spectra, Spectrum};
pub(crate) use self::standard::Standard;
