//! Which values of one coordinate lie within a radius, as far as its inner and outer bound say.

use std::ops::Range;

use super::super::prepare::Neuron;
use super::super::simd::Number;

/// Ranges of distinct values around a centre: those surely nearer than the radius, and those that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub sure: (usize, usize),
    pub possible: (usize, usize),
}

impl Bounds {
    /// Looks for them from these on, which may be off.
    pub fn look_again<V: Number>(self, values: &[V], centre: V, inner: V, outer: V) -> Bounds {
        let first = first_not(values, self.sure.0, |v| centre - v >= inner);
        let end = first_not(values, self.sure.1, |v| v - centre < inner);
        Bounds {
            sure: (first, end),
            possible: (
                first_not(values, first, |v| centre - v > outer),
                first_not(values, end, |v| v - centre <= outer),
            ),
        }
    }

    /// The float64 value behind one of those that may be nearer.
    pub fn exact<V: Number>(&self, neuron: &Neuron<'_, V>, value: V) -> f64 {
        neuron.exact_value(value, self.possible.0..self.possible.1)
    }

    /// The values that are neither surely nearer nor surely not.
    pub fn level(&self) -> impl Iterator<Item = usize> {
        (self.possible.0..self.sure.0).chain(self.sure.1..self.possible.1)
    }

    /// How many inputs have these.
    pub fn inputs_on_level<V: Number>(&self, neuron: &Neuron<'_, V>) -> usize {
        let inputs = |first: usize, end: usize| neuron.inputs_below(end) - neuron.inputs_below(first);
        inputs(self.possible.0, self.sure.0) + inputs(self.sure.1, self.possible.1)
    }

    pub fn doubtful(&self) -> usize {
        (self.sure.0 - self.possible.0) + (self.possible.1 - self.sure.1)
    }

    /// The values nearer to an exact centre than an exact radius.
    pub fn settle<V: Number>(&self, neuron: &Neuron<'_, V>, centre: f64, radius: f64) -> (usize, usize) {
        // A radius of zero stands for the tied values alone.
        let radius = if radius > 0.0 { radius } else { f64::MIN_POSITIVE };
        let nearer = |i: usize| (neuron.exact_at(i) - centre).abs() < radius;
        (partition(self.possible.0..self.sure.0, |i| !nearer(i)), partition(self.sure.1..self.possible.1, nearer))
    }
}

/// The first of a range that is not `before`, as all up to some place are.
fn partition(Range { mut start, mut end }: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    while start < end {
        let middle = start.midpoint(end);
        if before(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

/// The first value that is not `before`, as all up to some place are; looked for in growing steps from `hint`.
#[inline(always)]
fn first_not<V: Copy>(values: &[V], hint: usize, before: impl Fn(V) -> bool) -> usize {
    // All below `low` are before, `high` and those above it are not, once both loops are done.
    let (mut low, mut high) = (hint.min(values.len()), hint.min(values.len()));
    let mut step = 1;
    while high < values.len() && before(values[high]) {
        low = high + 1;
        high = (high + step).min(values.len());
        step *= 2;
    }
    while low > 0 && !before(values[low - 1]) {
        high = low - 1;
        low = low.saturating_sub(step);
        step *= 2;
    }
    low + values[low..high].partition_point(|&v| before(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_place_from_any_hint() {
        let values: Vec<f32> = (0..37).map(|i| i as f32).collect();
        for place in 0..=37 {
            for hint in 0..40 {
                assert_eq!(first_not(&values, hint, |v| v < place as f32), place, "from {hint}");
            }
        }
        assert_eq!(first_not(&[0.0; 0], 3, |_| true), 0);
    }
}
