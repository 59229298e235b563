//! Arrays: inputs that somebody has prepared already.
//!
//! In: an .npy [inputs, …], or an .npz with one array a model input. Out: batches of [`Prepared::Arrays`], of the rows
//! drawn, in the element types of the file; [`super::Feed`] converts them.

mod files;
mod header;
pub mod npy;

use std::path::{Path, PathBuf};

use super::batches::{Batch, Prepared};
use super::tokens::Limits;
use super::{Error, Settings, draw};
use crate::model::TensorInfo;
pub use files::open;
use npy::Array;

/// Bytes of a batch where `--batch-size` says nothing, and the most rows of one.
const BUDGET: usize = 8 << 20;
const MOST_ROWS: usize = 256;

/// The arrays of a run.
pub(crate) struct Arrays {
    path: PathBuf,
    arrays: Vec<Array>,
    unused: Vec<String>,
    /// Rows of the file that are used, ascending.
    drawn: Vec<usize>,
    batch: usize,
}

impl Arrays {
    /// Opens the file, settles which array is for which of the model's `inputs`, and draws the rows.
    pub(crate) fn open(path: &Path, settings: &Settings, limits: Limits, inputs: &[TensorInfo]) -> Result<Self, Error> {
        let (arrays, unused) = choose(open(path)?, inputs)?;
        let Some(first) = arrays.first() else { return Err(Error::Empty(path.to_owned())) };
        if let Some(other) = arrays.iter().find(|other| other.rows() != first.rows()) {
            let reason = format!(
                "arrays '{}' {:?} and '{}' {:?} have different numbers of inputs",
                first.name,
                first.shape(),
                other.name,
                other.shape()
            );
            return Err(Error::malformed(path, reason));
        }
        let drawn = draw::positions(first.rows(), settings.samples, settings.seed);
        if drawn.is_empty() {
            return Err(Error::Empty(path.to_owned()));
        }
        let row_bytes: usize = arrays.iter().map(Array::row_bytes).sum();
        let batch = limits.rows.unwrap_or_else(|| (BUDGET / row_bytes.max(1)).min(MOST_ROWS));
        let batch = batch.min(limits.fixed_rows.unwrap_or(usize::MAX)).max(1);
        Ok(Arrays { path: path.to_owned(), arrays, unused, drawn, batch })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn drawn(&self) -> usize {
        self.drawn.len()
    }

    /// Rows of the file.
    pub(crate) fn available(&self) -> usize {
        self.arrays.first().map_or(0, Array::rows)
    }

    /// The row of the file that was drawn as number `row`.
    pub(crate) fn position(&self, row: usize) -> Option<usize> {
        self.drawn.get(row).copied()
    }

    pub(crate) fn batch_size(&self) -> usize {
        self.batch
    }

    pub(crate) fn batch_count(&self) -> usize {
        self.drawn.len().div_ceil(self.batch)
    }

    /// The arrays that are used.
    pub(crate) fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.unused.iter().map(|name| format!("array '{name}' is no input of the model and was left out")).collect()
    }

    pub(crate) fn batch(&self, nth: usize, index: u64) -> Result<Batch, Error> {
        let rows: Vec<usize> = (nth * self.batch..((nth + 1) * self.batch).min(self.drawn.len())).collect();
        let positions: Vec<usize> = rows.iter().map(|row| self.drawn[*row]).collect();
        let malformed =
            |array: &Array, reason: String| Error::malformed(&self.path, format!("array '{}' {reason}", array.name));
        let mut digests = vec![blake3::Hasher::new(); rows.len()];
        let mut prepared = Vec::with_capacity(self.arrays.len());
        for array in &self.arrays {
            let bytes = array.gather(&positions).map_err(|reason| malformed(array, reason))?;
            digests.iter_mut().zip(bytes.chunks(array.row_bytes())).for_each(|(digest, row)| {
                digest.update(row);
            });
            let tensor = array.take(&positions).map_err(|reason| malformed(array, reason))?;
            prepared.push((array.name.clone(), tensor));
        }
        Ok(Batch {
            index,
            rows,
            prepared: Prepared::Arrays(prepared),
            digests: digests.iter().map(|digest| *digest.finalize().as_bytes()).collect(),
            skipped: Vec::new(),
            truncated: 0,
        })
    }
}

/// The arrays that fill an input, and the names of the others. A lone array fills a lone input whatever its name.
fn choose(arrays: Vec<Array>, inputs: &[TensorInfo]) -> Result<(Vec<Array>, Vec<String>), Error> {
    if let ([_], [_]) = (&arrays[..], inputs) {
        return Ok((arrays, Vec::new()));
    }
    let (used, unused): (Vec<Array>, Vec<Array>) =
        arrays.into_iter().partition(|array| inputs.iter().any(|input| input.name == array.name));
    let unused: Vec<String> = unused.into_iter().map(|array| array.name).collect();
    if used.is_empty() {
        let given = match &unused[..] {
            [name] if name.is_empty() => "one array without a name".to_owned(),
            names => format!("the arrays {}", names.join(", ")),
        };
        return Err(Error::Unfilled { inputs: inputs.iter().map(super::feed::describe).collect(), given });
    }
    Ok((used, unused))
}

#[cfg(test)]
mod tests;
