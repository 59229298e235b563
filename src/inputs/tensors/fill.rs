//! How a kind of inputs fills the inputs of a model.

use std::fmt::Debug;

use crate::inputs::batch::{Batch, Prepared};
use crate::inputs::error::Error;
use crate::model::TensorInfo;
use crate::runtime::Tensor;

/// Named tensors, in the order of the model's inputs.
pub(crate) type Tensors = Vec<(String, Tensor)>;

/// Gives each input of one model its tensor.
pub(crate) trait Fill: Debug + Send + Sync {
    /// The batch size that the model is fixed to.
    fn fixed_rows(&self) -> Option<usize>;

    /// The tensors for a batch whose `prepared` inputs were taken out of it, filled up to `rows` rows; after the model's
    /// own inputs one tensor for each of the `extra` inputs.
    ///
    /// # Errors
    /// A value that the model's element type cannot hold, or a batch that is longer than the model takes.
    fn tensors(
        &self,
        prepared: Box<dyn Prepared>,
        batch: &Batch,
        rows: usize,
        extra: &[TensorInfo],
    ) -> Result<Tensors, Error>;
}

/// The prepared inputs in the form of one kind.
///
/// # Errors
/// The batch was made by another kind of inputs than the feed.
pub(crate) fn of_kind<P: Prepared>(prepared: Box<dyn Prepared>) -> Result<P, Error> {
    let any: Box<dyn std::any::Any> = prepared;
    any.downcast().map(|prepared| *prepared).map_err(|_| Error::OtherKind)
}
