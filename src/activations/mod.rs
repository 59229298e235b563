//! Activations: run the batches through the model and keep what each neuron did.
//!
//! In: a session, taps and batches, or a file of activations. Out: [`Activations`], neuron-major: [neurons, inputs].
//!
//! - `layers`: the activations of the chosen layers
//! - `source`: what a capture takes batches and outputs from
//! - `capture`: the loop over batches, resumable, of all inputs or of one shard's share
//! - `prepare`: the batches that come next, made while the model runs
//! - `self_check`: what is known of whether an input's values depend on its batch, or on chance; `trial` finds it out
//! - `part`: a part of a capture as bytes
//! - `table`: the numbers, in memory or in a mapped file
//! - `examples`: the inputs that activate a neuron most
//! - `fed`: the inputs of a run as the batches of a capture
//! - `load`, `save`: files of activations; `arrays`: activations in another program's memory
//! - `narrow`: float64 made float32
//! - `warnings`: what a reader must know of them

mod arrays;
mod capture;
mod error;
mod examples;
mod fed;
mod layers;
mod load;
mod narrow;
mod part;
mod prepare;
mod save;
mod self_check;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod trial;
mod warnings;

pub use arrays::Values;
pub use capture::{CapturePlan, SELF_CHECK, capture, capture_share, join};
pub use error::Error;
pub use examples::{Example, MOST_TELLING, examples};
pub use fed::Fed;
pub use layers::{Activations, Layer, Resume};
pub use load::{digest, in_half, layers_of, load};
pub use save::Precision;
pub use self_check::{ROUNDING, ROUNDING_OF_HALF, SelfCheck};
pub use source::{Forward, Source};
