//! What was found, as it is reported.

use serde::{Deserialize, Serialize};

use super::gaps::Gaps;
use crate::base::nullable;
use crate::measures::resampling::student;

/// What happens when neurons are switched off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    /// The neurons in the order in which they are switched off.
    pub neurons: Vec<OffNeuron>,
    /// The model's answer; absent where it has no output with one row of numbers per input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerOutput>,
    /// The labels; absent where none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// With 1, 2, 4, … and all of the neurons off; empty without an answer.
    pub curve: Vec<Point>,
    /// The classes, with all of the neurons off; empty without labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassChange>,
    /// The gaps between two groups, with all of the neurons off; absent without groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<GapChange>,
    /// The layers from the first with a neuron off, with all of the neurons off.
    pub layers: Vec<LayerChange>,
}

/// A neuron that was switched off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OffNeuron {
    pub layer: String,
    pub neuron: usize,
    /// Its entropy before, in nats.
    #[serde(deserialize_with = "nullable::number")]
    pub entropy: f64,
    /// Its mean mutual information with the other measured neurons before, in nats; null where its pairs were not
    /// measured.
    #[serde(deserialize_with = "nullable::number")]
    pub mutual_information: f64,
}

/// The output whose largest number is the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerOutput {
    pub output: String,
    /// Answers that it tells apart.
    pub classes: usize,
}

/// The labels that answers are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    pub column: String,
    /// Inputs without a label.
    pub missing: usize,
    /// Right answers before.
    pub accuracy: Share,
}

/// A share of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub count: usize,
    pub of: usize,
    #[serde(deserialize_with = "nullable::number")]
    pub share: f64,
    /// Over inputs: Wilson's score interval.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
}

impl Share {
    /// `count` inputs of `of`; all NaN of none.
    pub fn new(count: usize, of: usize) -> Share {
        /// The 97.5 % quantile of the normal distribution.
        const Z: f64 = 1.959_963_984_540_054;
        let n = of as f64;
        let share = count as f64 / n;
        // Wilson (1927): the shares from which this one is no farther than z of their own standard errors.
        let shrink = 1.0 / (1.0 + Z * Z / n);
        let middle = shrink * (share + Z * Z / (2.0 * n));
        let reach = shrink * Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        // At the ends the interval ends there, whatever rounding says.
        let low = if count == 0 { 0.0 * share } else { middle - reach };
        let high = if count == of { share } else { middle + reach };
        Share { count, of, share, interval95: [low, high] }
    }
}

/// A share over random draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub mean: f64,
    /// Of the mean, over draws, by Student's t.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
    pub min: f64,
    pub max: f64,
    /// Draws whose share is as high as that of the chosen neurons, or higher.
    pub as_high: usize,
    pub draws: usize,
}

impl Spread {
    /// Of the shares of all draws, of which there is at least one, beside that of the chosen neurons.
    pub fn new(shares: &[f64], chosen: f64) -> Spread {
        let (mean, interval95) = student::of_mean(shares);
        Spread {
            mean,
            interval95,
            min: shares.iter().copied().fold(f64::INFINITY, f64::min),
            max: shares.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            as_high: shares.iter().filter(|share| **share >= chosen).count(),
            draws: shares.len(),
        }
    }
}

/// So many neurons off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub neurons: usize,
    /// Answers that are not what they were.
    pub changed: Share,
    pub changed_random: Spread,
    /// Right answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Share>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_random: Option<Spread>,
}

/// A class of the labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassChange {
    pub name: String,
    /// Right answers before, with the neurons off, and with random ones off.
    pub before: Share,
    pub after: Share,
    pub random: Spread,
}

/// The gaps between two groups of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapChange {
    pub column: String,
    pub groups: [String; 2],
    /// Inputs of each group that have a label.
    pub inputs: [usize; 2],
    pub before: Gaps,
    /// With the neurons off, and with random ones off.
    pub after: Gaps,
    pub tpr_gap_random: Spread,
    pub sufficiency_gap_random: Spread,
}

/// A layer before and after, over the neurons that stay on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerChange {
    pub label: String,
    /// Neurons that stay on: those that the figures are over.
    pub neurons: usize,
    /// Neurons that are off.
    pub off: usize,
    pub before: Levels,
    pub after: Levels,
}

/// H and I in nats, and R.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    #[serde(deserialize_with = "nullable::number")]
    pub entropy: f64,
    #[serde(deserialize_with = "nullable::numbers")]
    pub entropy_interval95: [f64; 2],
    #[serde(deserialize_with = "nullable::number")]
    pub mutual_information: f64,
    #[serde(deserialize_with = "nullable::numbers")]
    pub mutual_information_interval95: [f64; 2],
    #[serde(deserialize_with = "nullable::number")]
    pub effective_rank: f64,
    #[serde(deserialize_with = "nullable::numbers")]
    pub effective_rank_interval95: [f64; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(7, 20).proportion_ci(method="wilson")`, and of 0 in 20.
    #[test]
    fn a_share_has_wilsons_interval() {
        let [low, high] = Share::new(7, 20).interval95;
        assert!((low - 0.181192).abs() < 1e-6 && (high - 0.567146).abs() < 1e-6, "{low} {high}");
        let [low, high] = Share::new(0, 20).interval95;
        assert!(low == 0.0 && (high - 0.161125).abs() < 1e-6, "{low} {high}");
        assert!(Share::new(20, 20).interval95[1] == 1.0 && Share::new(0, 0).share.is_nan());
    }

    /// Of 1 to 5 the mean is 3, its standard error sqrt(2.5 / 5), and t with four degrees of freedom 2.7764.
    #[test]
    fn random_draws_have_students_interval() {
        let spread = Spread::new(&[1.0, 2.0, 3.0, 4.0, 5.0], 4.0);
        assert!((spread.interval95[1] - (3.0 + 2.7764 * 0.5f64.sqrt())).abs() < 1e-4);
        assert_eq!((spread.mean, spread.min, spread.max, spread.as_high, spread.draws), (3.0, 1.0, 5.0, 2, 5));
    }
}
