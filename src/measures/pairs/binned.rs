//! Mutual information of a pair from B x B equal-width bins: the plug-in estimate, nats.
//!
//! Each neuron's own range is cut into B bins, the last one closed (NumPy's `histogram2d`), and
//! I = sum p(x, y) ln(p(x, y) / (p(x) p(y))) = ln S + (sum c ln c - sum a ln a - sum b ln b) / S over the counts c of the
//! cells, a and b of the bins. It is never below zero, and biased upwards by about (cells - 2 bins + 1) / 2S.

use rayon::prelude::*;

use super::estimate::PairEstimator;
use super::knn::PairMatrix;
use crate::base::job::{Job, Stage};
use crate::measures::entropy::edges::{Edges, Ends};
use crate::measures::error::Error;

/// Up to this many bins per neuron the cells are counted in a table; a larger one would be mostly zeroes.
const LARGEST_TABLE: usize = 1024;

/// Every neuron's bins.
#[derive(Debug)]
pub struct Binned {
    bins: usize,
    /// Counted from 0.
    rows: Vec<Vec<u16>>,
    samples: usize,
    /// What one more input in a cell of n adds to n ln n.
    steps: Vec<f64>,
}

impl Binned {
    /// Bins finite `rows`.
    pub fn prepare(rows: &[&[f32]], bins: usize) -> Binned {
        let samples = rows.first().map_or(0, |row| row.len());
        let rows = rows
            .par_iter()
            .map(|row| {
                let fold = |(min, max): (f32, f32), &x: &f32| (min.min(x), max.max(x));
                let (min, max) = row.iter().fold((f32::INFINITY, f32::NEG_INFINITY), fold);
                let mut indices = vec![0u16; row.len()];
                if min <= max {
                    Edges::new(min, max, bins, Ends::Closed).fill(row, &mut indices);
                }
                indices.iter_mut().for_each(|index| *index = index.saturating_sub(1));
                indices
            })
            .collect();
        Binned { bins, rows, samples, steps: steps(samples) }
    }

    /// The same neurons over some of the inputs, in the bins of all.
    fn subsample(&self, kept: &[u32]) -> Binned {
        let pick = |row: &Vec<u16>| kept.iter().map(|&input| row[input as usize]).collect();
        let rows = self.rows.par_iter().map(pick).collect();
        Binned { bins: self.bins, rows, samples: kept.len(), steps: steps(kept.len()) }
    }

    /// Some pairs, in the order given.
    fn pairs(&self, pairs: &[(u32, u32)]) -> Vec<f64> {
        let alone = self.alone();
        let one = |cells: &mut Cells, &(i, j): &(u32, u32)| self.pair(i as usize, j as usize, &alone, cells);
        pairs.par_iter().map_init(|| self.cells(), one).collect()
    }

    /// The sum of n ln n over every neuron's bins.
    fn alone(&self) -> Vec<f64> {
        let of = |counts: &mut Vec<u32>, row: &Vec<u16>| added_up(row.iter().map(|&x| x.into()), counts, &self.steps);
        self.rows.par_iter().map_init(|| vec![0; self.bins], of).collect()
    }

    fn pair(&self, i: usize, j: usize, alone: &[f64], cells: &mut Cells) -> f64 {
        let cell = |(&x, &y): (&u16, &u16)| usize::from(x) * self.bins + usize::from(y);
        let both = self.rows[i].iter().zip(&self.rows[j]).map(cell);
        let joint = match cells {
            Cells::Table(counts) => added_up(both, counts, &self.steps),
            Cells::Sorted(list) => {
                list.clear();
                list.extend(both);
                list.sort_unstable();
                let runs = list.chunk_by(|a, b| a == b).map(|run| run.len() as f64);
                runs.map(|n| n * n.ln()).sum()
            }
        };
        let samples = self.samples as f64;
        // Rounding may leave independent neurons slightly below zero.
        (samples.ln() + (joint - alone[i] - alone[j]) / samples).max(0.0)
    }

    fn cells(&self) -> Cells {
        if self.bins <= LARGEST_TABLE {
            Cells::Table(vec![0; self.bins * self.bins])
        } else {
            Cells::Sorted(Vec::with_capacity(self.samples))
        }
    }
}

impl PairEstimator for Binned {
    /// The diagonal is the entropy.
    fn all(&self, _: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
        let alone = self.alone();
        let neurons = self.rows.len();
        let mut matrix = PairMatrix::zeroes(neurons, job)?;
        job.begin(Stage::Pairs, neurons as u64 * (neurons as u64 + 1) / 2);
        for i in 0..neurons {
            if job.stopped() {
                return Err(Error::Interrupted);
            }
            let row = matrix.upper_row_mut(i).par_iter_mut().enumerate();
            row.for_each_init(|| self.cells(), |cells, (to, value)| *value = self.pair(i, i + to, &alone, cells));
            job.advance((neurons - i) as u64);
        }
        job.end();
        Ok(matrix)
    }

    fn some(&self, inputs: &[u32], pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error> {
        Ok(self.subsample(inputs).pairs(pairs))
    }

    /// Bins see as much in few inputs as in many.
    fn growth(&self, _: usize, _: usize) -> f64 {
        1.0
    }
}

/// Room to count the cells of a pair in.
enum Cells {
    /// B * B zeroes, and zeroes again after every pair.
    Table(Vec<u32>),
    Sorted(Vec<usize>),
}

/// (n + 1) ln(n + 1) - n ln n for every n below `samples`.
fn steps(samples: usize) -> Vec<f64> {
    let n_ln_n = |n: usize| if n > 0 { n as f64 * (n as f64).ln() } else { 0.0 };
    (0..samples).map(|n| n_ln_n(n + 1) - n_ln_n(n)).collect()
}

/// The sum of n ln n over how often each index occurs, one input at a time; leaves the counts as it found them.
fn added_up(indices: impl Iterator<Item = usize> + Clone, counts: &mut [u32], steps: &[f64]) -> f64 {
    let mut sum = 0.0;
    for index in indices.clone() {
        sum += steps[counts[index] as usize];
        counts[index] += 1;
    }
    indices.for_each(|index| counts[index] = 0);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::testing::rows_of;

    fn pair(x: &[f32], y: &[f32], bins: usize) -> f64 {
        Binned::prepare(&[x, y], bins).pairs(&[(0, 1)])[0]
    }

    #[test]
    fn four_cells_by_hand() {
        let x = [0.0, 0.0, 1.0, 1.0];
        assert!((pair(&x, &x, 2) - 2f64.ln()).abs() < 1e-15);
        assert!(pair(&x, &[0.0, 1.0, 0.0, 1.0], 2).abs() < 1e-15);
        assert_eq!(pair(&x, &[3.0; 4], 2), 0.0);
        // p(0,0) = 1/2, p(1,0) = p(1,1) = 1/4: I = 1/2 ln 4/3 + 1/4 ln 2/3 + 1/4 ln 2.
        let want = 0.5 * (4f64 / 3.0).ln() + 0.25 * (2f64 / 3.0).ln() + 0.25 * 2f64.ln();
        assert!((pair(&x, &[0.0, 0.0, 0.0, 1.0], 2) - want).abs() < 1e-15);
    }

    #[test]
    fn table_and_list_agree_and_the_diagonal_is_the_entropy() {
        let rows = rows_of(3, 500, 5);
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        for bins in [7, LARGEST_TABLE + 1] {
            let binned = Binned::prepare(&rows, bins);
            let matrix = binned.all("", &()).unwrap();
            assert!((matrix.get(0, 2) - binned.pairs(&[(2, 0)])[0]).abs() < 1e-12);
            let mut table = Cells::Table(vec![0; bins * bins]);
            assert!((binned.pair(0, 1, &binned.alone(), &mut table) - matrix.get(0, 1)).abs() < 1e-12);
            let entropy = 500f64.ln() - binned.alone()[1] / 500.0;
            assert!((matrix.get(1, 1) - entropy).abs() < 1e-12);
        }
    }
}
