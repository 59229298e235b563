//! The online code of labels (prequential coding; Voita and Titov, "Information-Theoretic Probing with Minimum Description
//! Length", EMNLP 2020, section 2.2.2): how much has to be sent so that somebody who has the inputs gets the labels.
//!
//! The labels of the first block are sent with log2 K bits each. Then, block after block, both sides learn the same probe
//! from all labels sent so far, and the labels of the next block are sent with -log2 of the probability that it gives:
//!
//! ```text
//! L = t_1 log2 K  +  sum over blocks i of  -sum over t_i < s <= t_(i+1) of log2 p_i(label_s | input_s)
//! ```
//!
//! The sooner the labels can be read off the features, the shorter the code.

use super::logistic::{Learning, Logistic};

/// The code of one order of the inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnlineCode {
    /// Bits of the first block.
    pub first: f64,
    /// Nats of all other blocks.
    pub others: f64,
    /// The share of the last block's labels that the last probe found likeliest.
    pub accuracy: f64,
}

/// Codes the labels of `order`, which names inputs of `of`, in blocks that end at `ends`: at least two of them. `None` if
/// `stopped` says so in between.
pub fn online_code(of: &Learning<'_>, order: &[u32], ends: &[usize], stopped: &dyn Fn() -> bool) -> Option<OnlineCode> {
    let mut probe = Logistic::undecided(of.classes, of.features.width());
    let first = ends.first().copied().unwrap_or(0) as f64 * (of.classes as f64).log2();
    let (mut others, mut accuracy) = (0.0, f64::NAN);
    for block in ends.windows(2) {
        if stopped() {
            return None;
        }
        probe.learn(of, &order[..block[0]]);
        let (nats, right) = probe.cost(of, &order[block[0]..block[1]]);
        others += nats;
        accuracy = right as f64 / (block[1] - block[0]) as f64;
    }
    Some(OnlineCode { first, others, accuracy })
}
