//! A neuron made ready for the pairs of one tile.

use std::ops::Range;
use std::sync::OnceLock;

use super::super::simd::{Number, SLACK, WINDOW};
use super::lookup::Lookup;
use super::sorted::Column;

/// Places behind the distinct values: a window may start behind the last one, others follow it, and loads run into what is behind.
pub const BACK: usize = WINDOW + SLACK;

/// The longest table of distinct values that [`Neuron::first_values`] gives.
pub const MOST_VALUES: usize = 128;

/// One neuron, with what its pairs look up. All made from its [`Column`] in O(S).
pub struct Neuron<'a, V> {
    pub sorted: &'a [V],
    pub order: &'a [u32],
    /// By input: its value, and how many inputs have smaller ones.
    pub places: Vec<Place<V>>,
    /// Distinct values, rising, and some that lie behind all. Windows compare distinct values, so that large tied groups cost
    /// nothing.
    pub distinct: Vec<V>,
    /// How many there are.
    values: usize,
    /// How many inputs lie below each distinct value, and S at the end; empty where no two are tied and it would be 0, 1, 2, ...
    pub below: Vec<u32>,
    /// Made when a pair first needs it: those over few inputs never do.
    lookup: OnceLock<Lookup>,
    by_input: OnceLock<Vec<V>>,
    exact_by_input: OnceLock<Vec<f64>>,
    /// Whether every difference of two values is exact, as for quantized activations.
    pub exact: bool,
    /// Robust: exact normal scores by twice the average rank.
    pub scores: &'a [f64],
}

/// Where an input stands in one neuron.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<V> {
    pub value: V,
    pub first: u32,
}

impl<'a, V: Number> Neuron<'a, V> {
    /// Memory of one over `samples` inputs, with its column.
    pub fn bytes(samples: usize) -> usize {
        samples * (8 + size_of::<Place<V>>() + 4 * size_of::<u32>())
    }

    /// Makes a neuron ready; `scores` are the exact normal scores, or empty where the values themselves are exact.
    pub fn new(column: Column<'a, V>, scores: &'a [f64]) -> Self {
        let Column { sorted, order } = column;
        let mut places = vec![Place::default(); sorted.len()];
        let mut distinct = Vec::with_capacity(sorted.len() + BACK);
        let mut below = Vec::with_capacity(sorted.len() + 1);
        let mut first = 0;
        for (rank, (&value, &input)) in sorted.iter().zip(order).enumerate() {
            if rank == 0 || value != sorted[rank - 1] {
                first = rank as u32;
                distinct.push(value);
                below.push(first);
            }
            places[input as usize] = Place { value, first };
        }
        let exact = V::differences_are_exact(&distinct);
        if below.len() == sorted.len() {
            below = Vec::new();
        } else {
            below.push(sorted.len() as u32);
        }
        let values = distinct.len();
        distinct.resize((distinct.len() + BACK).max(MOST_VALUES), V::BEHIND);
        Neuron {
            sorted,
            order,
            places,
            distinct,
            values,
            below,
            lookup: OnceLock::new(),
            by_input: OnceLock::new(),
            exact_by_input: OnceLock::new(),
            exact,
            scores,
        }
    }

    /// The distinct values.
    pub fn values(&self) -> &[V] {
        &self.distinct[..self.values]
    }

    /// The first LEN distinct values, filled up with such as lie behind all; LEN <= [`MOST_VALUES`].
    #[inline(always)]
    pub fn first_values<const LEN: usize>(&self) -> &[V; LEN] {
        const { assert!(LEN <= MOST_VALUES) };
        let (first, _) = self.distinct.as_chunks();
        &first[0]
    }

    /// Whether some inputs share a value.
    pub fn tied(&self) -> bool {
        !self.below.is_empty()
    }

    /// Whether `other` has the same values at the same inputs.
    pub fn repeats(&self, other: &Neuron<'_, V>) -> bool {
        self.order == other.order && self.sorted == other.sorted
    }

    /// How many inputs lie below distinct value `i`.
    #[inline(always)]
    pub fn inputs_below(&self, i: usize) -> usize {
        if self.below.is_empty() { i } else { self.below[i] as usize }
    }

    /// From values to about their ranks.
    pub fn lookup(&self) -> &Lookup {
        self.lookup.get_or_init(|| Lookup::new(self.values()))
    }

    /// The values in the inputs' order, and [`SLACK`] zeroes behind them.
    pub fn by_input(&self) -> &[V] {
        self.by_input.get_or_init(|| {
            let values = self.places.iter().map(|place| place.value);
            values.chain(std::iter::repeat_n(V::default(), SLACK)).collect()
        })
    }

    /// The exact values, in the inputs' order.
    pub fn exact_by_input(&self) -> &[f64] {
        self.exact_by_input.get_or_init(|| {
            if self.scores.is_empty() {
                return self.places.iter().map(|place| f64::from(place.value.float())).collect();
            }
            let mut exact = vec![0.0; self.order.len()];
            for i in 0..self.values().len() {
                let (first, end) = (self.inputs_below(i), self.inputs_below(i + 1));
                for &input in &self.order[first..end] {
                    exact[input as usize] = self.score(first, end);
                }
            }
            exact
        })
    }

    /// The exact score of the inputs from one place in the order up to another.
    fn score(&self, first: usize, end: usize) -> f64 {
        // First and last rank, counted from one.
        self.scores[first + 1 + end]
    }

    /// The exact value behind a coordinate, which must be one of these distinct values.
    pub fn exact_value(&self, value: V, among: Range<usize>) -> f64 {
        if self.scores.is_empty() {
            return f64::from(value.float());
        }
        self.exact_at(among.start + self.values()[among].partition_point(|&v| v < value))
    }

    /// The exact value behind distinct value `i`.
    pub fn exact_at(&self, i: usize) -> f64 {
        if self.scores.is_empty() {
            return f64::from(self.values()[i].float());
        }
        self.score(self.inputs_below(i), self.inputs_below(i + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sorted::Sorted;
    use super::*;

    #[test]
    fn ranks_and_tied_groups() {
        let columns = Sorted::values(&[&[2.0, 0.0, 2.0, -1.0, 0.0, 0.0]]);
        let neuron = Neuron::new(columns.column(0), &columns.scores);
        assert_eq!(neuron.values(), [-1.0, 0.0, 2.0]);
        assert_eq!(neuron.below, [0, 1, 4, 6]);
        assert_eq!(neuron.places.iter().map(|p| p.first).collect::<Vec<_>>(), [4, 1, 4, 0, 1, 1]);
        assert!(neuron.tied() && neuron.exact);
    }

    #[test]
    fn scores_behind_fixed_point_are_found_again() {
        let columns = Sorted::scores(&[&[2.0, 0.0, 2.0, -1.0, 0.0, 7.0]]);
        let neuron = Neuron::new(columns.column(0), &columns.scores);
        // Average ranks 1, 2.5, 4.5, 6 of 6.
        for (&value, twice) in neuron.values().iter().zip([2, 5, 9, 12]) {
            assert_eq!(neuron.exact_value(value, 0..4), columns.scores[twice]);
        }
    }
}
