//! The measures one by one: every neuron's entropy and every pair's mutual information, with their places.
//!
//! A view, so that a page can be made from a run that has just ended and from one that was saved.

use ndarray::Array2;

use crate::measures::PairMatrix;

/// Where a neuron is: an index into the report's layers, and one into the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Neuron {
    pub layer: usize,
    pub index: usize,
}

/// A symmetric matrix of values in nats, diagonal included.
#[allow(clippy::len_without_is_empty, reason = "no caller asks")]
pub trait Pairs: Send + Sync {
    /// M, the number of rows.
    fn len(&self) -> usize;

    /// The value of a pair; NaN where a neuron has a non-finite activation.
    fn get(&self, i: usize, j: usize) -> f64;

    /// Fills `row` (of length M) with row `i`.
    fn copy_row(&self, i: usize, row: &mut [f64]) {
        for (j, value) in row.iter_mut().enumerate() {
            *value = self.get(i, j);
        }
    }
}

impl Pairs for Array2<f64> {
    fn len(&self) -> usize {
        self.nrows()
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        self[[i, j]]
    }
}

impl Pairs for PairMatrix {
    fn len(&self) -> usize {
        PairMatrix::len(self)
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        PairMatrix::get(self, i, j)
    }

    fn copy_row(&self, i: usize, row: &mut [f64]) {
        for (j, value) in row.iter_mut().enumerate().take(i) {
            *value = PairMatrix::get(self, j, i);
        }
        // The rest of the row lies in one piece.
        for (value, stored) in row.iter_mut().skip(i).zip(self.upper_row(i)) {
            *value = *stored;
        }
    }
}

impl<P: Pairs + ?Sized> Pairs for &P {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        (**self).get(i, j)
    }

    fn copy_row(&self, i: usize, row: &mut [f64]) {
        (**self).copy_row(i, row);
    }
}

/// Everything that was measured on one model.
pub struct Figures<'a> {
    /// [N], nats; NaN where a neuron has a non-finite activation.
    pub entropy: Vec<f64>,
    /// [N], the layers in order.
    pub neurons: Vec<Neuron>,
    /// [M, M], nats.
    pub mutual_information: Box<dyn Pairs + 'a>,
    /// [M], the layers in order.
    pub pair_neurons: Vec<Neuron>,
    /// The same under the other estimator, where the report has it beside.
    pub beside: Option<Box<Figures<'a>>>,
}

impl<'a> Figures<'a> {
    /// Lays neurons out as activations are: `widths[l]` rows per layer, and `pair_rows` picks rows of the whole.
    /// Rows out of range are left out, together with nothing else: callers pass rows of the same activations.
    pub fn new(entropy: Vec<f64>, widths: &[usize], pair_rows: &[usize], pairs: impl Pairs + 'a) -> Self {
        let neurons: Vec<Neuron> = widths
            .iter()
            .enumerate()
            .flat_map(|(layer, &width)| (0..width).map(move |index| Neuron { layer, index }))
            .collect();
        let pair_neurons = pair_rows.iter().filter_map(|&row| neurons.get(row).copied()).collect();
        Figures { entropy, neurons, mutual_information: Box::new(pairs), pair_neurons, beside: None }
    }

    /// The same figures, whose matrix lies where these have it.
    pub fn borrowed(&self) -> Figures<'_> {
        Figures {
            entropy: self.entropy.clone(),
            neurons: self.neurons.clone(),
            mutual_information: Box::new(&*self.mutual_information),
            pair_neurons: self.pair_neurons.clone(),
            beside: self.beside.as_deref().map(|beside| Box::new(beside.borrowed())),
        }
    }

    /// The finite entropies of one layer, in order of the neurons.
    pub fn layer_entropy(&self, layer: usize) -> Vec<f64> {
        self.neurons
            .iter()
            .zip(&self.entropy)
            .filter(|(neuron, value)| neuron.layer == layer && value.is_finite())
            .map(|(_, &value)| value)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_packed_matrix_is_whole() {
        let matrix = PairMatrix::from_fn(4, |i, j| (10 * i.min(j) + i.max(j)) as f64);
        let mut row = [0.0; 4];
        matrix.copy_row(2, &mut row);
        assert_eq!(row, [2.0, 12.0, 22.0, 23.0]);
    }
}
