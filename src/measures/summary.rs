//! A distribution in seven numbers.

use serde::{Deserialize, Serialize};

use super::quantiles;
use crate::base::nullable;

/// A distribution in seven numbers; nats.
///
/// A number that is not known is NaN here and `null` in JSON: all of them where there is nothing to summarise (a layer
/// of one neuron has no pairs), the interval where there are too few inputs to tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    #[serde(deserialize_with = "nullable::number")]
    pub mean: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub median: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub q1: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub q3: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub min: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub max: f64,
    /// Of the mean, over inputs.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
}

/// The two measures of a layer, or of all layers together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Over neurons.
    pub entropy: Summary,
    /// Over pairs of two different neurons, each pair once.
    pub mutual_information: Summary,
}

/// One of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Entropy,
    MutualInformation,
}

impl Measure {
    pub const BOTH: [Measure; 2] = [Measure::Entropy, Measure::MutualInformation];

    /// As in the report's keys.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Entropy => "entropy",
            Measure::MutualInformation => "mutual_information",
        }
    }

    /// H or I.
    pub fn letter(self) -> &'static str {
        match self {
            Measure::Entropy => "H",
            Measure::MutualInformation => "I",
        }
    }
}

/// Mean and median, where no more is wanted; nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Centre {
    #[serde(deserialize_with = "nullable::number")]
    pub mean: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub median: f64,
}

/// Up to this many numbers are copied to select from; more are read where they lie.
const COPIED: usize = 1 << 22;

impl Summary {
    /// Of the numbers in all `parts` together, none of them NaN. The interval is not known yet.
    pub fn of(parts: &[&[f64]]) -> Summary {
        let probabilities = [0.0, 0.25, 0.5, 0.75, 1.0];
        let count: usize = parts.iter().map(|part| part.len()).sum();
        let [min, q1, median, q3, max] = if count <= COPIED {
            quantiles::select(&mut parts.concat(), probabilities)
        } else {
            let found = quantiles::among(parts, &probabilities);
            [found[0], found[1], found[2], found[3], found[4]]
        };
        // The sum of each part first: with millions of pairs it keeps the digits that one long sum would lose.
        let sum: f64 = parts.iter().map(|part| part.iter().sum::<f64>()).sum();
        Summary { mean: sum / count as f64, median, q1, q3, min, max, interval95: [f64::NAN; 2] }
    }
}

/// NaN of none.
pub(crate) fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

impl Centre {
    /// Of some numbers, which it puts into another order; NaN of none.
    pub fn of(numbers: &mut [f64]) -> Centre {
        let mean = mean(numbers);
        let [median] = quantiles::select(numbers, [0.5]);
        Centre { mean, median }
    }
}
