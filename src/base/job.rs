//! What a long stage asks of whoever waits for it: to hear of progress, to be told to stop, to keep what is finished,
//! and to find room for what does not fit in memory.
//!
//! Every method has a default that does nothing, so `&()` is the job of a caller who just waits.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::share::Share;

/// A stage that takes long enough to be shown, and whose finished parts are worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Inputs run through the model; parts are shards of batches.
    Capture,
    /// Pairs of neurons; parts are tiles of the matrix.
    Pairs,
    /// Subsamples behind the intervals.
    Intervals,
    /// Codes of labels, one per layer and order.
    Codes,
    /// Inputs run again with neurons switched off.
    Ablation,
    /// The whole share of one shard: its part is empty, and says that the shard is finished.
    Shard,
}

impl Stage {
    /// The name in messages and in the files of kept parts.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Capture => "capture",
            Stage::Pairs => "pairs",
            Stage::Intervals => "intervals",
            Stage::Codes => "codes",
            Stage::Ablation => "ablation",
            Stage::Shard => "shard",
        }
    }
}

/// The caller of a long stage. All methods may be called from any thread.
pub trait Job: Sync {
    /// A stage starts; `total` counts inputs, pairs or subsamples.
    fn begin(&self, _stage: Stage, _total: u64) {}

    /// `by` more of the stage's total are done.
    fn advance(&self, _by: u64) {}

    /// `by` more of the stage's total were done by an earlier run, which says nothing of how long the rest takes.
    fn reuse(&self, by: u64) {
        self.advance(by);
    }

    /// The stage is over.
    fn end(&self) {}

    /// Whether to stop: a stage looks here at least once a batch or tile and then returns its `Interrupted` error.
    fn stopped(&self) -> bool {
        false
    }

    /// Something the user should hear now, though the run continues.
    fn warn(&self, _message: &str) {}

    /// A part finished by an earlier, broken run with the same key, if it is there and whole.
    /// `section` tells apart several passes of one stage (`paper`, `robust`, a variant's label).
    fn kept(&self, _stage: Stage, _section: &str, _index: u64) -> Option<Vec<u8>> {
        None
    }

    /// Keeps a finished part. Failing to is an error of the environment (the disk is full).
    fn keep(&self, _stage: Stage, _section: &str, _index: u64, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    /// Which parts this process makes, where several share a run.
    fn share(&self) -> Share {
        Share::All
    }

    /// Room for `len` zeroes. The binary maps a file where they would crowd the memory.
    fn buffer(&self, len: usize) -> io::Result<Box<dyn Buffer>> {
        Ok(Box::new(vec![0.0f64; len]))
    }
}

impl Job for () {}

/// How long a request to stop may go unnoticed.
pub const NOTICED: Duration = Duration::from_millis(50);

/// Calls `stop` when the job asks to stop; returns then, or when the other end of `finished` is dropped.
pub fn watch(job: &dyn Job, stop: &dyn Fn(), finished: &Receiver<()>) {
    while finished.recv_timeout(NOTICED) == Err(RecvTimeoutError::Timeout) {
        if job.stopped() {
            return stop();
        }
    }
}

/// A block of numbers that may live in memory or in a mapped file.
pub trait Buffer: Send + Sync {
    /// The numbers.
    fn values(&self) -> &[f64];
    /// The numbers, to be written.
    fn values_mut(&mut self) -> &mut [f64];
}

impl Buffer for Vec<f64> {
    fn values(&self) -> &[f64] {
        self
    }
    fn values_mut(&mut self) -> &mut [f64] {
        self
    }
}
