//! What a capture needs of a model and of its inputs, so that both can be made up in tests.

use ndarray::Array2;

use crate::inputs::{self, Batch, Cut, Part, Skipped};
use crate::runtime::{self, Session, Tensor};

/// What gives a layer's outputs for a batch: a [`Session`].
pub trait Forward {
    /// The pooled outputs of the taps, in order, each [batch, neurons].
    fn run(&mut self, inputs: Vec<(String, Tensor)>) -> Result<Vec<Array2<f32>>, runtime::Error>;

    /// What ends a run from another thread.
    fn stopper(&self) -> Box<dyn Fn() + Send>;
}

impl Forward for Session {
    fn run(&mut self, inputs: Vec<(String, Tensor)>) -> Result<Vec<Array2<f32>>, runtime::Error> {
        Session::run(self, inputs)
    }

    fn stopper(&self) -> Box<dyn Fn() + Send> {
        let canceller = self.canceller();
        Box::new(move || canceller.cancel())
    }
}

/// What gives batches, and their tensors as one model takes them.
pub trait Source: Sync {
    /// Inputs drawn: one more than the largest row of any batch.
    fn drawn(&self) -> usize;

    /// Inputs drawn that are in no batch, because they turned out unusable before.
    fn skipped(&self) -> &[Skipped] {
        &[]
    }

    /// Whether it makes sense to continue with so many skipped; asked after every batch.
    fn bear(&self, _skipped: &[Skipped]) -> Result<(), inputs::Error> {
        Ok(())
    }

    /// Inputs drawn that are in no batch, because they hold what an earlier one holds.
    fn repeats(&self) -> usize {
        0
    }

    /// Whether inputs that hold what an earlier one holds are measured all the same.
    fn keeps_repeats(&self) -> bool {
        true
    }

    /// How the inputs are cut into parts.
    fn cut(&self) -> Cut;

    /// The inputs of every batch of a block, by window, for [`Cut::parts`].
    fn sizes(&self, block: usize) -> Result<Vec<Vec<usize>>, inputs::Error>;

    /// The batches of these parts, in their order; a part that its block does not have gives none. Their composition never
    /// changes.
    fn batches(&self, wanted: Vec<Part>) -> Box<dyn Iterator<Item = Result<Batch, inputs::Error>> + Send + '_>;

    /// The model's inputs for a batch, made of what was prepared in it, which they take with them. A model with a fixed
    /// batch size may get more rows than the batch has.
    fn tensors(&self, batch: &mut Batch) -> Result<Vec<(String, Tensor)>, inputs::Error>;
}
