//! What is made ready before anything is searched.
//!
//! In: rows of activations. Out: for every neuron its inputs in order of value ([`Columns`], kept for the whole run), for the
//! neurons of one tile what their pairs look up ([`Neuron`]), for one pair its points arranged in the plane ([`Strips`]).
//!
//! ```text
//! rows -> normal_scores (robust) -> sorted -> columns -> neuron, with its lookup -> strips
//! ```

mod columns;
mod lookup;
mod neuron;
pub mod normal_scores;
mod sorted;
mod strips;

pub use columns::{Columns, Kind};
pub use lookup::Lookup;
pub use neuron::{BACK, MOST_VALUES, Neuron};
pub use sorted::{Column, Sorted};
pub use strips::Strips;
