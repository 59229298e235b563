//! Mutual information from nearest neighbours, as an estimator of this folder.

use super::estimate::PairEstimator;
use super::knn::{self, Columns, Form, PairMatrix};
use crate::base::job::Job;
use crate::measures::error::Error;

/// k nearest neighbours in the plane of a pair.
#[derive(Debug)]
pub struct Nearest {
    columns: Columns,
    neighbors: usize,
}

impl Nearest {
    /// Prepares finite `rows`.
    pub fn prepare(rows: &[&[f32]], form: Form, neighbors: usize) -> Nearest {
        Nearest { columns: Columns::prepare(rows, form), neighbors }
    }
}

impl PairEstimator for Nearest {
    fn all(&self, section: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
        knn::all_pairs(&self.columns, self.neighbors, section, job)
    }

    fn share(&self, section: &str, job: &dyn Job) -> Result<(), Error> {
        knn::share_of_pairs(&self.columns, self.neighbors, section, job)
    }

    fn some(&self, inputs: &[u32], pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error> {
        knn::some_pairs(&self.columns.subsample(inputs), pairs, self.neighbors)
    }

    /// An input's part is at most psi(S) - psi(k), which is also the most that I can be: the more inputs, the finer the
    /// dependence that is seen.
    fn growth(&self, samples: usize, fewer: usize) -> f64 {
        // psi(S) - psi(k) = 1 / k + ... + 1 / (S - 1)
        let reach = |inputs: usize| (self.neighbors..inputs).map(|i| 1.0 / i as f64).sum::<f64>();
        reach(samples) / reach(fewer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(neighbors: usize, samples: usize, fewer: usize) -> f64 {
        Nearest::prepare(&[], Form::Paper, neighbors).growth(samples, fewer)
    }

    /// psi(3), psi(250) and psi(500) as in the tables of Abramowitz and Stegun: 0.9227843, 5.5194596 and 6.2136077.
    #[test]
    fn an_input_reaches_as_far_as_information_can() {
        let growth = growth(3, 500, 250);
        assert!((growth - (6.2136077 - 0.9227843) / (5.5194596 - 0.9227843)).abs() < 1e-6, "{growth}");
    }

    /// A pair of equal neurons is the most dependent there is: its I grows by just this from half of the inputs to all.
    #[test]
    fn equal_neurons_grow_by_it() {
        let row: Vec<f32> = (0..400u32).map(|s| (s.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
        let information = |inputs: usize| knn::pair(&row[..inputs], &row[..inputs], 1, Form::Paper).unwrap();
        assert!((information(400) / information(200) - growth(1, 400, 200)).abs() < 1e-12);
    }
}
