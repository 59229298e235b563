//! The other half of a capture's loop: what is ready to run, made on a thread of its own while the model runs what came before.

use std::sync::mpsc::SyncSender;

use super::source::Source;
use super::trial::Trial;
use crate::inputs::{self, Batch};
use crate::runtime::Tensor;

/// A batch ready to run, without what it was made from.
pub(super) struct Ready {
    pub batch: Batch,
    pub tensors: Vec<(String, Tensor)>,
}

/// What the thread that prepares gives to the one that runs the model.
pub(super) enum Prepared {
    /// The inputs of the self-check, before any batch.
    Trial(Trial),
    Batch(Ready),
}

/// Makes the inputs of the self-check, then the tensors of one batch after the other, until there are no more, or the
/// receiver is gone.
pub(super) fn prepare(
    source: &dyn Source,
    wanted: Vec<inputs::Part>,
    check: bool,
    ready: &SyncSender<Result<Prepared, inputs::Error>>,
) {
    if check && let Some(made) = trial(source).transpose() {
        let failed = made.is_err();
        if ready.send(made.map(Prepared::Trial)).is_err() || failed {
            return;
        }
    }
    for batch in source.batches(wanted) {
        let made = batch.and_then(|mut batch| {
            if batch.rows.is_empty() {
                return Ok(Ready { batch, tensors: Vec::new() });
            }
            let tensors = source.tensors(&mut batch)?;
            Ok(Ready { batch, tensors })
        });
        let failed = made.is_err();
        if ready.send(made.map(Prepared::Batch)).is_err() || failed {
            return;
        }
    }
}

/// The inputs of the self-check: from the first batch of the run that has any, whatever the share of this process is, so that
/// every process finds the same.
fn trial(source: &dyn Source) -> Result<Option<Trial>, inputs::Error> {
    for batch in source.batches(source.cut().all()) {
        let batch = batch?;
        if !batch.rows.is_empty() {
            return Trial::of(&batch, source).map(Some);
        }
    }
    Ok(None)
}
