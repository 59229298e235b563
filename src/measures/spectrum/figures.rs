//! From eigenvalues to how many directions they fill.

use faer::{Mat, Side};

/// The eigenvalues of a symmetric matrix of which the lower half is given; none if the iteration does not settle.
pub fn eigenvalues(matrix: &Mat<f64>) -> Vec<f64> {
    matrix.self_adjoint_eigenvalues(Side::Lower).unwrap_or_default()
}

/// Eigenvalues below this share of the largest, per row of the matrix, are rounding: it lies above that of float64 in the
/// products and that of float32 in the activations.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// ln R of the singular values s whose squares are given, with q = s / sum s: -sum q ln q (Roy and Vetterli, EUSIPCO 2007).
/// NaN of none.
pub fn ln_effective_rank(squares: &[f64]) -> f64 {
    let largest = squares.iter().copied().fold(0.0, f64::max);
    let least = ROUNDING * squares.len() as f64 * largest;
    let singular: Vec<f64> = squares.iter().filter(|&&square| square > least).map(|square| square.sqrt()).collect();
    let sum: f64 = singular.iter().sum();
    if singular.is_empty() {
        return f64::NAN;
    }
    singular.iter().map(|s| s / sum).map(|q| -q * q.ln()).sum()
}
