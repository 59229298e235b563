//! What is known of every neuron before anything is measured, and whether it makes `paper` doubtful.
//!
//! In: activations [neurons, inputs] and the layers. Out: the survey of the neurons, counts and names per layer, outlier
//! channels, and the reasons to read `robust` too.
//!
//! ```text
//! extent -> survey -> counts, outliers -> concerns
//! ```

pub mod concerns;
pub mod counts;
mod extent;
pub mod outliers;
pub mod survey;
