//! What a benchmark measures: one tile, on one thread, with a given instruction set.

use super::super::pair::{Kernel, Workspace};
use super::super::prepare::Columns;
use super::super::simd::Level;
use super::block::Block;
use crate::measures::Error;

/// Every pair of a few neurons on this thread, row by row.
///
/// # Errors
/// As [`super::all_pairs`].
pub fn one_tile(columns: &Columns, k: usize, level: Level) -> Result<Vec<f64>, Error> {
    let kernel = Kernel::new(columns, k, level)?;
    let whole = Block { rows: 0..columns.len(), columns: 0..columns.len() };
    Ok(whole.measure(&kernel, columns, &mut Workspace::default()))
}
