//! Rectangles of the matrix: the parts that are kept and the tiles whose neurons stay in the cache.

use std::ops::Range;

use super::super::matrix::PairMatrix;
use super::super::pair::{Kernel, Workspace};
use super::super::prepare::{Neuron, Sorted};
use super::super::simd::Coordinate;

/// Rows and columns of a kept part. What was kept by one run is read by the next, which may have other threads, so this
/// depends on nothing; 256 x 256 pairs of 2,500 inputs are a few seconds of work and half a megabyte.
pub const PART: usize = 256;

/// The cells of some rows and columns that lie in the upper triangle. Rows and columns are the same or the columns all lie
/// to the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

impl Block {
    /// The values of its cells, row by row.
    pub fn measure<V: Coordinate>(
        &self,
        kernel: &Kernel<'_>,
        columns: &Sorted<V>,
        workspace: &mut Workspace<V>,
    ) -> Vec<f64> {
        let neuron = |n| kernel.neuron(columns.column(n));
        let rows: Vec<Neuron<V>> = self.rows.clone().map(neuron).collect();
        let own: Vec<Neuron<V>>;
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

    pub fn pairs(&self) -> u64 {
        let (rows, columns) = (self.rows.len() as u64, self.columns.len() as u64);
        if self.rows == self.columns { rows * (rows + 1) / 2 } else { rows * columns }
    }

    /// The columns of row `i`, as positions in the stored half of that row.
    fn span(&self, i: usize) -> Range<usize> {
        self.columns.start.max(i) - i..self.columns.end - i
    }

    pub fn write(&self, matrix: &mut PairMatrix, mut values: &[f64]) {
        for i in self.rows.clone() {
            let span = self.span(i);
            let (row, rest) = values.split_at(span.len());
            matrix.upper_row_mut(i)[span].copy_from_slice(row);
            values = rest;
        }
    }

    pub fn bytes(&self, matrix: &PairMatrix) -> Vec<u8> {
        self.rows.clone().flat_map(|i| &matrix.upper_row(i)[self.span(i)]).flat_map(|v| v.to_le_bytes()).collect()
    }

    /// The values of a kept part, unless it is not of this block.
    pub fn values(&self, bytes: &[u8]) -> Option<Vec<f64>> {
        let (values, rest) = bytes.as_chunks::<8>();
        let whole = rest.is_empty() && values.len() as u64 == self.pairs();
        whole.then(|| values.iter().map(|&v| f64::from_le_bytes(v)).collect())
    }

    pub fn tiles(&self, side: usize) -> Vec<Block> {
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
pub fn parts(neurons: usize) -> Vec<Block> {
    Block { rows: 0..neurons, columns: 0..neurons }.tiles(PART)
}
