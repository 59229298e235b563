//! Multinomial logistic regression with an L2 penalty: the probe.
//!
//! In: features, the inputs to learn from, and their classes. Out: [`Logistic`], the weights at which
//!
//! ```text
//! sum over inputs of -ln p(class | input)  +  l2 / 2 * (sum of squared weights)
//! ```
//!
//! is least. It is strictly convex, so that there is one such point, and no choice of when to stop learning. The model is
//! scikit-learn's with `C = 1 / l2` over features with a column of ones (`fit_intercept=False`): two classes have one row
//! of weights, more have one each. The weight of the ones is penalised too, because a class that has not occurred yet
//! would otherwise have probability 0, and cost infinitely many bits when it does.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::features::Features;
use super::lbfgs::{dot, minimise};

/// Inputs that are multiplied with the weights at a time.
const BLOCK: usize = 64;

/// How far above its least value the loss may be, in nats per input: far below what any figure shows.
const PRECISION: f64 = 1e-8;

/// What is learned from.
#[derive(Clone, Copy)]
pub struct Learning<'a> {
    pub features: &'a Features,
    /// The class of every input of the features, of 0..`classes`.
    pub labels: &'a [u32],
    pub classes: usize,
    /// The strength of the penalty; above zero.
    pub l2: f64,
}

/// A probe that has learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// [rows, width + 1]: the last of each row is the weight of the ones.
    weights: Vec<f64>,
    /// One row for two classes, whose other class has logit 0; as many as classes for more.
    rows: usize,
}

impl Logistic {
    /// A probe that finds all classes equally likely.
    pub fn undecided(classes: usize, width: usize) -> Logistic {
        let rows = if classes == 2 { 1 } else { classes };
        Logistic { weights: vec![0.0; rows * (width + 1)], rows }
    }

    /// Learns from some inputs. It starts where it is, which decides how long that takes and not what it becomes.
    pub fn learn(&mut self, from: &Learning<'_>, inputs: &[u32]) {
        let curvature = self.curvature(from, inputs.len());
        // By strict convexity the value is at most |gradient|^2 / (2 l2) above the least one.
        let tolerance = (2.0 * from.l2 * PRECISION * inputs.len() as f64).sqrt();
        let mut probe = Logistic { weights: Vec::new(), rows: self.rows };
        minimise(&mut self.weights, &curvature, tolerance, &mut |at, gradient| {
            probe.weights.clear();
            probe.weights.extend_from_slice(at);
            probe.loss(from, inputs, gradient)
        });
    }

    /// The penalised loss over some inputs in nats; its gradient is written into `gradient`.
    pub fn loss(&self, of: &Learning<'_>, inputs: &[u32], gradient: &mut [f64]) -> f64 {
        let width = of.features.width() + 1;
        gradient.iter_mut().zip(&self.weights).for_each(|(gradient, weight)| *gradient = of.l2 * weight);
        let mut loss = 0.5 * of.l2 * dot(&self.weights, &self.weights);
        let (mut values, mut excess) = (Vec::new(), vec![0.0; BLOCK * self.rows]);
        for inputs in inputs.chunks(BLOCK) {
            self.gather(of.features, inputs, &mut values);
            let excess = &mut excess[..inputs.len() * self.rows];
            self.logits(&values, inputs.len(), excess);
            for (&input, logits) in inputs.iter().zip(excess.chunks_exact_mut(self.rows)) {
                let class = of.labels[input as usize];
                loss += nats(logits, class);
                to_shares(logits);
                let row = if self.rows == 1 { (class == 1).then_some(0) } else { Some(class as usize) };
                row.into_iter().for_each(|row| logits[row] -= 1.0);
            }
            let gradient = MatMut::from_column_major_slice_mut(gradient, width, self.rows);
            let values = MatRef::from_column_major_slice(&values, width, inputs.len());
            let excess = MatRef::from_column_major_slice(excess, self.rows, inputs.len());
            matmul(gradient, Accum::Add, values, excess.transpose(), 1.0, Par::Seq);
        }
        loss
    }

    /// The sum of -ln p(class | input) over some inputs, and for how many of them no other class is likelier.
    pub fn cost(&self, of: &Learning<'_>, inputs: &[u32]) -> (f64, usize) {
        let (mut cost, mut right) = (0.0, 0);
        let (mut values, mut logits) = (Vec::new(), vec![0.0; BLOCK * self.rows]);
        for inputs in inputs.chunks(BLOCK) {
            self.gather(of.features, inputs, &mut values);
            let logits = &mut logits[..inputs.len() * self.rows];
            self.logits(&values, inputs.len(), logits);
            for (&input, logits) in inputs.iter().zip(logits.chunks_exact(self.rows)) {
                let class = of.labels[input as usize];
                cost += nats(logits, class);
                right += usize::from(likeliest(logits) == class);
            }
        }
        (cost, right)
    }

    /// The features of some inputs side by side, each with its one: [width + 1, inputs], input by input.
    fn gather(&self, features: &Features, inputs: &[u32], values: &mut Vec<f64>) {
        values.clear();
        for &input in inputs {
            values.extend_from_slice(features.input(input as usize));
            values.push(1.0);
        }
    }

    /// The logits of gathered inputs: [rows, inputs], input by input.
    fn logits(&self, values: &[f64], inputs: usize, logits: &mut [f64]) {
        let width = self.weights.len() / self.rows;
        let logits = MatMut::from_column_major_slice_mut(logits, self.rows, inputs);
        let weights = MatRef::from_column_major_slice(&self.weights, width, self.rows);
        let values = MatRef::from_column_major_slice(values, width, inputs);
        matmul(logits, Accum::Replace, weights.transpose(), values, 1.0, Par::Seq);
    }

    /// A guess of the second derivatives: with the shares of a probe that finds all classes equally likely.
    fn curvature(&self, of: &Learning<'_>, inputs: usize) -> Vec<f64> {
        let share = 1.0 / of.classes as f64;
        let along = |square: f64| inputs as f64 * share * (1.0 - share) * square + of.l2;
        let row: Vec<f64> = of.features.squares.iter().copied().chain([1.0]).map(along).collect();
        row.repeat(self.rows)
    }
}

/// -ln p(class) of logits; a single one is that of class 1, against 0.
fn nats(logits: &[f64], class: u32) -> f64 {
    match *logits {
        [only] => {
            // ln(1 + e^z) without overflow, minus z where the class is 1.
            let towards = if class == 1 { -only } else { only };
            towards.max(0.0) + (-towards.abs()).exp().ln_1p()
        }
        _ => {
            let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
            most + sum.ln() - logits[class as usize]
        }
    }
}

/// The likeliest class, the first of equals.
fn likeliest(logits: &[f64]) -> u32 {
    match *logits {
        [only] => u32::from(only > 0.0),
        _ => (1..logits.len()).fold(0, |best, row| if logits[row] > logits[best] { row } else { best }) as u32,
    }
}

/// From logits to probabilities, in place.
fn to_shares(logits: &mut [f64]) {
    match logits {
        [only] => *only = 1.0 / (1.0 + (-*only).exp()),
        _ => {
            let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            logits.iter_mut().for_each(|logit| *logit = (*logit - most).exp());
            let sum: f64 = logits.iter().sum();
            logits.iter_mut().for_each(|logit| *logit /= sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::measures::testing::normals;

    fn features(neurons: usize, inputs: usize) -> Features {
        let numbers = normals(3, neurons * inputs).into_iter().map(|x| x as f32).collect();
        let layer = Array2::from_shape_vec((neurons, inputs), numbers).unwrap();
        Features::of(layer.view(), &(0..inputs).collect::<Vec<_>>())
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let features = features(3, 20);
        for classes in [2, 4] {
            let labels: Vec<u32> = (0..20).map(|i| i % classes).collect();
            let of = Learning { features: &features, labels: &labels, classes: classes as usize, l2: 0.7 };
            let inputs: Vec<u32> = (3..17).collect();
            let mut probe = Logistic::undecided(classes as usize, features.width());
            probe.weights.iter_mut().zip(normals(9, 100)).for_each(|(weight, x)| *weight = x);
            let mut gradient = vec![0.0; probe.weights.len()];
            probe.loss(&of, &inputs, &mut gradient);
            for at in 0..gradient.len() {
                let shifted = |by: f64| {
                    let mut probe = probe.clone();
                    probe.weights[at] += by;
                    probe.loss(&of, &inputs, &mut vec![0.0; gradient.len()])
                };
                let expected = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                assert!((gradient[at] - expected).abs() < 1e-7, "{classes} classes: {} {expected}", gradient[at]);
            }
        }
    }

    /// Of the labels alone the best probe is known: with two classes, n_1 - n p = l2 b at the logit b with p = 1 / (1 + e^-b).
    #[test]
    fn labels_alone_have_a_closed_form() {
        let labels: Vec<u32> = (0..40).map(|i| u32::from(i < 10)).collect();
        let none = Features::none();
        let of = Learning { features: &none, labels: &labels, classes: 2, l2: 1.0 };
        let mut probe = Logistic::undecided(2, 0);
        probe.learn(&of, &(0..40).collect::<Vec<_>>());
        let b = probe.weights[0];
        assert!((10.0 - 40.0 / (1.0 + (-b).exp()) - b).abs() < 1e-3, "{b}");
        assert_eq!(probe.cost(&of, &[0, 39, 9, 10]).1, 2);
    }

    #[test]
    fn where_it_starts_does_not_matter() {
        let features = features(6, 30);
        let labels: Vec<u32> = (0..30).map(|i| (i * 7) % 3).collect();
        let of = Learning { features: &features, labels: &labels, classes: 3, l2: 1.0 };
        let inputs: Vec<u32> = (0..30).collect();
        let mut cold = Logistic::undecided(3, features.width());
        cold.learn(&of, &inputs);
        let mut warm = Logistic::undecided(3, features.width());
        warm.learn(&of, &inputs[..9]);
        warm.learn(&of, &inputs);
        for input in 0..30 {
            assert!((cold.cost(&of, &[input]).0 - warm.cost(&of, &[input]).0).abs() < 1e-3);
        }
    }

    #[test]
    fn no_logit_is_too_large() {
        assert_eq!(nats(&[1e4], 1), 0.0);
        assert_eq!(nats(&[1e4], 0), 1e4);
        assert_eq!(nats(&[-1e4], 1), 1e4);
        assert_eq!(nats(&[1e4, 0.0, -1e4], 2), 2e4);
        let mut shares = [-1e4];
        to_shares(&mut shares);
        assert_eq!(shares, [0.0]);
    }
}
