//! Products of standardised activations: between every two neurons, or between every two inputs where these are fewer.
//!
//! Both have the same eigenvalues but for zeroes, the squares of the singular values. All are read in blocks, so that the
//! activations are never held a second time.

use std::ops::Range;

use faer::linalg::matmul::matmul as whole_matmul;
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, Par};

use super::standard::{Standard, zeroes};

/// Inputs or neurons that are multiplied at a time.
const BLOCK: usize = 256;

/// Sums over the pairs of two different neurons, each pair once.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairSums {
    /// Of |r|.
    pub absolute: f64,
    /// Of squared covariances.
    pub covariance: f64,
    pub pairs: f64,
}

/// What the products tell of a layer.
pub struct Products {
    /// The lower half of a symmetric matrix: of the correlations [N, N], or of the inputs' products over S [S, S].
    pub matrix: Mat<f64>,
    pub sums: PairSums,
}

impl Products {
    pub fn of(standard: &Standard<'_>) -> Products {
        if standard.neurons() <= standard.samples() {
            let matrix = correlations(standard);
            let mut sums = PairSums::default();
            for j in 0..standard.neurons() {
                for i in j + 1..standard.neurons() {
                    sums.add(matrix[(i, j)], standard.deviations[i] * standard.deviations[j]);
                }
            }
            Products { matrix, sums }
        } else {
            Products { matrix: of_inputs(standard), sums: blockwise_sums(standard) }
        }
    }
}

impl PairSums {
    fn add(&mut self, correlation: f64, deviations: f64) {
        self.absolute += correlation.abs();
        self.covariance += (correlation * deviations).powi(2);
        self.pairs += 1.0;
    }
}

/// The correlations of every two neurons [N, N], lower half.
pub fn correlations(standard: &Standard<'_>) -> Mat<f64> {
    let mut matrix = zeroes(standard.neurons());
    for inputs in blocks(standard.samples()) {
        let block = standard.block(0..standard.neurons(), inputs);
        add_products(&mut matrix, block.matrix().transpose(), block.matrix(), standard.samples());
    }
    matrix
}

/// The products of every two inputs over S [S, S], lower half.
pub fn of_inputs(standard: &Standard<'_>) -> Mat<f64> {
    let mut matrix = zeroes(standard.samples());
    for neurons in blocks(standard.neurons()) {
        let block = standard.block(neurons, 0..standard.samples());
        add_products(&mut matrix, block.matrix(), block.matrix().transpose(), standard.samples());
    }
    matrix
}

/// Adds left * right / S to the lower half.
pub fn add_products(matrix: &mut Mat<f64>, left: faer::MatRef<'_, f64>, right: faer::MatRef<'_, f64>, samples: usize) {
    let (lower, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
    matmul(matrix, lower, Accum::Add, left, all, right, all, 1.0 / samples as f64, Par::Seq);
}

/// The sums over pairs where the matrix of all correlations would be too large to hold.
fn blockwise_sums(standard: &Standard<'_>) -> PairSums {
    let mut sums = PairSums::default();
    let inputs = 0..standard.samples();
    for rows in blocks(standard.neurons()) {
        let left = standard.block(rows.clone(), inputs.clone());
        for columns in blocks(rows.end) {
            let right = standard.block(columns.clone(), inputs.clone());
            let mut products = Mat::<f64>::zeros(rows.len(), columns.len());
            let scale = 1.0 / standard.samples() as f64;
            let (left, right) = (left.matrix().transpose(), right.matrix());
            whole_matmul(&mut products, Accum::Replace, left, right, scale, Par::Seq);
            for (j, column) in columns.clone().enumerate() {
                for (i, row) in rows.clone().enumerate().filter(|&(_, row)| row > column) {
                    sums.add(products[(i, j)], standard.deviations[row] * standard.deviations[column]);
                }
            }
        }
    }
    sums
}

fn blocks(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(BLOCK).map(move |start| start..(start + BLOCK).min(count))
}
