//! Entropy of every neuron.
//!
//! In: the neurons, what they are binned against, parts of the inputs. Out: nats for every neuron over all inputs and
//! over each part. A neuron that is not finite somewhere has NaN throughout, a constant one 0.

mod counts;
pub mod edges;
mod nearest;
mod ranges;
#[cfg(test)]
mod tests;
#[doc(hidden)]
pub mod wide;

use rayon::prelude::*;

use self::counts::{CountLogs, Counter};
use self::edges::{Edges, Index};
pub use self::nearest::kozachenko_leonenko;
pub use self::ranges::Ranges;
use super::survey::Survey;
use super::{EntropyEstimator, Error};
use crate::base::job::Job;

/// Entropies in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Entropies {
    /// Of every neuron over all inputs.
    pub whole: Vec<f64>,
    /// Of every part of the inputs, of every neuron: `parts[part][neuron]`.
    pub parts: Vec<Vec<f64>>,
}

/// A part of the inputs, by ascending indices.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// These.
    Only(&'a [u32]),
    /// All but these.
    Without(&'a [u32]),
}

/// What the entropies are measured with.
#[derive(Debug, Clone, Copy)]
pub struct Method<'a> {
    pub estimator: EntropyEstimator,
    pub ranges: &'a Ranges,
    /// k of Kozachenko's and Leonenko's estimator.
    pub neighbors: usize,
}

/// Measures every neuron over all inputs and over each of `parts`, always in the given ranges.
///
/// # Errors
/// The user stopped the run.
pub fn measure(survey: &Survey<'_>, method: Method<'_>, parts: &[Part<'_>], job: &dyn Job) -> Result<Entropies, Error> {
    let logs = CountLogs::new(survey.samples);
    let each: Vec<Vec<f64>> = (0..survey.rows.len())
        .into_par_iter()
        .map_init(Scratch::default, |scratch, neuron| {
            if job.stopped() {
                return Err(Error::Interrupted);
            }
            if !survey.neurons[neuron].is_finite() {
                return Ok(vec![f64::NAN; parts.len() + 1]);
            }
            let row = survey.rows[neuron];
            Ok(match method.estimator {
                EntropyEstimator::KozachenkoLeonenko => scratch.nearest(row, method.neighbors, parts),
                binned => {
                    let corrected = binned == EntropyEstimator::MillerMadow;
                    let edges = method.ranges.edges(neuron);
                    scratch.binned(row, &edges, &logs, corrected, parts)
                }
            })
        })
        .collect::<Result<_, _>>()?;
    let column = |index: usize| each.iter().map(|values| values[index]).collect();
    Ok(Entropies { whole: column(0), parts: (1..=parts.len()).into_par_iter().map(column).collect() })
}

/// Room that a thread keeps from neuron to neuron.
#[derive(Default)]
struct Scratch {
    counter: Option<(usize, Counter)>,
    bytes: Vec<u8>,
    words: Vec<u16>,
    order: Vec<u64>,
    sorted: Vec<f32>,
}

impl Scratch {
    /// The whole's entropy and then every part's.
    fn binned(&mut self, row: &[f32], edges: &Edges, logs: &CountLogs, corrected: bool, parts: &[Part]) -> Vec<f64> {
        let slots = edges.slots();
        let counter = match &mut self.counter {
            Some((known, counter)) if *known == slots => counter,
            other => &mut other.insert((slots, Counter::new(slots))).1,
        };
        if slots <= 1 << 8 {
            binned_with(&mut self.bytes, counter, row, edges, logs, corrected, parts)
        } else {
            binned_with(&mut self.words, counter, row, edges, logs, corrected, parts)
        }
    }

    fn nearest(&mut self, row: &[f32], k: usize, parts: &[Part]) -> Vec<f64> {
        self.order.clear();
        // Value and input in one integer: the order of the values, and then of the inputs. Adding 0 turns -0 into 0.
        let key = |x: f32| (x + 0.0).to_bits();
        let ordered = |bits: u32| if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
        let numbered = row.iter().enumerate();
        self.order.extend(numbered.map(|(input, &x)| u64::from(ordered(key(x))) << 32 | input as u64));
        self.order.sort_unstable();
        self.sorted.clear();
        self.sorted.extend(self.order.iter().map(|&packed| row[packed as u32 as usize]));
        let mut values = vec![kozachenko_leonenko(&self.sorted, k)];
        for part in parts {
            let (inputs, kept) = match *part {
                Part::Only(inputs) => (inputs, 1),
                Part::Without(inputs) => (inputs, 0),
            };
            self.bytes.clear();
            self.bytes.resize(row.len(), 1 - kept);
            for &input in inputs {
                self.bytes[input as usize] = kept;
            }
            let members = self.order.iter().map(|&packed| packed as u32 as usize).filter(|&i| self.bytes[i] == 1);
            self.sorted.clear();
            self.sorted.extend(members.map(|input| row[input]));
            values.push(kozachenko_leonenko(&self.sorted, k));
        }
        values
    }
}

fn binned_with<I: Index>(
    indices: &mut Vec<I>,
    counter: &mut Counter,
    row: &[f32],
    edges: &Edges,
    logs: &CountLogs,
    corrected: bool,
    parts: &[Part],
) -> Vec<f64> {
    indices.resize(row.len(), I::default());
    edges.fill(row, indices);
    let mut values = Vec::with_capacity(parts.len() + 1);
    let mut counts = counter.count(indices).to_vec();
    let whole = logs.tally(&counts);
    values.push(whole.entropy(corrected));
    values.extend(parts.iter().map(|part| {
        let tally = match *part {
            Part::Only(inputs) => counter.tally_some(logs, indices, inputs),
            Part::Without(inputs) => logs.without(whole, &mut counts, indices, inputs),
        };
        tally.entropy(corrected)
    }));
    values
}
