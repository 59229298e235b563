//! Batches in a fixed order, prepared ahead of whoever runs them.
//!
//! One thread prepares (and spreads its work over rayon's), a bounded channel holds what is ready: while a model runs
//! one batch, the next two are made, and no more than that waits in memory.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use super::batch::Batch;
use super::cut::{Cut, Part};
use super::error::Error;
use super::source::InputSource;

/// The number of batches that wait ready-made.
const AHEAD: usize = 2;

/// Batches of a run, in order. Dropping it stops the thread.
pub struct Batches {
    ready: Option<Receiver<Result<Option<Batch>, Error>>>,
    worker: Option<JoinHandle<()>>,
    next: u64,
}

impl Batches {
    /// Prepares the batches of these parts, which come in the order given.
    pub(crate) fn start(source: Arc<dyn InputSource>, cut: Cut, wanted: Vec<Part>) -> Self {
        let (sender, ready) = sync_channel(AHEAD);
        let work = move || {
            let result = prepare(&*source, cut, &wanted, |batch| sender.send(Ok(Some(batch))).is_ok());
            // The receiver may be gone, which is not an error: it has seen enough.
            let _ = sender.send(result.map(|()| None));
        };
        match thread::Builder::new().name("inputs".to_owned()).spawn(work) {
            Ok(worker) => Batches { ready: Some(ready), worker: Some(worker), next: 0 },
            Err(error) => {
                let (sender, ready) = sync_channel(1);
                // There is room for one.
                let _ = sender.send(Err(Error::Thread(error)));
                Batches { ready: Some(ready), worker: None, next: 0 }
            }
        }
    }
}

/// Makes the batches of the parts that are wanted, until there are no more or `wants` refuses one.
fn prepare(
    source: &dyn InputSource,
    cut: Cut,
    wanted: &[Part],
    mut wants: impl FnMut(Batch) -> bool,
) -> Result<(), Error> {
    let mut index = 0;
    for of_block in wanted.chunk_by(|one, next| one.block == next.block) {
        let Some(&Part { block, .. }) = of_block.first() else { continue };
        let sizes = cut.windows(block).map(|window| source.sizes(window)).collect::<Result<Vec<_>, _>>()?;
        let parts = cut.parts(block, &sizes);
        for &Part { nth, .. } in of_block {
            // A block may have fewer parts than it could have.
            let Some(batches) = parts.get(nth) else { continue };
            for (place, &(window, within)) in batches.iter().enumerate() {
                let batch = source.batch(window, within)?;
                let part = cut.number(block, nth);
                let ends_part = place + 1 == batches.len();
                let ends_block = nth + 1 == parts.len();
                if !wants(Batch { index, part, ends_part, ends_block, ..batch }) {
                    return Ok(());
                }
                index += 1;
            }
        }
    }
    Ok(())
}

impl Iterator for Batches {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let ready = self.ready.as_ref()?;
        let item = match ready.recv() {
            Ok(Ok(Some(batch))) => {
                self.next = batch.index + 1;
                return Some(Ok(batch));
            }
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some(Err(error)),
            // The thread panicked: silence is not the end of the inputs.
            Err(_) => Some(Err(Error::Worker(self.next))),
        };
        self.ready = None;
        item
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        // Without a receiver the worker's next send fails, and it ends after the batch at hand.
        self.ready = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}
