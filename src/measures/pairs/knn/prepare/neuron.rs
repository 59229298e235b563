//! A neuron made ready for the pairs of one tile.

use std::sync::OnceLock;

use super::columns::Column;
use super::lookup::Lookup;
use super::super::simd::{SLACK, WINDOW};

/// Infinities before the distinct values, so that a window may start before the first.
pub const FRONT: usize = WINDOW;

/// Infinities after them: two windows may lie side by side behind the last value.
const BACK: usize = 2 * WINDOW + SLACK;

/// The longest table of distinct values that [`Neuron::first_values`] gives.
pub const MOST_VALUES: usize = 128;

/// One neuron, with what its pairs look up. All made from its [`Column`] in O(S).
pub struct Neuron<'a> {
    pub sorted: &'a [f32],
    pub order: &'a [u32],
    /// By input: its value, and how many inputs have smaller ones.
    pub places: Vec<Place>,
    /// Distinct values, rising, between [`FRONT`] negative and some positive infinities. Windows compare distinct values, so
    /// that large tied groups cost nothing.
    pub distinct: Vec<f32>,
    /// How many there are.
    values: usize,
    /// How many inputs lie below each distinct value, and S at the end; empty where no two are tied and it would be 0, 1, 2, ...
    pub below: Vec<u32>,
    /// Made when a pair first needs it: those over few inputs never do.
    lookup: OnceLock<Lookup>,
    by_input: OnceLock<Vec<f32>>,
    exact_by_input: OnceLock<Vec<f64>>,
    /// Whether float32 holds every difference of two values exactly, as for quantized activations.
    pub exact: bool,
    /// Robust: exact normal scores by twice the average rank.
    pub scores: &'a [f64],
}

/// Where an input stands in one neuron.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    pub value: f32,
    pub first: u32,
}

impl<'a> Neuron<'a> {
    /// Memory of one over `samples` inputs, with its column.
    pub fn bytes(samples: usize) -> usize {
        samples * (8 + size_of::<Place>() + 3 * size_of::<u32>())
    }

    /// Makes a neuron ready; `scores` are the exact normal scores, or empty where the values themselves are exact.
    pub fn new(column: Column<'a>, scores: &'a [f64]) -> Self {
        let Column { sorted, order } = column;
        let mut places = vec![Place::default(); sorted.len()];
        let mut distinct = Vec::with_capacity(FRONT + sorted.len() + BACK);
        distinct.resize(FRONT, f32::NEG_INFINITY);
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
        let values = &distinct[FRONT..];
        let exact = scores.is_empty() && differences_fit(values);
        if below.len() == sorted.len() {
            below = Vec::new();
        } else {
            below.push(sorted.len() as u32);
        }
        let values = distinct.len() - FRONT;
        distinct.resize((distinct.len() + BACK).max(FRONT + MOST_VALUES), f32::INFINITY);
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
    pub fn values(&self) -> &[f32] {
        &self.distinct[FRONT..FRONT + self.values]
    }

    /// The first LEN distinct values, filled up with infinities; LEN <= [`MOST_VALUES`].
    #[inline(always)]
    pub fn first_values<const LEN: usize>(&self) -> &[f32; LEN] {
        const { assert!(LEN <= MOST_VALUES) };
        let (first, _) = self.distinct[FRONT..].as_chunks();
        &first[0]
    }

    /// Whether some inputs share a value.
    pub fn tied(&self) -> bool {
        !self.below.is_empty()
    }

    /// Whether `other` has the same values in the same order. Such a pair has each neighbour twice, and one of the two is
    /// enough to look at.
    #[inline(always)]
    pub fn repeats(&self, other: &Neuron<'_>) -> bool {
        self.sorted == other.sorted && self.order == other.order
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
    pub fn by_input(&self) -> &[f32] {
        self.by_input.get_or_init(|| {
            let values = self.places.iter().map(|place| place.value);
            values.chain(std::iter::repeat_n(0.0, SLACK)).collect()
        })
    }

    /// The exact values behind the float32 ones, in the inputs' order.
    pub fn exact_by_input(&self) -> &[f64] {
        self.exact_by_input.get_or_init(|| {
            if self.scores.is_empty() {
                return self.places.iter().map(|place| f64::from(place.value)).collect();
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

    /// The exact value behind a float32 one, which must be among this neuron's.
    pub fn exact_value(&self, value: f32) -> f64 {
        if self.scores.is_empty() {
            return f64::from(value);
        }
        // Its cell says which value it cannot lie before, and few values share one.
        let values = self.values();
        let from = self.lookup().first(value);
        let i = from + values[from..].iter().take_while(|&&v| v < value).count();
        self.exact_at(i)
    }

    /// The exact value behind distinct value `i`.
    pub fn exact_at(&self, i: usize) -> f64 {
        if self.scores.is_empty() {
            return f64::from(self.values()[i]);
        }
        self.score(self.inputs_below(i), self.inputs_below(i + 1))
    }
}

/// Whether all differences of these values, rising, have at most the 24 binary digits of a float32.
fn differences_fit(values: &[f32]) -> bool {
    let largest = values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    // All values are multiples of the step, and their differences below 2^24 steps: so whole numbers that fit.
    let least_step = f64::from(largest) / f64::from(1 << 23);
    values.iter().all(|&v| v == 0.0 || last_digit(v) >= least_step)
}

/// The weight of a value's last binary digit that is not zero.
fn last_digit(value: f32) -> f64 {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 23) & 0xff, bits & 0x7f_ffff);
    let (exponent, digits) = if exponent == 0 { (1, fraction) } else { (exponent, fraction | 0x80_0000) };
    2f64.powi(exponent as i32 - 150 + digits.trailing_zeros() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::pairs::knn::{Columns, Form};

    #[test]
    fn ranks_and_tied_groups() {
        let columns = Columns::prepare(&[&[2.0, 0.0, 2.0, -1.0, 0.0, 0.0]], Form::Paper);
        let neuron = Neuron::new(columns.column(0), columns.scores());
        assert_eq!(neuron.values(), [-1.0, 0.0, 2.0]);
        assert_eq!(neuron.below, [0, 1, 4, 6]);
        assert_eq!(neuron.places.iter().map(|p| p.first).collect::<Vec<_>>(), [4, 1, 4, 0, 1, 1]);
        assert!(neuron.tied() && neuron.exact);
    }

    #[test]
    fn scores_behind_float32_are_found_again() {
        let columns = Columns::prepare(&[&[2.0, 0.0, 2.0, -1.0, 0.0, 7.0]], Form::Robust);
        let neuron = Neuron::new(columns.column(0), columns.scores());
        // Average ranks 1, 2.5, 4.5, 6 of 6.
        for (&value, twice) in neuron.values().iter().zip([2, 5, 9, 12]) {
            assert_eq!(neuron.exact_value(value), columns.scores()[twice]);
        }
    }

    #[test]
    fn knows_when_float32_differences_are_exact() {
        let exact = |values: &[f32]| differences_fit(values);
        assert!(exact(&[-127.0, 0.0, 3.0, 127.0]));
        assert!(exact(&[0.5, 1.25, 8_388_607.0]) == exact(&[2.0, 5.0, 33_554_428.0]));
        assert!(!exact(&[0.1, 0.2, 0.3]));
        assert!(!exact(&[1e-12, 1.0]));
        assert!(exact(&[f32::from_bits(1), f32::from_bits(77)]));
        assert!(!exact(&[-16_777_215.0, 16_777_215.0]), "their difference needs 25 digits");
    }
}
