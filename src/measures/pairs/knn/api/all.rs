//! All pairs of some neurons: kept part by part, shared out among the threads tile by tile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::matrix::PairMatrix;
use super::super::pair::{Kernel, Workspace};
use super::super::prepare::{Columns, Kind, Neuron, Sorted};
use super::super::simd::{Coordinate, Level};
use super::block::{Block, PART, parts};
use crate::base::job::{Job, Stage};
use crate::base::share::Place;
use crate::measures::Error;

/// Mutual information of all pairs, each neuron's with itself included, in nats.
///
/// The work is spread over rayon's current pool; the result is the same bytes for any number of threads. `section` names
/// this pass in the parts that `job` keeps.
///
/// # Errors
/// [`Error::NoNeighbors`] for k = 0, [`Error::TooFewInputs`] where S <= k, [`Error::Interrupted`] soon after the job is
/// told to stop, [`Error::Storage`] where there is no room or a finished part cannot be kept, [`Error::Missing`] where others
/// should have made a part that is not there.
pub fn all_pairs(columns: &Columns, k: usize, section: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
    match columns.kind() {
        Kind::Values(columns) => all(columns, k, section, job),
        Kind::Scores(columns) => all(columns, k, section, job),
    }
}

/// Measures and keeps those parts of all pairs that are this process's share of them.
///
/// # Errors
/// As [`all_pairs`].
pub fn share_of_pairs(columns: &Columns, k: usize, section: &str, job: &dyn Job) -> Result<(), Error> {
    all_pairs(columns, k, section, job).map(drop)
}

/// The matrix; of a share the cells of others are 0.
fn all<V: Coordinate>(columns: &Sorted<V>, k: usize, section: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
    let kernel = Kernel::new(columns, k, Level::best())?;
    let mut matrix = PairMatrix::zeroes(columns.neurons, job)?;
    let parts = parts(columns.neurons);
    let share = job.share();
    let place = |index: usize| Place::alone(index, parts.len());
    let own: Vec<(usize, &Block)> = parts.iter().enumerate().filter(|(index, _)| share.takes(place(*index))).collect();
    job.begin(Stage::Pairs, own.iter().map(|(_, part)| part.pairs()).sum());

    let mut waiting = Vec::new();
    for (index, part) in own {
        match job.kept(Stage::Pairs, section, index as u64).and_then(|bytes| part.values(&bytes)) {
            Some(values) => {
                part.write(&mut matrix, &values);
                job.reuse(part.pairs());
            }
            None => waiting.push(index),
        }
    }
    if !share.makes() && !waiting.is_empty() {
        job.end();
        return Err(Error::Missing { missing: waiting.into_iter().map(place).collect() });
    }
    let side = tile_side(columns, rayon::current_num_threads());
    let tiles: Vec<(usize, Block)> =
        waiting.iter().flat_map(|&part| parts[part].tiles(side).into_iter().map(move |tile| (part, tile))).collect();
    let mut left: Vec<AtomicUsize> = parts.iter().map(|_| AtomicUsize::new(0)).collect();
    for (part, _) in &tiles {
        *left[*part].get_mut() += 1;
    }

    let run = Run { job, matrix: Mutex::new(matrix), failure: Mutex::new(None), stop: AtomicBool::new(false) };
    let next = AtomicUsize::new(0);
    // Every thread takes the next tile in turn, so that parts are finished, and kept, one after the other.
    rayon::broadcast(|_| {
        let mut workspace = Workspace::default();
        while let Some((part, tile)) = tiles.get(next.fetch_add(1, Ordering::Relaxed)) {
            if run.stopped() {
                return;
            }
            let values = tile.measure(&kernel, columns, &mut workspace);
            tile.write(&mut run.matrix(), &values);
            job.advance(tile.pairs());
            if left[*part].fetch_sub(1, Ordering::AcqRel) == 1 {
                let bytes = parts[*part].bytes(&run.matrix());
                if let Err(error) = job.keep(Stage::Pairs, section, *part as u64, &bytes) {
                    run.fail(error.into());
                }
            }
        }
    });
    job.end();
    match run.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(run.matrix.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// What the threads share.
struct Run<'a> {
    job: &'a dyn Job,
    matrix: Mutex<PairMatrix>,
    failure: Mutex<Option<Error>>,
    stop: AtomicBool,
}

impl Run<'_> {
    fn stopped(&self) -> bool {
        if self.job.stopped() {
            self.fail(Error::Interrupted);
        }
        self.stop.load(Ordering::Relaxed)
    }

    fn fail(&self, error: Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stop.store(true, Ordering::Relaxed);
    }

    fn matrix(&self) -> MutexGuard<'_, PairMatrix> {
        // A thread that panicked has left whole cells behind, and its panic reaches the caller.
        self.matrix.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows and columns of a tile: as many neurons as share a few megabytes, fewer where there would be too few tiles for the
/// threads to share.
fn tile_side<V: Coordinate>(columns: &Sorted<V>, threads: usize) -> usize {
    const CACHE: usize = 4 << 20;
    let fitting = CACHE / (2 * Neuron::<V>::bytes(columns.samples)).max(1);
    let neurons = columns.neurons;
    let shared = (1..=PART).rev().find(|side| neurons.div_ceil(*side).pow(2) / 2 >= 8 * threads).unwrap_or(1);
    fitting.clamp(2, PART).min(shared.max(2))
}
