//! The activations of a layer as a probe reads them: standardised, and turned so that no two coordinates are correlated.
//!
//! In: activations [neurons, inputs]. Out: [`Features`] [inputs, width], of which the logistic loss with an L2 penalty has
//! the same least value as of the standardised activations themselves, because the turn is orthogonal: products between
//! inputs stay as they are. Two things get faster. Where there are fewer inputs than neurons, the width is at most the
//! number of inputs. And the search for the least value knows the scale of every coordinate beforehand.
//!
//! Means and deviations are over all inputs of the code, those that are coded later included. That is no look ahead: in
//! the code of Voita and Titov (2020) the receiver has all inputs from the start and lacks the labels alone. With those
//! of the first block only, the scale of every neuron would rest on a handful of inputs.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, Par, Side};
use ndarray::ArrayView2;

use crate::measures::spectrum::{Standard, correlations, products_of_inputs};

/// Inputs that are turned at a time.
const BLOCK: usize = 256;

/// Directions whose share of the variance is below this, per direction, are rounding.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// A layer over the inputs of a code.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// [inputs, width], input by input.
    values: Vec<f64>,
    /// The mean square of each coordinate.
    pub squares: Vec<f64>,
    /// Neurons that are read.
    pub neurons: usize,
    /// Neurons that are constant or not finite, and left out.
    pub left_out: usize,
}

impl Features {
    /// Of a layer [neurons, inputs], each row contiguous, and those of its columns that have a label.
    pub fn of(layer: ArrayView2<'_, f32>, columns: &[usize]) -> Features {
        let finite: Vec<Vec<f32>> = layer
            .outer_iter()
            .map(|row| columns.iter().map(|&column| row[column]).collect::<Vec<f32>>())
            .filter(|row| row.iter().all(|value| value.is_finite()))
            .collect();
        let standard = Standard::new(finite.iter().map(Vec::as_slice));
        let (neurons, samples) = (standard.neurons(), columns.len());
        let (values, squares) = match neurons {
            0 => (Vec::new(), Vec::new()),
            _ if neurons > samples => of_inputs(&standard, samples),
            _ => turned(&standard, samples, axes(&correlations(&standard))),
        };
        Features { values, squares, neurons, left_out: layer.nrows() - neurons }
    }

    /// No features at all: a probe of them knows the labels alone.
    pub fn none() -> Features {
        Features { values: Vec::new(), squares: Vec::new(), neurons: 0, left_out: 0 }
    }

    /// Coordinates of an input.
    pub fn width(&self) -> usize {
        self.squares.len()
    }

    /// One input.
    pub fn input(&self, input: usize) -> &[f64] {
        &self.values[input * self.width()..][..self.width()]
    }
}

/// The eigenvectors Q of a symmetric matrix, a column each, and the eigenvalues L.
struct Axes {
    vectors: Mat<f64>,
    values: Vec<f64>,
}

/// Of a matrix of which the lower half is given, without what is rounding; `None` where the iteration does not settle.
fn axes(matrix: &Mat<f64>) -> Option<Axes> {
    let found = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let values: Vec<f64> = found.S().column_vector().iter().copied().collect();
    let least = ROUNDING * values.len() as f64 * values.iter().copied().fold(0.0, f64::max);
    let kept: Vec<usize> = (0..values.len()).filter(|&i| values[i] > least).collect();
    let vectors = Mat::from_fn(values.len(), kept.len(), |i, j| found.U()[(i, kept[j])]);
    Some(Axes { vectors, values: kept.iter().map(|&i| values[i]).collect() })
}

/// X Q of the axes of the correlations X' X / S = Q L Q': the mean squares are L. Without axes, X as it is.
fn turned(standard: &Standard<'_>, samples: usize, axes: Option<Axes>) -> (Vec<f64>, Vec<f64>) {
    let neurons = standard.neurons();
    let unturned = || Axes { vectors: Mat::identity(neurons, neurons), values: vec![1.0; neurons] };
    let Axes { vectors, values: squares } = axes.unwrap_or_else(unturned);
    let width = squares.len();
    let mut values = vec![0.0; samples * width];
    for start in (0..samples).step_by(BLOCK) {
        let inputs = start..(start + BLOCK).min(samples);
        let block = standard.block(0..neurons, inputs.clone());
        // [inputs, width] input by input lies in memory as [width, inputs] column by column.
        let to = &mut values[inputs.start * width..inputs.end * width];
        let to = MatMut::from_column_major_slice_mut(to, width, inputs.len());
        matmul(to, Accum::Replace, vectors.transpose(), block.matrix().transpose(), 1.0, Par::Seq);
    }
    (values, squares)
}

/// Q (S L)^1/2 of the products of inputs X X' / S = Q L Q': the products between inputs are those of X.
fn of_inputs(standard: &Standard<'_>, samples: usize) -> (Vec<f64>, Vec<f64>) {
    let Some(Axes { vectors, values: squares }) = axes(&products_of_inputs(standard)) else {
        return turned(standard, samples, None);
    };
    let scales: Vec<f64> = squares.iter().map(|square| (samples as f64 * square).sqrt()).collect();
    let mut values = Vec::with_capacity(samples * scales.len());
    for input in 0..samples {
        values.extend(scales.iter().enumerate().map(|(axis, scale)| vectors[(input, axis)] * scale));
    }
    (values, squares)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::measures::testing::normals;

    fn noise(neurons: usize, inputs: usize) -> Array2<f32> {
        let numbers = normals(1, neurons * inputs);
        Array2::from_shape_vec((neurons, inputs), numbers.into_iter().map(|x| x as f32).collect()).unwrap()
    }

    /// Products between the standardised inputs, without any turn.
    fn products(layer: &Array2<f32>, columns: &[usize]) -> Vec<f64> {
        let standard: Vec<Vec<f64>> = layer
            .outer_iter()
            .map(|row| {
                let row: Vec<f64> = columns.iter().map(|&column| f64::from(row[column])).collect();
                let mean = row.iter().sum::<f64>() / row.len() as f64;
                let deviation = (row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64).sqrt();
                row.iter().map(|x| (x - mean) / deviation).collect()
            })
            .collect();
        let product = |a: usize, b: usize| standard.iter().map(|row| row[a] * row[b]).sum::<f64>();
        (0..columns.len()).flat_map(|a| (0..columns.len()).map(move |b| (a, b))).map(|(a, b)| product(a, b)).collect()
    }

    #[test]
    fn products_between_inputs_are_those_of_the_standardised_activations() {
        for (neurons, inputs) in [(5, 40), (40, 12), (12, 12)] {
            let layer = noise(neurons, inputs + 3);
            let columns: Vec<usize> = (1..inputs + 1).collect();
            let features = Features::of(layer.view(), &columns);
            assert!(features.width() <= neurons.min(inputs) && features.neurons == neurons);
            let expected = products(&layer, &columns);
            for a in 0..inputs {
                for b in 0..inputs {
                    let found: f64 = features.input(a).iter().zip(features.input(b)).map(|(a, b)| a * b).sum();
                    let expected = expected[a * inputs + b];
                    assert!((found - expected).abs() < 1e-9, "{neurons} x {inputs}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_mean_squares_are_those_of_the_coordinates() {
        for (neurons, inputs) in [(4, 30), (30, 9)] {
            let features = Features::of(noise(neurons, inputs).view(), &(0..inputs).collect::<Vec<_>>());
            for (axis, expected) in features.squares.iter().enumerate() {
                let found = (0..inputs).map(|i| features.input(i)[axis].powi(2)).sum::<f64>() / inputs as f64;
                assert!((found - expected).abs() < 1e-9, "{found} {expected}");
            }
        }
    }

    #[test]
    fn neurons_that_are_constant_or_not_finite_are_left_out() {
        let mut layer = noise(4, 20);
        layer.row_mut(1).fill(3.0);
        layer[[2, 7]] = f32::NAN;
        let all: Vec<usize> = (0..20).collect();
        let features = Features::of(layer.view(), &all);
        assert_eq!((features.neurons, features.left_out), (2, 2));
        // Of the inputs with a label alone.
        let without: Vec<usize> = (0..20).filter(|&column| column != 7).collect();
        assert_eq!(Features::of(layer.view(), &without).left_out, 1);
        layer.fill(1.0);
        assert_eq!(Features::of(layer.view(), &all).width(), 0);
        assert!(Features::of(layer.view(), &all).input(19).is_empty());
    }
}
