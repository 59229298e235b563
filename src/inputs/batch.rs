//! One batch: the inputs that run through the model together, before they take the names and types that a model asks for.

use std::any::Any;
use std::fmt::Debug;

use super::ledger::Skipped;

/// The prepared inputs of a batch, in the form of their kind. The [`super::Feed`] of the same kind makes tensors of them.
pub trait Prepared: Any + Debug + Send {
    /// A copy of the inputs at these places of the batch, in the order of `places`.
    fn select(&self, places: &[usize]) -> Box<dyn Prepared>;
}

/// The beginning of a digest, as much as tells the inputs of a run apart.
pub(super) fn shortened(digest: &[u8; 32]) -> [u8; 16] {
    std::array::from_fn(|byte| digest[byte])
}

/// A batch in the fixed order of a run. Its composition depends on the inputs and settings only, never on timing.
#[derive(Debug, Default)]
pub struct Batch {
    /// Position among the batches that were asked for.
    pub index: u64,
    /// The number of the part that the batch belongs to.
    pub part: u64,
    /// Whether it is the last one of its part.
    pub ends_part: bool,
    /// Whether its part is the last one of a block.
    pub ends_block: bool,
    /// The inputs of the batch, as positions in the draw, which keeps the file's order. Empty where every input of the
    /// batch was skipped; there is nothing to run then.
    pub rows: Vec<usize>,
    /// `None` once the feed has taken it.
    pub prepared: Option<Box<dyn Prepared>>,
    /// BLAKE3 of the content of each row, as read.
    pub digests: Vec<[u8; 32]>,
    /// A hash of what the model gets of each row: an input that has that of an earlier one repeats it.
    pub alike: Vec<[u8; 16]>,
    /// Inputs that turned out to be unusable while this batch was made.
    pub skipped: Vec<Skipped>,
    /// The rows that were cut to the maximum length.
    pub truncated: Vec<usize>,
}

impl Batch {
    /// The prepared inputs in the form of one kind; `None` if they are of another kind, or were fed already.
    #[cfg(any(test, feature = "internals"))]
    pub fn prepared_as<P: Prepared>(&self) -> Option<&P> {
        let prepared: &dyn Any = &**self.prepared.as_ref()?;
        prepared.downcast_ref()
    }

    /// A batch of the inputs at some places of this one, in the order of `places`: for running inputs alone that will
    /// run together. It has no skipped and no cut inputs of its own.
    pub fn select(&self, places: &[usize]) -> Batch {
        Batch {
            index: self.index,
            part: self.part,
            ends_part: false,
            ends_block: false,
            rows: places.iter().map(|place| self.rows[*place]).collect(),
            prepared: self.prepared.as_ref().map(|prepared| prepared.select(places)),
            digests: places.iter().map(|place| self.digests[*place]).collect(),
            alike: places.iter().map(|place| self.alike[*place]).collect(),
            skipped: Vec::new(),
            truncated: Vec::new(),
        }
    }
}
