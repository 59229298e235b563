//! Batches in a fixed order, prepared ahead of whoever runs them.
//!
//! One thread prepares (and spreads its work over rayon's), a bounded channel holds what is ready: while a model runs
//! one batch the next two are made, and no more than that waits in memory.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use super::ledger::Skipped;
use super::{Error, Material};

/// Batches that wait ready-made.
const AHEAD: usize = 2;

/// Inputs made ready for any model of the family, before they take the names and types that one file asks for.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Token ids of each input, special tokens included, not padded; the segment ids beside them (a row of none where
    /// all are 0). `pad` fills up the shorter ones.
    Tokens { ids: Vec<Vec<u32>>, segments: Vec<Vec<u32>>, pad: u32 },
    /// [batch, 3, height, width], normalized.
    Pixels(ndarray::Array4<f32>),
    /// One array a model input, [batch, …] each; the name is empty in a lone .npy.
    Arrays(Vec<(String, crate::runtime::Tensor)>),
}

/// A batch in the fixed order of a run. The composition depends on the inputs and settings only, never on timing.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Position in the order of batches.
    pub index: u64,
    /// Which of the drawn inputs these are (positions in the draw, which keeps the file's order). May be empty: then
    /// all of the batch was skipped, and there is nothing to run.
    pub rows: Vec<usize>,
    pub prepared: Prepared,
    /// BLAKE3 of each row's content, as read.
    pub digests: Vec<[u8; 32]>,
    /// What turned out to be unusable while this batch was made.
    pub skipped: Vec<Skipped>,
    /// Rows that were cut to the maximum length.
    pub truncated: usize,
}

/// The batches of a run, in order. Dropping it stops the thread.
pub struct Batches {
    ready: Option<Receiver<Result<Option<Batch>, Error>>>,
    worker: Option<JoinHandle<()>>,
    next: u64,
}

impl Batches {
    pub(crate) fn start(material: Arc<Material>, from: u64) -> Self {
        let (sender, ready) = sync_channel(AHEAD);
        let work = move || {
            let result = prepare(&material, from, |batch| sender.send(Ok(Some(batch))).is_ok());
            // The receiver may be gone, which is no error: it has seen enough.
            let _ = sender.send(result.map(|()| None));
        };
        match thread::Builder::new().name("inputs".to_owned()).spawn(work) {
            Ok(worker) => Batches { ready: Some(ready), worker: Some(worker), next: from },
            Err(error) => {
                let (sender, ready) = sync_channel(1);
                // There is room for one.
                let _ = sender.send(Err(Error::Thread(error)));
                Batches { ready: Some(ready), worker: None, next: from }
            }
        }
    }
}

/// Makes the batches from number `from` on, until there are no more or nobody `wants` them.
fn prepare(material: &Material, from: u64, mut wants: impl FnMut(Batch) -> bool) -> Result<(), Error> {
    let mut index = 0u64;
    for window in 0..material.window_count() {
        let count = material.batches_in(window)?;
        if index + (count as u64) <= from {
            index += count as u64;
            continue;
        }
        for nth in 0..count {
            if index >= from && !wants(material.batch(window, nth, index)?) {
                return Ok(());
            }
            index += 1;
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
