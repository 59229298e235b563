//! What a reader must know of how the activations came about.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, s};

use super::Activations;
use crate::base::warning::Warning;
use crate::taps::Pooling;

impl Activations {
    /// The warnings that the capture, or the file, calls for. `noun` is the word for one input, and `max_length` the most
    /// tokens of a text, where there is such a limit.
    pub fn warnings(&self, noun: &'static str, max_length: Option<usize>) -> Vec<Warning> {
        let mut found = Vec::new();
        found.extend(self.first_token(noun));
        if !self.skipped.is_empty() {
            found.push(Warning::Skipped { count: self.skipped.len(), noun, reasons: self.reasons() });
        }
        if self.truncated > 0 {
            found.push(Warning::Truncated { count: self.truncated, samples: self.samples, noun, max_length });
        }
        if self.repeated > 0 {
            let (count, dropped) = (self.repeated, self.drops_repeats);
            let drawn = self.samples + self.skipped.len() + if dropped { count } else { 0 };
            found.push(Warning::Repeated { count, drawn, noun, dropped });
        }
        if !self.halved.is_empty() {
            found.push(Warning::Half { layers: self.halved.clone() });
        }
        if !self.rounded.is_empty() {
            found.push(Warning::Rounded { layers: self.rounded.clone() });
        }
        found
    }

    /// Why inputs were skipped, the most common reason first.
    fn reasons(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for skipped in &self.skipped {
            *counts.entry(&skipped.reason).or_default() += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().map(|(why, count)| (why.to_owned(), count)).collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// The distinct values of the first token, where it is what is measured and they are fewer than half of the inputs
    /// looked at. In an encoder the first token sees the whole text, so that no two texts agree; in a decoder it sees
    /// itself alone.
    fn first_token(&self, noun: &'static str) -> Option<Warning> {
        /// Enough inputs to decide; among many more, some values would agree by chance.
        const INPUTS: usize = 5000;
        // If the first token of any layer depends on the other tokens, that of the last layer does.
        let last = self.layers.iter().rev().find(|layer| layer.pooling == Pooling::First)?;
        let samples = self.samples.min(INPUTS);
        let different = distinct(self.layer(last).slice(s![.., ..samples]));
        (2 * different < samples).then_some(Warning::FirstToken { different, samples, noun })
    }
}

/// The different values of the neuron that has the most of them. Values that differ by rounding alone, as those of one
/// token in batches of two lengths do, count as one.
fn distinct(values: ArrayView2<f32>) -> usize {
    /// Enough to meet one that tells inputs apart, if any does.
    const NEURONS: usize = 64;
    const ROUNDING: f32 = 1e-5;
    let neurons: Vec<Vec<f32>> = (values.rows().into_iter().take(NEURONS))
        .map(|neuron| neuron.iter().copied().filter(|value| value.is_finite()).collect())
        .collect();
    let mut sizes: Vec<f32> = neurons.iter().flatten().map(|value| value.abs()).collect();
    // The median, since one neuron far from all others says nothing of their rounding.
    let middle = sizes.len() / 2;
    if sizes.is_empty() {
        return 0;
    }
    let apart = ROUNDING * *sizes.select_nth_unstable_by(middle, f32::total_cmp).1;
    let of = |mut neuron: Vec<f32>| {
        neuron.sort_by(f32::total_cmp);
        neuron.dedup_by(|next, kept| *next - *kept <= apart);
        neuron.len()
    };
    neurons.into_iter().map(of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn rounding_makes_no_value_different() {
        // One token's two values, which differ in the last digits from batch to batch; and values that all differ.
        let token = Array2::from_shape_fn((3, 1000), |(n, s)| n as f32 + 1.0 + 3e-7 * (s % 7) as f32);
        assert_eq!(distinct(token.view()), 1);
        let words =
            Array2::from_shape_fn((2, 1000), |(n, s)| ((n + 1) * (s % 40)) as f32 / 40.0 + 3e-7 * (s % 7) as f32);
        assert_eq!(distinct(words.view()), 40);
        // A channel far out does not make the others' values alike.
        let mut far = Array2::from_shape_fn((4, 1000), |(_, s)| (s as f32 * 0.618_034).fract());
        far.row_mut(0).fill(5000.0);
        assert_eq!(distinct(far.view()), 1000);
        let texts = Array2::from_shape_fn((2, 1000), |(_, s)| (s as f32 * 0.618_034).fract());
        assert_eq!(distinct(texts.view()), 1000);
        assert_eq!(distinct(Array2::zeros((0, 0)).view()), 0);
    }
}
