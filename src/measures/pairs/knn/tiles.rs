//! All pairs: the matrix cut into parts that are kept, parts into tiles whose neurons stay in the cache.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::kernel::{Kernel, Workspace};
use super::neuron::Neuron;
use super::simd::Level;
use super::{Columns, PairMatrix};
use crate::base::job::{Job, Stage};
use crate::measures::Error;

/// Rows and columns of a kept part. What was kept by one run is read by the next, which may have other threads, so this
/// depends on nothing; 256 x 256 pairs of 2,500 inputs are a few seconds of work and half a megabyte.
const PART: usize = 256;

/// Memory for the neurons that [`some_pairs`] makes ready at a time.
const ROOM: usize = 32 << 20;

/// Mutual information of all pairs, each neuron's with itself included, in nats.
///
/// The work is spread over rayon's current pool; the result is the same bytes for any number of threads. `section` names
/// this pass in the parts that `job` keeps.
///
/// # Errors
/// [`Error::NoNeighbors`] for k = 0, [`Error::TooFewInputs`] where S <= k, [`Error::Interrupted`] soon after the job is
/// told to stop, [`Error::Storage`] where there is no room or a finished part cannot be kept.
pub fn all_pairs(columns: &Columns, k: usize, section: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
    let kernel = Kernel::new(columns, k, Level::best())?;
    let mut matrix = PairMatrix::zeroes(columns.len(), job)?;
    let parts = parts(columns.len());
    job.begin(Stage::Pairs, parts.iter().map(Block::pairs).sum());

    let mut waiting = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match job.kept(Stage::Pairs, section, index as u64).and_then(|bytes| part.values(&bytes)) {
            Some(values) => {
                part.write(&mut matrix, &values);
                job.advance(part.pairs());
            }
            None => waiting.push(index),
        }
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

/// Mutual information of chosen pairs, in nats, in their order; of subsamples, for intervals.
///
/// # Errors
/// As [`all_pairs`].
///
/// # Panics
/// If a pair names a neuron that `columns` does not have.
pub fn some_pairs(columns: &Columns, pairs: &[(u32, u32)], k: usize) -> Result<Vec<f64>, Error> {
    let kernel = Kernel::new(columns, k, Level::best())?;
    // In this order few neurons are made ready more than once where not all fit at a time.
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_unstable_by_key(|&p| pairs[p]);
    let most = (ROOM / Neuron::bytes(columns.samples())).max(2);
    let mut values = vec![f64::NAN; pairs.len()];
    let mut rest = &order[..];
    while !rest.is_empty() {
        let mut members = BTreeSet::new();
        let mut fits = |p: &usize| {
            let (i, j) = pairs[*p];
            let new = usize::from(!members.contains(&i)) + usize::from(i != j && !members.contains(&j));
            let fits = members.len() + new <= most;
            if fits {
                members.extend([i, j]);
            }
            fits
        };
        let (round, later) = rest.split_at(rest.iter().take_while(|&p| fits(p)).count());
        let members: Vec<u32> = members.into_iter().collect();
        let ready: Vec<Neuron> = members.par_iter().map(|&n| kernel.neuron(columns.column(n as usize))).collect();
        let neuron = |n: u32| &ready[members.partition_point(|&member| member < n)];
        let measured: Vec<f64> = round
            .par_iter()
            .map_init(Workspace::default, |workspace, &p| {
                let (i, j) = pairs[p];
                kernel.pair(neuron(i), neuron(j), workspace)
            })
            .collect();
        for (&p, value) in round.iter().zip(measured) {
            values[p] = value;
        }
        rest = later;
    }
    Ok(values)
}

/// Every pair of a few neurons on this thread with given instructions, row by row: what a benchmark measures.
#[cfg(any(test, feature = "internals"))]
#[doc(hidden)]
pub fn one_tile(columns: &Columns, k: usize, level: Level) -> Result<Vec<f64>, Error> {
    let kernel = Kernel::new(columns, k, level)?;
    let whole = Block { rows: 0..columns.len(), columns: 0..columns.len() };
    Ok(whole.measure(&kernel, columns, &mut Workspace::default()))
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
        // A thread that panicked has left whole cells behind, and its panic goes on to the caller.
        self.matrix.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cells of some rows and columns that lie in the upper triangle. Rows and columns are the same or the columns all lie
/// to the right.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Block {
    /// The values of its cells, row by row.
    fn measure(&self, kernel: &Kernel<'_>, columns: &Columns, workspace: &mut Workspace) -> Vec<f64> {
        let neuron = |n| kernel.neuron(columns.column(n));
        let rows: Vec<Neuron> = self.rows.clone().map(neuron).collect();
        let own: Vec<Neuron>;
        let others = if self.rows == self.columns {
            &rows
        } else {
            own = self.columns.clone().map(neuron).collect();
            &own
        };
        let mut values = Vec::with_capacity(self.pairs() as usize);
        for (i, x) in self.rows.clone().zip(&rows) {
            let from = i.saturating_sub(self.columns.start);
            values.extend(others[from..].iter().map(|y| kernel.pair(x, y, workspace)));
        }
        values
    }

    fn pairs(&self) -> u64 {
        let (rows, columns) = (self.rows.len() as u64, self.columns.len() as u64);
        if self.rows == self.columns { rows * (rows + 1) / 2 } else { rows * columns }
    }

    /// The columns of row `i`, as positions in the stored half of that row.
    fn span(&self, i: usize) -> Range<usize> {
        self.columns.start.max(i) - i..self.columns.end - i
    }

    fn write(&self, matrix: &mut PairMatrix, mut values: &[f64]) {
        for i in self.rows.clone() {
            let span = self.span(i);
            let (row, rest) = values.split_at(span.len());
            matrix.upper_row_mut(i)[span].copy_from_slice(row);
            values = rest;
        }
    }

    fn bytes(&self, matrix: &PairMatrix) -> Vec<u8> {
        self.rows.clone().flat_map(|i| &matrix.upper_row(i)[self.span(i)]).flat_map(|v| v.to_le_bytes()).collect()
    }

    /// The values of a kept part, unless it is not of this block.
    fn values(&self, bytes: &[u8]) -> Option<Vec<f64>> {
        let (values, rest) = bytes.as_chunks::<8>();
        let whole = rest.is_empty() && values.len() as u64 == self.pairs();
        whole.then(|| values.iter().map(|&v| f64::from_le_bytes(v)).collect())
    }

    fn tiles(&self, side: usize) -> Vec<Block> {
        let cut = |range: &Range<usize>| {
            let end = range.end;
            range.clone().step_by(side).map(move |start| start..(start + side).min(end)).collect::<Vec<_>>()
        };
        let columns = cut(&self.columns);
        let rows = cut(&self.rows);
        let tiles = rows
            .iter()
            .flat_map(|rows| columns.iter().map(|columns| Block { rows: rows.clone(), columns: columns.clone() }));
        tiles.filter(|tile| tile.columns.start >= tile.rows.start).collect()
    }
}

/// The parts of the upper triangle of `neurons` rows.
fn parts(neurons: usize) -> Vec<Block> {
    Block { rows: 0..neurons, columns: 0..neurons }.tiles(PART)
}

/// Rows and columns of a tile: as many neurons as share a few megabytes, fewer where there would be too few tiles for the
/// threads to share.
fn tile_side(columns: &Columns, threads: usize) -> usize {
    const CACHE: usize = 4 << 20;
    let fitting = CACHE / (2 * Neuron::bytes(columns.samples())).max(1);
    let neurons = columns.len();
    let shared = (1..=PART).rev().find(|side| neurons.div_ceil(*side).pow(2) / 2 >= 8 * threads).unwrap_or(1);
    fitting.clamp(2, PART).min(shared.max(2))
}
