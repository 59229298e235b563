//! The loop over batches. While the model runs one batch, another thread makes the next one's tensors; what is
//! finished is kept in shards, so that an interrupted run continues where it was and ends in the same bytes.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;

use ndarray::Array2;

use super::self_check::{self, SelfCheck};
use super::shard::Shard;
use super::source::{Forward, Source};
use super::table::Table;
use super::trial::Trial;
use super::{Activations, Error, Layer, Resume};
use crate::base::job::{Job, NOTICED, Stage, watch};
use crate::inputs::{self, Batch, Skipped};
use crate::runtime::Tensor;
use crate::taps::Taps;

/// The name of the part that holds what the self-check found.
pub const SELF_CHECK: &str = "self-check";
/// Inputs of a shard: a few seconds of a large model, and little to lose where a run is killed.
const FEWEST_OF_A_SHARD: usize = 32;
/// Shards of one capture, at most: so many files lie in a folder without harm.
const MOST_SHARDS: usize = 1024;

/// The inputs of a shard. The number depends on the draw alone, never on time or threads, so that parts made anywhere fit
/// together.
pub fn inputs_of_a_shard(drawn: usize) -> usize {
    drawn.div_ceil(MOST_SHARDS).max(FEWEST_OF_A_SHARD)
}

/// How a capture is cut into parts, and what is asked of its self-check.
#[derive(Debug, Clone, Copy)]
pub struct CapturePlan {
    /// Differences up to this share of a layer's root mean square are rounding.
    pub rounding: f64,
    /// Goes on where two runs of one batch differ.
    pub allow_random: bool,
    /// What an earlier check found, which is then not repeated.
    pub known: Option<SelfCheck>,
    /// Inputs of a shard: one ends after the batch that reaches a multiple of this.
    pub shard: usize,
}

impl Default for CapturePlan {
    fn default() -> Self {
        CapturePlan { rounding: self_check::ROUNDING, allow_random: false, known: None, shard: FEWEST_OF_A_SHARD }
    }
}

/// Runs every batch of `source` through `forward`. Continues from the shards that the job has kept.
///
/// # Errors
/// Those of inputs and runtime; [`Error::Interrupted`] after the job asks to stop. In every case what is finished has
/// been kept.
pub fn capture(
    forward: &mut dyn Forward,
    taps: &Taps,
    source: &dyn Source,
    plan: CapturePlan,
    job: &dyn Job,
) -> Result<Activations, Error> {
    job.begin(Stage::Capture, source.drawn() as u64);
    let mut capture = Capture::new(taps, source.drawn(), plan, job);
    capture.skipped.extend_from_slice(source.skipped());
    job.advance(source.skipped().len() as u64);
    let done = capture.restore().and_then(|()| capture.run(forward, source));
    job.end();
    done.and_then(|()| capture.finish())
}

/// A capture under way.
struct Capture<'a> {
    taps: &'a Taps,
    plan: CapturePlan,
    self_check: Option<SelfCheck>,
    job: &'a dyn Job,
    /// Neurons of each layer, and the numbers; both come with the first batch.
    widths: Vec<usize>,
    table: Option<Table>,
    /// The digest of every drawn input that has been run.
    digests: Vec<Option<[u8; 32]>>,
    skipped: Vec<Skipped>,
    truncated: usize,
    next_batch: u64,
    /// Finished batches that are not kept yet, and since when.
    open: Shard,
    /// Inputs that are finished, run or skipped.
    done: usize,
    shards: Resume,
}

/// A batch ready to run, without what it was made from.
struct Ready {
    batch: Batch,
    tensors: Vec<(String, Tensor)>,
    /// With the first batch: the tensors of the self-check.
    trial: Option<Trial>,
}

impl<'a> Capture<'a> {
    fn new(taps: &'a Taps, drawn: usize, plan: CapturePlan, job: &'a dyn Job) -> Self {
        Capture {
            taps,
            plan,
            self_check: plan.known,
            job,
            widths: Vec::new(),
            table: None,
            digests: vec![None; drawn],
            skipped: Vec::new(),
            truncated: 0,
            next_batch: 0,
            open: Shard::default(),
            done: 0,
            shards: Resume { kept: 0, total: 0 },
        }
    }

    /// Takes the shards that are there, up to the first that is missing or does not fit.
    fn restore(&mut self) -> Result<(), Error> {
        while let Some(bytes) = self.job.kept(Stage::Capture, "", self.shards.kept) {
            let Some((shard, numbers)) = Shard::decode(&bytes).filter(|(shard, _)| self.continues(shard)) else {
                self.job
                    .warn(&format!("kept part {} of the capture does not fit and is computed again", self.shards.kept));
                break;
            };
            if !shard.rows.is_empty() {
                self.make_table(&shard.widths)?;
            }
            if let Some(table) = &mut self.table {
                shard.restore(numbers, table);
            }
            self.job.advance((shard.rows.len() + shard.skipped.len()) as u64);
            self.next_batch = shard.batches.1;
            self.shards.kept += 1;
            self.book(shard);
        }
        self.shards.total = self.shards.kept;
        self.open.batches = (self.next_batch, self.next_batch);
        Ok(())
    }

    /// Whether a shard begins where we are, and is of these layers and inputs.
    fn continues(&self, shard: &Shard) -> bool {
        let mut rows = shard.rows.clone();
        rows.sort_unstable();
        rows.dedup();
        let layers = if shard.rows.is_empty() { 0 } else { self.taps.taps.len() };
        shard.batches.0 == self.next_batch
            && shard.batches.1 > shard.batches.0
            && shard.widths.len() == layers
            && (self.table.is_none() || shard.rows.is_empty() || shard.widths == self.widths)
            && rows.len() == shard.rows.len()
            && rows.iter().all(|&row| self.digests.get(row) == Some(&None))
    }

    fn run(&mut self, forward: &mut dyn Forward, source: &dyn Source) -> Result<(), Error> {
        let from = self.next_batch;
        let (job, stop) = (self.job, forward.stopper());
        let check = self.self_check.is_none();
        thread::scope(|scope| {
            // Dropping the ends of the channels ends the threads.
            let (ready, batches) = sync_channel(1);
            let thread = || thread::Builder::new();
            let preparing =
                thread().spawn_scoped(scope, move || prepare(source, from, check, &ready)).map_err(Error::Thread)?;
            let (running, finished) = channel::<()>();
            thread().spawn_scoped(scope, move || watch(job, &stop, &finished)).map_err(Error::Thread)?;

            let done = self.consume(forward, source, &batches);
            drop((batches, running));
            // On an error too, what is finished is kept; the error that came first is the one to tell.
            let kept = self.close();
            let prepared = preparing.join().map_err(|_| Error::Preparation);
            done.and(kept).and(prepared)
        })
    }

    /// Runs batches as they come, until there are no more.
    fn consume(
        &mut self,
        forward: &mut dyn Forward,
        source: &dyn Source,
        batches: &Receiver<Result<Ready, inputs::Error>>,
    ) -> Result<(), Error> {
        loop {
            source.bear(&self.skipped)?;
            if self.job.stopped() {
                return Err(Error::Interrupted);
            }
            let ready = match batches.recv_timeout(NOTICED) {
                Ok(ready) => ready?,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let before = self.done / self.plan.shard;
            self.step(forward, ready)?;
            if self.done / self.plan.shard > before {
                self.close()?;
            }
        }
    }

    /// Runs one batch and books it.
    fn step(&mut self, forward: &mut dyn Forward, Ready { batch, tensors, trial }: Ready) -> Result<(), Error> {
        self.check(&batch)?;
        if let Some(trial) = trial {
            self.self_check(trial.run(forward, self.plan.rounding)?)?;
        }
        if !batch.rows.is_empty() {
            let given = tensors.iter().filter_map(|(_, tensor)| tensor.shape().first()).max().copied().unwrap_or(0);
            let outputs = forward.run(tensors)?;
            self.put(&batch, given, &outputs)?;
        }
        self.job.advance((batch.rows.len() + batch.skipped.len()) as u64);
        self.next_batch = batch.index + 1;
        let finished = Shard {
            batches: (batch.index, self.next_batch),
            widths: Vec::new(),
            rows: batch.rows,
            digests: batch.digests,
            skipped: batch.skipped,
            truncated: batch.truncated,
        };
        self.open.batches.1 = finished.batches.1;
        self.open.rows.extend(&finished.rows);
        self.open.digests.extend(&finished.digests);
        self.open.skipped.extend(finished.skipped.iter().cloned());
        self.open.truncated += finished.truncated;
        self.book(finished);
        Ok(())
    }

    /// Keeps what the self-check found, and refuses what the plan does not allow.
    fn self_check(&mut self, found: Option<SelfCheck>) -> Result<(), Error> {
        let Some(found) = found else { return Ok(()) };
        self.self_check = Some(found);
        self.job.keep(Stage::Capture, SELF_CHECK, 0, &found.bytes()).map_err(Error::Keep)?;
        if found.is_random() && !self.plan.allow_random {
            return Err(Error::Random { difference: found.again, op: None });
        }
        // A random model differs between any two runs, so the batch cannot be blamed.
        if found.depends_on_batch() && !found.is_random() {
            return Err(Error::DependsOnBatch(found));
        }
        Ok(())
    }

    /// Counts what is finished.
    fn book(&mut self, finished: Shard) {
        for (&row, &digest) in finished.rows.iter().zip(&finished.digests) {
            self.digests[row] = Some(digest);
        }
        self.done += finished.rows.len() + finished.skipped.len();
        self.skipped.extend(finished.skipped);
        self.truncated += finished.truncated;
    }

    /// Whether a batch is the next one, and of inputs not seen yet.
    fn check(&self, batch: &Batch) -> Result<(), Error> {
        let wrong = |row: usize, problem| Err(Error::Batch { batch: batch.index, row, problem });
        if batch.index != self.next_batch || batch.digests.len() != batch.rows.len() {
            return wrong(batch.rows.first().copied().unwrap_or(0), "is out of order");
        }
        for (place, &row) in batch.rows.iter().enumerate() {
            match self.digests.get(row) {
                None => return wrong(row, "is beyond the draw"),
                Some(Some(_)) => return wrong(row, "was there before"),
                Some(None) if batch.rows[..place].contains(&row) => return wrong(row, "is there twice"),
                Some(None) => {}
            }
        }
        Ok(())
    }

    /// Puts the outputs of a batch of `given` rows, of which the first are the batch's and the rest fill it up.
    fn put(&mut self, batch: &Batch, given: usize, outputs: &[Array2<f32>]) -> Result<(), Error> {
        let expected = batch.rows.len();
        for (output, tap) in outputs.iter().zip(&self.taps.taps) {
            if output.nrows() != expected && (output.nrows() != given || given < expected) {
                return Err(Error::Rows { layer: tap.label.clone(), got: output.nrows(), expected });
            }
        }
        let widths: Vec<usize> = outputs.iter().map(Array2::ncols).collect();
        if let Some(empty) = widths.iter().position(|&width| width == 0) {
            return Err(Error::Empty { layer: self.taps.taps[empty].label.clone() });
        }
        if self.table.is_none() {
            self.make_table(&widths)?;
        }
        for ((tap, &got), &expected) in self.taps.taps.iter().zip(&widths).zip(&self.widths) {
            if got != expected {
                return Err(Error::Width { layer: tap.label.clone(), batch: batch.index, got, expected });
            }
        }
        let mut first = 0;
        for output in outputs {
            if let Some(table) = &mut self.table {
                table.put(first, output, &batch.rows);
            }
            first += output.ncols();
        }
        Ok(())
    }

    fn make_table(&mut self, widths: &[usize]) -> Result<(), Error> {
        if self.table.is_none() {
            let neurons: usize = widths.iter().sum();
            let columns = self.digests.len();
            let bytes = (neurons as u64).saturating_mul(columns as u64).saturating_mul(4);
            let table = Table::new(neurons, columns, self.job).map_err(|source| Error::Room { bytes, source })?;
            self.table = Some(table);
            self.widths = widths.to_vec();
        }
        Ok(())
    }

    /// Keeps what is finished, as a shard of its own.
    fn close(&mut self) -> Result<(), Error> {
        let next = self.open.batches.1;
        let mut shard = std::mem::take(&mut self.open);
        self.open.batches = (next, next);
        if shard.batches.0 == next {
            return Ok(());
        }
        if !shard.rows.is_empty() {
            shard.widths.clone_from(&self.widths);
        }
        let bytes = shard.encode(self.table.as_ref()).map_err(|error| Error::Keep(error.into()))?;
        self.job.keep(Stage::Capture, "", self.shards.total, &bytes).map_err(Error::Keep)?;
        self.shards.total += 1;
        Ok(())
    }

    fn finish(self) -> Result<Activations, Error> {
        let kept_rows: Vec<usize> =
            self.digests.iter().enumerate().filter_map(|(row, digest)| digest.map(|_| row)).collect();
        let Some(mut table) = self.table else {
            let first = self.skipped.first().map(|skipped| skipped.reason.clone());
            return Err(Error::Nothing { drawn: self.digests.len(), first });
        };
        table.keep_columns(&kept_rows);
        let mut hasher = blake3::Hasher::new();
        for digest in self.digests.iter().flatten() {
            hasher.update(digest);
        }
        let mut first = 0;
        let layers = self.taps.taps.iter().zip(&self.widths).map(|(tap, &width)| {
            let neurons = first..first + width;
            first = neurons.end;
            Layer { label: tap.label.clone(), tensor: tap.tensor.clone(), pooling: tap.pooling, neurons }
        });
        Ok(Activations {
            layers: layers.collect(),
            samples: kept_rows.len(),
            kept_rows,
            skipped: self.skipped,
            truncated: self.truncated,
            rounded: Vec::new(),
            repeated: 0,
            digest: *hasher.finalize().as_bytes(),
            resumed: Some(self.shards),
            self_check: self.self_check,
            table,
        })
    }
}

/// Makes the tensors of one batch after the other, until there are no more, or the receiver is gone.
fn prepare(source: &dyn Source, from: u64, mut check: bool, ready: &SyncSender<Result<Ready, inputs::Error>>) {
    for batch in source.batches(from) {
        let made = batch.and_then(|mut batch| {
            if batch.rows.is_empty() {
                return Ok(Ready { batch, tensors: Vec::new(), trial: None });
            }
            let trial = if std::mem::take(&mut check) { Some(Trial::of(&batch, source)?) } else { None };
            let tensors = source.tensors(&mut batch)?;
            Ok(Ready { batch, tensors, trial })
        });
        let failed = made.is_err();
        if ready.send(made).is_err() || failed {
            return;
        }
    }
}
