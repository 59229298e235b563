//! The chosen neurons, prepared once for all their pairs.

use super::choose::Chosen;
use super::estimate::PairEstimator;
use super::knn::PairMatrix;
use crate::base::job::Job;
use crate::measures::error::Error;

/// Memory for the copies of neurons over parts of the inputs.
const ROOM: usize = 32 << 20;

/// The finite neurons of the matrix and what measures them.
#[derive(Debug)]
pub struct Prepared<'a> {
    rows: Vec<&'a [f32]>,
    estimator: Box<dyn PairEstimator>,
    fewest_inputs: usize,
}

impl<'a> Prepared<'a> {
    /// `rows` are those of `chosen.measured`, in order; `fewest_inputs` is what `estimator` can measure.
    pub fn new(rows: Vec<&'a [f32]>, estimator: Box<dyn PairEstimator>, fewest_inputs: usize) -> Prepared<'a> {
        Prepared { rows, estimator, fewest_inputs }
    }

    /// The fewest inputs that can be measured.
    pub fn fewest_inputs(&self) -> usize {
        self.fewest_inputs
    }

    /// As [`PairEstimator::growth`].
    pub fn growth(&self, samples: usize, fewer: usize) -> f64 {
        self.estimator.growth(samples, fewer)
    }

    /// Measures all pairs of the chosen neurons, diagonal included. Rows of neurons that are not finite are NaN, those
    /// of constant neurons 0: the formulas give them 0 or, with ties, a number below that means nothing.
    ///
    /// # Errors
    /// Too few inputs; no room; the user stopped the run.
    pub fn matrix(&self, chosen: &Chosen, section: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
        let measured = match self.rows.is_empty() {
            true => PairMatrix::zeroes(0, job)?,
            false => self.estimator.all(section, job)?,
        };
        let mut matrix = measured.spread(&chosen.measured, chosen.rows.len(), job)?;
        if chosen.constant.contains(&true) {
            for i in 0..chosen.rows.len() {
                for (j, value) in (i..).zip(matrix.upper_row_mut(i)) {
                    if (chosen.constant[i] || chosen.constant[j]) && !value.is_nan() {
                        *value = 0.0;
                    }
                }
            }
        }
        Ok(matrix)
    }

    /// Measures and keeps this process's share of all pairs.
    ///
    /// # Errors
    /// As [`Prepared::matrix`].
    pub fn share(&self, section: &str, job: &dyn Job) -> Result<(), Error> {
        if self.rows.is_empty() { Ok(()) } else { self.estimator.share(section, job) }
    }

    /// The most parts of the inputs, each of so many, to measure at the same time: few inputs are too little work to share
    /// out among threads, but each part has copies of the neurons.
    pub fn at_a_time(&self, inputs: usize) -> usize {
        let copies = self.rows.len() * inputs * size_of::<[u64; 4]>();
        (ROOM / copies.max(1)).clamp(1, rayon::current_num_threads())
    }

    /// Some pairs over some of the inputs, in the order given; neurons are numbered as they were measured. A neuron that
    /// is constant over these inputs has I = 0 with every other.
    ///
    /// # Errors
    /// Too few inputs.
    pub fn over(&self, inputs: &[u32], pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error> {
        let first = |row: &[f32]| inputs.first().map(|&s| row[s as usize]);
        let is_constant = |row: &&[f32]| inputs.iter().all(|&s| Some(row[s as usize]) == first(row));
        let constant: Vec<bool> = self.rows.iter().map(is_constant).collect();
        let varies = |&&(i, j): &&(u32, u32)| !constant[i as usize] && !constant[j as usize];
        let varying: Vec<(u32, u32)> = pairs.iter().filter(varies).copied().collect();
        let measured = if varying.is_empty() { Vec::new() } else { self.estimator.some(inputs, &varying)? };
        let mut measured = measured.into_iter();
        Ok(pairs.iter().map(|pair| if varies(&pair) { measured.next().unwrap_or(f64::NAN) } else { 0.0 }).collect())
    }
}
