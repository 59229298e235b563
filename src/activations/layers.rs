//! The activations of the chosen layers, wherever they come from.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::self_check::SelfCheck;
use super::table::Table;
use crate::inputs::Skipped;
use crate::taps::Pooling;

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
    /// Inputs drawn and not run, repeats aside: those found while reading first, then in the order of the batches.
    pub skipped: Vec<Skipped>,
    /// Inputs run that were cut to the maximum length.
    pub truncated: usize,
    /// Layers of a file that lost digits on their way to float32.
    pub rounded: Vec<String>,
    /// Layers of a file whose values are float16.
    pub halved: Vec<String>,
    /// Inputs that hold what an earlier one holds.
    pub repeated: usize,
    /// Whether those are left out: they are then not among the samples.
    pub drops_repeats: bool,
    /// BLAKE3 over the digests of the inputs run, in their order; of a file of activations, its own.
    pub digest: [u8; 32],
    /// Parts of the capture; nothing where the activations come from a file.
    pub resumed: Option<Resume>,
    /// What the self-check found; nothing where no model was run, or where it could not run.
    pub self_check: Option<SelfCheck>,
    pub(super) table: Table,
}

/// How much of a capture was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Parts of an earlier run that were used.
    pub kept: u64,
    /// Parts in all.
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

    /// Takes the last layer out: [neurons of the layer, inputs].
    pub fn take_last(&mut self) -> Option<Array2<f32>> {
        let layer = self.layers.pop()?;
        let values = self.layer(&layer).to_owned();
        self.table.keep_first(layer.neurons.start);
        Some(values)
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
