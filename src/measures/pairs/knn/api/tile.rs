//! What a benchmark measures: one tile, on one thread, with a given instruction set.

use super::super::pair::{Kernel, Workspace};
use super::super::prepare::{Columns, Kind, Sorted};
use super::super::simd::{Coordinate, Level};
use super::block::Block;
use crate::measures::Error;

/// Every pair of a few neurons on this thread, row by row.
///
/// # Errors
/// As [`super::all_pairs`].
pub fn one_tile(columns: &Columns, k: usize, level: Level) -> Result<Vec<f64>, Error> {
    match columns.kind() {
        Kind::Values(columns) => tile(columns, k, level),
        Kind::Scores(columns) => tile(columns, k, level),
    }
}

fn tile<V: Coordinate>(columns: &Sorted<V>, k: usize, level: Level) -> Result<Vec<f64>, Error> {
    let kernel = Kernel::new(columns, k, level)?;
    let whole = Block { rows: 0..columns.neurons, columns: 0..columns.neurons };
    Ok(whole.measure(&kernel, columns, &mut Workspace::default()))
}
