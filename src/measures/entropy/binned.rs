//! Entropy of a neuron from the bins that its values fall in: the plug-in estimate, nats.

use super::counts::{CountLogs, Counter};
use super::edges::Index;
use super::estimate::{NeuronEntropy, Part};
use super::ranges::Ranges;

/// The plug-in estimate on equal-width bins, as published, or with Miller's and Madow's correction.
#[derive(Debug)]
pub struct Binned<'a> {
    ranges: &'a Ranges,
    logs: CountLogs,
    corrected: bool,
}

impl<'a> Binned<'a> {
    /// `corrected` adds (m - 1) / 2S, m being the bins that occur (Miller 1955), for the bins that few inputs fill.
    pub fn new(ranges: &'a Ranges, samples: usize, corrected: bool) -> Binned<'a> {
        Binned { ranges, logs: CountLogs::new(samples), corrected }
    }
}

/// Room that a thread keeps from neuron to neuron.
#[derive(Default)]
pub struct Scratch {
    counter: Option<(usize, Counter)>,
    bytes: Vec<u8>,
    words: Vec<u16>,
}

impl NeuronEntropy for Binned<'_> {
    type Scratch = Scratch;

    fn measure(&self, neuron: usize, row: &[f32], parts: &[Part], scratch: &mut Scratch) -> Vec<f64> {
        let edges = self.ranges.edges(neuron);
        let slots = edges.slots();
        let counter = match &mut scratch.counter {
            Some((known, counter)) if *known == slots => counter,
            other => &mut other.insert((slots, Counter::new(slots))).1,
        };
        if slots <= 1 << 8 {
            edges.fill(row, resized(&mut scratch.bytes, row.len()));
            self.counted(counter, &scratch.bytes, parts)
        } else {
            edges.fill(row, resized(&mut scratch.words, row.len()));
            self.counted(counter, &scratch.words, parts)
        }
    }
}

impl Binned<'_> {
    /// From the bin of every input.
    fn counted<I: Index>(&self, counter: &mut Counter, indices: &[I], parts: &[Part]) -> Vec<f64> {
        let mut values = Vec::with_capacity(parts.len() + 1);
        let mut counts = counter.count(indices).to_vec();
        let whole = self.logs.tally(&counts);
        values.push(whole.entropy(self.corrected));
        values.extend(parts.iter().map(|part| {
            let tally = match *part {
                Part::Only(inputs) => counter.tally_some(&self.logs, indices, inputs),
                Part::Without(inputs) => self.logs.without(whole, &mut counts, indices, inputs),
            };
            tally.entropy(self.corrected)
        }));
        values
    }
}

fn resized<I: Index>(indices: &mut Vec<I>, samples: usize) -> &mut [I] {
    indices.resize(samples, I::default());
    indices
}
