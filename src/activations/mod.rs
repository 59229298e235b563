//! Activations: run the batches through the model and keep what each neuron did.
//!
//! In: a session, taps and batches, or a file of activations. Out: [`Activations`], neuron-major: [neurons, inputs].
//!
//! - `capture`: the loop over batches, resumable
//! - `self_check`: whether an input's values depend on its batch, or on chance
//! - `shard`: a stretch of finished batches as bytes
//! - `table`: the numbers, in memory or in a mapped file
//! - `examples`: the inputs that activate a neuron most
//! - `fed`: the inputs of a run as the batches of a capture
//! - `load`, `save`: files of activations
//! - `warnings`: what a reader must know of them

mod capture;
mod error;
mod examples;
mod fed;
mod load;
mod save;
mod self_check;
mod shard;
mod table;
#[cfg(test)]
mod tests;
mod warnings;

use std::ops::Range;

use ndarray::{ArrayView2, s};
use serde::{Deserialize, Serialize};

use crate::inputs::Skipped;
use crate::taps::Pooling;

pub use capture::{CheckPlan, Forward, SELF_CHECK, Source, capture};
pub use error::Error;
pub use examples::{Example, MOST_TELLING, examples};
pub use fed::Fed;
pub use load::{digest, layers_of, load};
pub use self_check::{ROUNDING, ROUNDING_OF_HALF, SelfCheck};

use table::Table;

/// One layer's neurons among all rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// What a person calls the layer.
    pub label: String,
    /// The tensor's name in the graph; empty where the activations come from a file.
    pub tensor: String,
    pub pooling: Pooling,
    /// The rows of [`Activations::rows`].
    pub neurons: Range<usize>,
}

/// What every neuron of the chosen layers did on every input.
pub struct Activations {
    /// In the order of the forward pass, or of the file.
    pub layers: Vec<Layer>,
    /// Inputs that were run: the columns of [`Activations::rows`].
    pub samples: usize,
    /// Which of the drawn inputs each column is, ascending.
    pub kept_rows: Vec<usize>,
    /// Inputs drawn and not run: those found while reading first, then in the order of the batches.
    pub skipped: Vec<Skipped>,
    /// Inputs that were cut to the maximum length.
    pub truncated: usize,
    /// Layers of a file that lost digits on their way to float32.
    pub rounded: Vec<String>,
    /// Rows of a file that hold what an earlier one holds.
    pub repeated: usize,
    /// BLAKE3 over the digests of the inputs run, in their order; of a file of activations, its own.
    pub digest: [u8; 32],
    /// Shards of the capture; nothing where the activations come from a file.
    pub resumed: Option<Resume>,
    /// What the self-check found; nothing where no model was run, or where it could not run.
    pub self_check: Option<SelfCheck>,
    table: Table,
}

/// How much of a capture was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Shards of an earlier run that were used.
    pub kept: u64,
    /// Shards in all.
    pub total: u64,
}

impl Activations {
    /// The numbers, [neurons, inputs], each row contiguous.
    pub fn rows(&self) -> ArrayView2<'_, f32> {
        self.table.rows()
    }

    /// One layer's rows, [neurons of the layer, inputs].
    pub fn layer(&self, layer: &Layer) -> ArrayView2<'_, f32> {
        self.table.rows().slice_move(s![layer.neurons.clone(), ..])
    }

    /// The rows of each layer.
    pub fn ranges(&self) -> Vec<Range<usize>> {
        self.layers.iter().map(|layer| layer.neurons.clone()).collect()
    }
}

impl std::fmt::Debug for Activations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Activations")
            .field("layers", &self.layers)
            .field("samples", &self.samples)
            .finish_non_exhaustive()
    }
}
