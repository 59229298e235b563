//! The feed of one model: which of the prepared inputs fills each of the model's inputs.
//!
//! In: the inputs of a graph and a [`Batch`]. Out: named tensors, one for every input of the model.

use super::batch::Batch;
use super::error::Error;
use super::open::Inputs;
use super::tensors::fill::Fill;
use crate::model::{Graph, TensorInfo};
use crate::runtime::Tensor;

/// How batches become the tensors that one model takes.
#[derive(Debug)]
pub struct Feed {
    fill: Box<dyn Fill>,
    /// An input of the model, for messages.
    input: String,
}

impl Feed {
    /// Settles what fills the inputs of a model.
    ///
    /// # Errors
    /// An input that nothing given fills, several inputs that could take the same, arrays of another shape or of a type
    /// that cannot be converted.
    pub fn of(inputs: &Inputs, graph: &Graph) -> Result<Self, Error> {
        let fill = inputs.source.fill(&graph.inputs)?;
        let input = graph.inputs.first().map_or_else(String::new, |input| input.name.clone());
        Ok(Feed { fill, input })
    }

    /// The tensors of a batch, one for each input of the model and for each of the `extra` inputs (a mask of the real
    /// tokens, which pooling needs where the model takes none). Where the model is fixed to a batch size, a smaller batch
    /// is filled up with copies of its last row: only the first `batch.rows.len()` rows of the outputs are inputs.
    ///
    /// The prepared inputs are taken out of the batch: a batch of images has some megabytes, and a copy would cost time.
    ///
    /// # Errors
    /// A batch larger or longer than the model takes, a value that its element type cannot hold, a batch that was fed
    /// before.
    pub fn tensors(&self, batch: &mut Batch, extra: &[TensorInfo]) -> Result<Vec<(String, Tensor)>, Error> {
        let rows = match self.fill.fixed_rows() {
            Some(fixed) if batch.rows.len() > fixed => {
                let (wants, has) = (format!("{fixed} inputs"), format!("batches of {}", batch.rows.len()));
                return Err(Error::FixedShape { input: self.input.clone(), wants, has });
            }
            Some(fixed) => fixed,
            None => batch.rows.len(),
        };
        let prepared = batch.prepared.take().ok_or(Error::OtherKind)?;
        self.fill.tensors(prepared, batch, rows, extra)
    }
}

#[cfg(test)]
mod tests;
