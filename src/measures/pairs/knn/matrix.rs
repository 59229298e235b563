//! The mutual information of every pair: a symmetric matrix of which one half is stored.

use crate::base::job::{Buffer, Job};
use crate::measures::Error;

/// A symmetric [M, M] matrix, diagonal included, as its packed upper triangle: row 0 from column 0, row 1 from column 1, ...
pub struct PairMatrix {
    neurons: usize,
    cells: Box<dyn Buffer>,
}

impl std::fmt::Debug for PairMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairMatrix").field("neurons", &self.neurons).finish_non_exhaustive()
    }
}

impl PairMatrix {
    /// A matrix of zeroes for `neurons` neurons, in whatever room the job finds.
    ///
    /// # Errors
    /// [`Error::Storage`] where there is none.
    pub fn zeroes(neurons: usize, job: &dyn Job) -> Result<Self, Error> {
        Ok(PairMatrix { neurons, cells: job.buffer(Self::packed(neurons))? })
    }

    /// A small matrix of these values, in memory; `value(i, j)` is asked for i <= j.
    #[cfg(any(test, feature = "internals"))]
    pub fn from_fn(neurons: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut cells = Vec::with_capacity(Self::packed(neurons));
        for i in 0..neurons {
            cells.extend((i..neurons).map(|j| value(i, j)));
        }
        PairMatrix { neurons, cells: Box::new(cells) }
    }

    /// M, the number of rows.
    pub fn len(&self) -> usize {
        self.neurons
    }

    /// Whether there is no neuron.
    #[cfg(any(test, feature = "internals"))]
    pub fn is_empty(&self) -> bool {
        self.neurons == 0
    }

    /// The value of neurons `i` and `j`, in either order; NaN where one of them was not measured.
    ///
    /// # Panics
    /// If an index is not below [`PairMatrix::len`].
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.min(j), i.max(j));
        assert!(j < self.neurons, "neuron {j} of {}", self.neurons);
        self.cells.values()[self.start(i) + j - i]
    }

    /// The stored half of row `i`: columns i to M.
    pub fn upper_row(&self, i: usize) -> &[f64] {
        &self.cells.values()[self.start(i)..self.start(i) + self.neurons - i]
    }

    /// The stored half of row `i`, to be written: columns i to M.
    pub fn upper_row_mut(&mut self, i: usize) -> &mut [f64] {
        let (start, end) = (self.start(i), self.start(i) + self.neurons - i);
        &mut self.cells.values_mut()[start..end]
    }

    /// The whole rows, one after the other.
    #[cfg(any(test, feature = "internals"))]
    pub fn rows(&self) -> impl Iterator<Item = Vec<f64>> + '_ {
        (0..self.neurons).map(move |i| (0..self.neurons).map(|j| self.get(i, j)).collect())
    }

    /// This matrix with neuron n at row `places[n]` of `neurons` rows, the other rows NaN: for neurons left out of the
    /// measuring, such as those with a non-finite activation.
    ///
    /// # Errors
    /// [`Error::Storage`] where there is no room.
    ///
    /// # Panics
    /// If there are not as many places as rows, or they do not rise, or one is not below `neurons`.
    pub fn spread(self, places: &[usize], neurons: usize, job: &dyn Job) -> Result<Self, Error> {
        assert_eq!(places.len(), self.neurons);
        assert!(places.is_sorted_by(|a, b| a < b) && places.last().is_none_or(|&last| last < neurons));
        if self.neurons == neurons {
            return Ok(self);
        }
        let mut wide = Self::zeroes(neurons, job)?;
        wide.cells.values_mut().fill(f64::NAN);
        for (i, &row) in places.iter().enumerate() {
            let (from, to) = (self.upper_row(i), wide.upper_row_mut(row));
            for (&value, &column) in from.iter().zip(&places[i..]) {
                to[column - row] = value;
            }
        }
        Ok(wide)
    }

    fn packed(neurons: usize) -> usize {
        neurons * (neurons + 1) / 2
    }

    /// Where row `i` starts: after i rows of M, M - 1, ... values.
    fn start(&self, i: usize) -> usize {
        i * (2 * self.neurons + 1 - i) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_symmetric_and_holds_every_cell_once() {
        let matrix = PairMatrix::from_fn(5, |i, j| (10 * i + j) as f64);
        for i in 0..5 {
            assert_eq!(matrix.upper_row(i).len(), 5 - i);
            for j in 0..5 {
                assert_eq!(matrix.get(i, j), (10 * i.min(j) + i.max(j)) as f64);
            }
        }
        assert_eq!(matrix.rows().nth(3), Some(vec![3.0, 13.0, 23.0, 33.0, 34.0]));
        assert!(PairMatrix::from_fn(0, |_, _| 0.0).is_empty());
    }

    #[test]
    fn neurons_left_out_have_nan_rows_and_columns() {
        let matrix = PairMatrix::from_fn(2, |i, j| (i + j) as f64).spread(&[0, 2], 3, &()).unwrap();
        let rows: Vec<Vec<f64>> = matrix.rows().collect();
        assert_eq!((rows[0][0], rows[0][2], rows[2][0], rows[2][2]), (0.0, 1.0, 1.0, 2.0));
        assert!((0..3).all(|i| rows[1][i].is_nan() && rows[i][1].is_nan()));
    }
}
