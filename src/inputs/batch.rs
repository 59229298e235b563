//! One batch: the inputs that run through the model together, before they take the names and types that a model asks for.

use std::any::Any;
use std::fmt::Debug;

use super::ledger::Skipped;

/// The prepared inputs of a batch, in the form of their kind. The [`super::Feed`] of the same kind makes tensors of them.
pub trait Prepared: Any + Debug + Send {
    /// A copy of the inputs at these places of the batch, in the order of `places`.
    fn select(&self, places: &[usize]) -> Box<dyn Prepared>;
}

/// A batch in the fixed order of a run. Its composition depends on the inputs and settings only, never on timing.
#[derive(Debug)]
pub struct Batch {
    /// Position in the order of batches.
    pub index: u64,
    /// The inputs of the batch, as positions in the draw, which keeps the file's order. Empty where every input of the
    /// batch was skipped; there is nothing to run then.
    pub rows: Vec<usize>,
    /// `None` once the feed has taken it.
    pub prepared: Option<Box<dyn Prepared>>,
    /// BLAKE3 of the content of each row, as read.
    pub digests: Vec<[u8; 32]>,
    /// Inputs that turned out to be unusable while this batch was made.
    pub skipped: Vec<Skipped>,
    /// The number of rows that were cut to the maximum length.
    pub truncated: usize,
}

impl Batch {
    /// The prepared inputs in the form of one kind; `None` if they are of another kind, or were fed already.
    pub fn prepared_as<P: Prepared>(&self) -> Option<&P> {
        let prepared: &dyn Any = &**self.prepared.as_ref()?;
        prepared.downcast_ref()
    }

    /// A batch of the inputs at some places of this one, in the order of `places`: for running inputs alone that will
    /// run together. It has no skipped and no cut inputs of its own.
    pub fn select(&self, places: &[usize]) -> Batch {
        Batch {
            index: self.index,
            rows: places.iter().map(|place| self.rows[*place]).collect(),
            prepared: self.prepared.as_ref().map(|prepared| prepared.select(places)),
            digests: places.iter().map(|place| self.digests[*place]).collect(),
            skipped: Vec::new(),
            truncated: 0,
        }
    }
}
