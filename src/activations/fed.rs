//! The inputs of a run, fed to one model.

use super::Source;
use crate::inputs::{Batch, Cut, Error, Feed, Inputs, Part, Skipped};
use crate::model::TensorInfo;
use crate::runtime::Tensor;

/// [`Inputs`] as one model takes them.
#[derive(Clone, Copy)]
pub struct Fed<'a> {
    pub inputs: &'a Inputs,
    pub feed: &'a Feed,
    /// Inputs that pooling adds to the model: [`crate::taps::Overlay`]'s.
    pub extra: &'a [TensorInfo],
    /// The share of the drawn inputs, in percent, that may be skipped before the run is given up.
    pub most_skipped: f64,
}

impl Source for Fed<'_> {
    fn drawn(&self) -> usize {
        self.inputs.drawn()
    }

    fn skipped(&self) -> &[Skipped] {
        self.inputs.opened_skips()
    }

    fn repeats(&self) -> usize {
        self.inputs.repeats()
    }

    fn keeps_repeats(&self) -> bool {
        self.inputs.keeps_repeats()
    }

    fn cut(&self) -> Cut {
        self.inputs.cut()
    }

    fn sizes(&self, block: usize) -> Result<Vec<Vec<usize>>, Error> {
        self.inputs.sizes(block)
    }

    fn batches(&self, wanted: Vec<Part>) -> Box<dyn Iterator<Item = Result<Batch, Error>> + Send + '_> {
        Box::new(self.inputs.batches(wanted))
    }

    fn bear(&self, skipped: &[Skipped]) -> Result<(), Error> {
        let drawn = self.drawn();
        match skipped.last() {
            Some(last) if skipped.len() as f64 > self.most_skipped / 100.0 * drawn as f64 => {
                let (skipped, last) = (skipped.len(), format!("{}: {}", last.source, last.reason));
                Err(Error::TooManySkipped { skipped, drawn, most: self.most_skipped, last })
            }
            _ => Ok(()),
        }
    }

    fn tensors(&self, batch: &mut Batch) -> Result<Vec<(String, Tensor)>, Error> {
        self.feed.tensors(batch, self.extra)
    }
}
