//! The loop over batches. While the model runs one batch, another thread makes the next one's tensors; what is
//! finished is kept in parts, so that an interrupted run continues where it was and ends in the same bytes, and so that
//! several processes can share a run.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::thread;

use ndarray::{Array2, s};

use super::part::Part;
use super::prepare::{Prepared, Ready, prepare};
use super::self_check::{self, SelfCheck};
use super::source::{Forward, Source};
use super::table::Table;
use super::{Activations, Error, Layer, Resume};
use crate::base::job::{Job, NOTICED, Stage, watch};
use crate::base::share::{Place, Share};
use crate::inputs::{self, Batch, Cut, Skipped};
use crate::taps::Taps;

/// The name of the part that holds what the self-check found.
pub const SELF_CHECK: &str = "self-check";

/// What is asked of a capture's self-check.
#[derive(Debug, Clone, Copy)]
pub struct CapturePlan {
    /// Differences up to this share of a layer's root mean square are rounding.
    pub rounding: f64,
    /// Goes on where two runs of one batch differ.
    pub allow_random: bool,
    /// What an earlier check found, which is then not repeated.
    pub known: Option<SelfCheck>,
}

impl Default for CapturePlan {
    fn default() -> Self {
        CapturePlan { rounding: self_check::ROUNDING, allow_random: false, known: None }
    }
}

/// Runs every batch of `source` through `forward`. Uses the parts that the job has kept.
///
/// # Errors
/// Those of inputs and runtime; [`Error::Interrupted`] after the job asks to stop. In every case the parts that are
/// finished have been kept.
pub fn capture(
    forward: &mut dyn Forward,
    taps: &Taps,
    source: &dyn Source,
    plan: CapturePlan,
    job: &dyn Job,
) -> Result<Activations, Error> {
    let mut capture = Capture::new(taps, source, plan, true, job);
    capture.all_of(source, Share::All, |capture, wanted| capture.run(forward, source, wanted))?;
    capture.finish(source)
}

/// Runs and keeps the parts of one shard that are not there yet, and puts nothing together. Gives how many of its parts were
/// there before.
///
/// # Errors
/// As [`capture`].
pub fn capture_share(
    forward: &mut dyn Forward,
    taps: &Taps,
    source: &dyn Source,
    plan: CapturePlan,
    job: &dyn Job,
) -> Result<Resume, Error> {
    let mut capture = Capture::new(taps, source, plan, false, job);
    capture.all_of(source, job.share(), |capture, wanted| capture.run(forward, source, wanted))?;
    Ok(capture.resume())
}

/// Puts the parts together that the job has kept, without a model.
///
/// # Errors
/// [`Error::Missing`] where a part is not there or is damaged; too many skipped inputs.
pub fn join(taps: &Taps, source: &dyn Source, plan: CapturePlan, job: &dyn Job) -> Result<Activations, Error> {
    let mut capture = Capture::new(taps, source, plan, true, job);
    capture.all_of(source, Share::Nothing, |capture, absent| {
        let missing = capture.places(source, &absent)?;
        if missing.is_empty() { Ok(()) } else { Err(Error::Missing { missing }) }
    })?;
    capture.finish(source)
}

/// A capture under way.
struct Capture<'a> {
    taps: &'a Taps,
    plan: CapturePlan,
    self_check: Option<SelfCheck>,
    job: &'a dyn Job,
    cut: Cut,
    /// Whether the numbers are put together; those of a shard are only kept.
    collects: bool,
    /// Neurons of each layer, and the numbers; both come with the first batch.
    widths: Vec<usize>,
    table: Option<Table>,
    /// Of every drawn input that has been run, the digest and the hash of what the model got.
    digests: Vec<Option<([u8; 32], [u8; 16])>>,
    /// What was skipped so far, in no certain order.
    skipped: Vec<Skipped>,
    /// Of every finished part, by its number, what was skipped and cut in it.
    parts: BTreeMap<u64, (Vec<Skipped>, Vec<usize>)>,
    /// Parts that were there before.
    kept: u64,
    /// The part under way, with the outputs of its batches.
    open: Part,
    outputs: Vec<Vec<Array2<f32>>>,
    next_batch: u64,
}

impl<'a> Capture<'a> {
    fn new(taps: &'a Taps, source: &dyn Source, plan: CapturePlan, collects: bool, job: &'a dyn Job) -> Self {
        Capture {
            taps,
            plan,
            self_check: plan.known,
            job,
            cut: source.cut(),
            collects,
            widths: Vec::new(),
            table: None,
            digests: vec![None; source.drawn()],
            skipped: source.skipped().to_vec(),
            parts: BTreeMap::new(),
            kept: 0,
            open: Part::default(),
            outputs: Vec::new(),
            next_batch: 0,
        }
    }

    /// Takes the parts of the share that are there, and gives the others to `make`.
    fn all_of(
        &mut self,
        source: &dyn Source,
        share: Share,
        make: impl FnOnce(&mut Self, Vec<inputs::Part>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let shards = match share {
            Share::Of(shard) => shard.of,
            Share::All | Share::Nothing => 1,
        };
        self.job.begin(Stage::Capture, source.drawn().div_ceil(shards) as u64);
        let done = self.restore(share).and_then(|absent| {
            source.bear(&self.skipped)?;
            if absent.is_empty() { Ok(()) } else { make(self, absent) }
        });
        self.job.end();
        done
    }

    /// Takes the parts of the share that are there, and gives those that are not. Where a block's last part is not known,
    /// some of these may not exist.
    fn restore(&mut self, share: Share) -> Result<Vec<inputs::Part>, Error> {
        let mut absent = Vec::new();
        for block in 0..self.cut.blocks() {
            for nth in 0..self.cut.parts_per_block() {
                let place = inputs::Part { block, nth };
                if !share.takes(self.cut.place(place)) {
                    continue;
                }
                match self.kept_part(place)? {
                    Some(Part { ends_block: true, .. }) => break,
                    Some(_) => {}
                    None => absent.push(place),
                }
            }
        }
        Ok(absent)
    }

    /// A part that is there and fits.
    fn kept_part(&mut self, place: inputs::Part) -> Result<Option<Part>, Error> {
        let number = self.cut.number(place.block, place.nth);
        let Some(bytes) = self.job.kept(Stage::Capture, "", number) else { return Ok(None) };
        let Some((part, numbers)) = Part::decode(&bytes).filter(|(part, _)| self.fits(place, part)) else {
            self.job.warn(&format!("kept part {number} of the capture does not fit and is computed again"));
            return Ok(None);
        };
        if !part.rows.is_empty() {
            self.make_table(&part.widths)?;
        }
        if let Some(table) = &mut self.table {
            part.restore(numbers, table);
        }
        self.job.reuse((part.rows.len() + part.skipped.len()) as u64);
        self.kept += 1;
        self.book(number, &part);
        self.skipped.extend(part.skipped.iter().cloned());
        Ok(Some(part))
    }

    /// Whether a part is of these layers, and of inputs of its block that no other part had.
    fn fits(&self, place: inputs::Part, part: &Part) -> bool {
        let mut rows = part.rows.clone();
        rows.sort_unstable();
        rows.dedup();
        let of_block = self.cut.rows(place.block);
        let layers = if part.rows.is_empty() { 0 } else { self.taps.taps.len() };
        part.widths.len() == layers
            && (self.widths.is_empty() || part.rows.is_empty() || part.widths == self.widths)
            && rows.len() == part.rows.len()
            && rows.iter().all(|row| of_block.contains(row) && self.digests[*row].is_none())
    }

    /// Those of the parts that exist.
    fn places(&self, source: &dyn Source, parts: &[inputs::Part]) -> Result<Vec<Place>, Error> {
        let mut places = Vec::new();
        for of_block in parts.chunk_by(|one, next| one.block == next.block) {
            let Some(&inputs::Part { block, .. }) = of_block.first() else { continue };
            let count = self.cut.parts(block, &source.sizes(block)?).len();
            places.extend(of_block.iter().filter(|part| part.nth < count).map(|part| self.cut.place(*part)));
        }
        Ok(places)
    }

    fn run(&mut self, forward: &mut dyn Forward, source: &dyn Source, wanted: Vec<inputs::Part>) -> Result<(), Error> {
        let (job, stop) = (self.job, forward.stopper());
        let check = self.self_check.is_none();
        thread::scope(|scope| {
            // Dropping the ends of the channels ends the threads.
            let (ready, batches) = sync_channel(1);
            let thread = || thread::Builder::new();
            let preparing =
                thread().spawn_scoped(scope, move || prepare(source, wanted, check, &ready)).map_err(Error::Thread)?;
            let (running, finished) = channel::<()>();
            thread().spawn_scoped(scope, move || watch(job, &stop, &finished)).map_err(Error::Thread)?;

            let done = self.consume(forward, source, &batches);
            drop((batches, running));
            let prepared = preparing.join().map_err(|_| Error::Preparation);
            done.and(prepared)
        })
    }

    /// Runs batches as they come, until there are no more.
    fn consume(
        &mut self,
        forward: &mut dyn Forward,
        source: &dyn Source,
        batches: &Receiver<Result<Prepared, inputs::Error>>,
    ) -> Result<(), Error> {
        loop {
            source.bear(&self.skipped)?;
            if self.job.stopped() {
                return Err(Error::Interrupted);
            }
            match batches.recv_timeout(NOTICED) {
                Ok(Ok(Prepared::Trial(trial))) => self.self_check(trial.run(forward, self.plan.rounding)?)?,
                Ok(Ok(Prepared::Batch(ready))) => self.step(forward, ready)?,
                Ok(Err(error)) => return Err(error.into()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Runs one batch and books it.
    fn step(&mut self, forward: &mut dyn Forward, Ready { batch, tensors }: Ready) -> Result<(), Error> {
        self.check(&batch)?;
        if !batch.rows.is_empty() {
            let given = tensors.iter().filter_map(|(_, tensor)| tensor.shape().first()).max().copied().unwrap_or(0);
            let outputs = forward.run(tensors)?;
            let outputs = self.put(&batch, given, outputs)?;
            self.outputs.push(outputs);
        }
        self.job.advance((batch.rows.len() + batch.skipped.len()) as u64);
        self.next_batch = batch.index + 1;
        let Batch { part, ends_part, ends_block, rows, digests, alike, skipped, truncated, .. } = batch;
        self.skipped.extend(skipped.iter().cloned());
        self.open.ends_block = ends_block;
        self.open.rows.extend(rows);
        self.open.digests.extend(digests);
        self.open.alike.extend(alike);
        self.open.skipped.extend(skipped);
        self.open.truncated.extend(truncated);
        if ends_part { self.close(part) } else { Ok(()) }
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
                Some(None) if batch.rows[..place].contains(&row) || self.open.rows.contains(&row) => {
                    return wrong(row, "is there twice");
                }
                Some(None) => {}
            }
        }
        Ok(())
    }

    /// Counts a finished part.
    fn book(&mut self, number: u64, part: &Part) {
        for ((&row, &digest), &alike) in part.rows.iter().zip(&part.digests).zip(&part.alike) {
            self.digests[row] = Some((digest, alike));
        }
        self.parts.insert(number, (part.skipped.clone(), part.truncated.clone()));
    }

    /// Puts the outputs of a batch of `given` rows into the table, and gives them back without the rows beyond the batch's own,
    /// which only fill it up.
    fn put(&mut self, batch: &Batch, given: usize, outputs: Vec<Array2<f32>>) -> Result<Vec<Array2<f32>>, Error> {
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
        if self.widths.is_empty() {
            self.make_table(&widths)?;
        }
        for ((tap, &got), &expected) in self.taps.taps.iter().zip(&widths).zip(&self.widths) {
            if got != expected {
                return Err(Error::Width { layer: tap.label.clone(), batch: batch.index, got, expected });
            }
        }
        let mut first = 0;
        for output in &outputs {
            if let Some(table) = &mut self.table {
                table.put(first, output, &batch.rows);
            }
            first += output.ncols();
        }
        let own = |output: Array2<f32>| {
            if output.nrows() == expected { output } else { output.slice(s![..expected, ..]).to_owned() }
        };
        Ok(outputs.into_iter().map(own).collect())
    }

    fn make_table(&mut self, widths: &[usize]) -> Result<(), Error> {
        if !self.widths.is_empty() {
            return Ok(());
        }
        if self.collects {
            let neurons: usize = widths.iter().sum();
            let columns = self.digests.len();
            let bytes = (neurons as u64).saturating_mul(columns as u64).saturating_mul(4);
            let table = Table::new(neurons, columns, self.job).map_err(|source| Error::Room { bytes, source })?;
            self.table = Some(table);
        }
        self.widths = widths.to_vec();
        Ok(())
    }

    /// Keeps a finished part.
    fn close(&mut self, number: u64) -> Result<(), Error> {
        let mut part = std::mem::take(&mut self.open);
        let outputs = std::mem::take(&mut self.outputs);
        if !part.rows.is_empty() {
            part.widths.clone_from(&self.widths);
        }
        let bytes = part.encode(&outputs).map_err(|error| Error::Keep(error.into()))?;
        self.job.keep(Stage::Capture, "", number, &bytes).map_err(Error::Keep)?;
        self.book(number, &part);
        Ok(())
    }

    fn resume(&self) -> Resume {
        Resume { kept: self.kept, total: self.parts.len() as u64 }
    }

    /// Inputs run that hold what an earlier one holds.
    fn repeats(&self) -> Vec<usize> {
        let mut seen = HashSet::new();
        let run = self.digests.iter().enumerate().filter_map(|(row, digests)| Some((row, digests.as_ref()?.1)));
        run.filter(|(_, alike)| !seen.insert(*alike)).map(|(row, _)| row).collect()
    }

    /// Puts together what was captured. What is told of it does not depend on who made which part, nor on the order.
    fn finish(mut self, source: &dyn Source) -> Result<Activations, Error> {
        let resumed = Some(self.resume());
        let repeats = self.repeats();
        let repeated = source.repeats() + repeats.len();
        let drops_repeats = !source.keeps_repeats();
        if drops_repeats {
            repeats.into_iter().for_each(|row| self.digests[row] = None);
        }
        let mut skipped = source.skipped().to_vec();
        let mut truncated = 0;
        for (of_part, cut) in self.parts.into_values() {
            skipped.extend(of_part);
            truncated += cut.iter().filter(|row| self.digests[**row].is_some()).count();
        }
        let kept_rows: Vec<usize> =
            self.digests.iter().enumerate().filter_map(|(row, digest)| digest.map(|_| row)).collect();
        let Some(mut table) = self.table else {
            let first = skipped.first().map(|skipped| skipped.reason.clone());
            return Err(Error::Nothing { drawn: self.digests.len(), first });
        };
        table.keep_columns(&kept_rows);
        let mut hasher = blake3::Hasher::new();
        for (digest, _) in self.digests.iter().flatten() {
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
            skipped,
            truncated,
            rounded: Vec::new(),
            halved: Vec::new(),
            repeated,
            drops_repeats,
            digest: *hasher.finalize().as_bytes(),
            resumed,
            self_check: self.self_check,
            table,
        })
    }
}
