//! Differential entropy of a neuron from nearest neighbours (Kozachenko and Leonenko, 1987).
//!
//! H = psi(S) - psi(k) + mean ln(2 eps_s), eps_s being the distance from s to its k-th nearest neighbour.
//!
//! Where k or more other inputs share the value of s, eps_s = 0 and its logarithm is minus infinity: truly so, for a
//! value that occurs with a probability of its own has no density. To stay comparable, s is then measured at the
//! distance d to the nearest other value: with t inputs at s and b inputs at distance d exactly, psi(k) gives way to
//! psi(t - 1 + (b + 1) / 2). This is the same formula again where it applies (k - 1 inputs within, one at the
//! distance), and on values rounded to a grid it gives the density of the grid's cells. A constant neuron has H = 0.

use super::estimate::{NeuronEntropy, Part};
use crate::measures::quantiles::Key;

/// Kozachenko's and Leonenko's estimator with k = `neighbors`.
#[derive(Debug)]
pub struct Nearest {
    pub neighbors: usize,
}

/// Room that a thread keeps from neuron to neuron.
#[derive(Default)]
pub struct Scratch {
    /// The inputs in order of value, each value's bits above the input's index.
    order: Vec<u64>,
    /// Which inputs belong to a part.
    member: Vec<bool>,
    sorted: Vec<f32>,
}

impl NeuronEntropy for Nearest {
    type Scratch = Scratch;

    fn measure(&self, _: usize, row: &[f32], parts: &[Part], scratch: &mut Scratch) -> Vec<f64> {
        let Scratch { order, member, sorted } = scratch;
        order.clear();
        // Adding 0 turns -0 into 0.
        order.extend(row.iter().enumerate().map(|(input, &x)| (x + 0.0).key() << 32 | input as u64));
        order.sort_unstable();
        let mut over = |belongs: &dyn Fn(usize) -> bool| {
            sorted.clear();
            let inputs = order.iter().map(|&packed| packed as u32 as usize).filter(|&input| belongs(input));
            sorted.extend(inputs.map(|input| row[input]));
            kozachenko_leonenko(sorted, self.neighbors)
        };
        let mut values = vec![over(&|_| true)];
        for part in parts {
            let (inputs, among) = match *part {
                Part::Only(inputs) => (inputs, true),
                Part::Without(inputs) => (inputs, false),
            };
            member.clear();
            member.resize(row.len(), !among);
            for &input in inputs {
                member[input as usize] = among;
            }
            values.push(over(&|input| member[input]));
        }
        values
    }
}

/// Entropy of sorted, finite values in nats; NaN unless there are more than `k` of them.
pub fn kozachenko_leonenko(sorted: &[f32], k: usize) -> f64 {
    let samples = sorted.len();
    if k == 0 || samples <= k {
        return f64::NAN;
    }
    if sorted[0] == sorted[samples - 1] {
        return 0.0;
    }
    let (mut logs, mut digammas) = (0.0, 0.0);
    let mut start = 0;
    for ties in sorted.chunk_by(|a, b| a == b) {
        let end = start + ties.len();
        if ties.len() > k {
            let (distance, weight) = beyond_ties(sorted, start, end);
            logs += ties.len() as f64 * (2.0 * distance).ln();
            digammas += ties.len() as f64 * digamma(weight);
        } else {
            for s in start..end {
                logs += (2.0 * kth_distance(sorted, s, k)).ln();
            }
            digammas += ties.len() as f64 * digamma(k as f64);
        }
        start = end;
    }
    digamma(samples as f64) + (logs - digammas) / samples as f64
}

/// Distance from `s` to its k-th nearest neighbour: of all windows of k + 1 values around it the one that reaches least.
fn kth_distance(sorted: &[f32], s: usize, k: usize) -> f64 {
    let x = f64::from(sorted[s]);
    let first = s.saturating_sub(k);
    let last = s.min(sorted.len() - 1 - k);
    (first..=last)
        .map(|from| (x - f64::from(sorted[from])).max(f64::from(sorted[from + k]) - x))
        .fold(f64::INFINITY, f64::min)
}

/// For the tied values `start..end`: the distance to the nearest other value, and what stands for k there.
fn beyond_ties(sorted: &[f32], start: usize, end: usize) -> (f64, f64) {
    let x = f64::from(sorted[start]);
    let below = start.checked_sub(1).map(|i| x - f64::from(sorted[i]));
    let above = sorted.get(end).map(|&value| f64::from(value) - x);
    let distance = below.unwrap_or(f64::INFINITY).min(above.unwrap_or(f64::INFINITY));
    let mut boundary = 0;
    if below == Some(distance) {
        let value = sorted[start - 1];
        boundary += start - sorted[..start].partition_point(|&other| other < value);
    }
    if above == Some(distance) {
        let value = sorted[end];
        boundary += sorted[end..].partition_point(|&other| other <= value);
    }
    (distance, (end - start - 1) as f64 + (boundary + 1) as f64 / 2.0)
}

/// psi(x) for x > 0: the recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18).
fn digamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 10.0 {
        shift -= 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r * (1.0 / 12.0 - r * (1.0 / 120.0 - r * (1.0 / 252.0 - r * (1.0 / 240.0 - r / 132.0))));
    shift + x.ln() - 0.5 / x - series
}
