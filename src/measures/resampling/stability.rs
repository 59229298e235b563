//! Whether there are enough inputs: the overall means at a quarter, a half and all of them.

use serde::{Deserialize, Serialize};

use super::pairs::PairSplit;
use super::sample::PairSample;
use super::splits::{Parts, Splits};
use crate::base::nullable;
use crate::measures::entropy::estimate::Entropies;
use crate::measures::error::Error;
use crate::measures::health::survey::Survey;
use crate::measures::pairs::prepared::Prepared;

/// The overall means of H over neurons and of I over pairs with S/4, S/2 and S inputs; nats.
///
/// The parts are the quarters of one split and the halves behind the intervals, averaged (of pairs over more than 10,000 inputs
/// two halves); bins keep the range of all inputs. I at S is that of all pairs; by how much it differs with fewer inputs is that of the pairs
/// sampled for the intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    pub samples: [usize; 3],
    #[serde(deserialize_with = "nullable::numbers")]
    pub entropy: [f64; 3],
    #[serde(deserialize_with = "nullable::numbers")]
    pub mutual_information: [f64; 3],
    /// From S/2 to S the mean moved by more than half the width of its 95 % interval: more inputs would still move it.
    pub entropy_moving: bool,
    pub mutual_information_moving: bool,
}

impl Stability {
    /// With the half widths of the two intervals.
    pub fn new(samples: usize, entropy: [f64; 3], mutual_information: [f64; 3], half_widths: [f64; 2]) -> Stability {
        // A comparison with what is not known is false.
        let moving = |level: [f64; 3], half_width: f64| (level[2] - level[1]).abs() > half_width;
        Stability {
            samples: [samples / 4, samples / 2, samples],
            entropy,
            mutual_information,
            entropy_moving: moving(entropy, half_widths[0]),
            mutual_information_moving: moving(mutual_information, half_widths[1]),
        }
    }
}

/// Overall mean entropies at S/4, S/2 and S.
pub fn entropy_levels(survey: &Survey<'_>, entropies: &Entropies, splits: &Splits) -> [f64; 3] {
    let mean = |values: &[f64]| {
        let (sum, count) = survey.finite(0..survey.rows.len()).fold((0.0, 0), |(s, n), row| (s + values[row], n + 1));
        sum / f64::from(count)
    };
    let over = |parts: &[Vec<f64>]| parts.iter().map(|part| mean(part)).sum::<f64>() / parts.len() as f64;
    let (halves, rest) = entropies.parts.split_at(2 * splits.len());
    let quarters = &rest[rest.len() - 4..];
    [over(quarters), over(halves), mean(&entropies.whole)]
}

/// Overall means of the sampled pairs' I at S/4, S/2 and S.
pub struct PairLevels([f64; 3]);

impl PairLevels {
    /// The levels if the last one is the mean of all pairs: the sampled pairs show by how much fewer inputs change it.
    pub fn around(self, mean: f64) -> [f64; 3] {
        self.0.map(|level| mean + (level - self.0[2]))
    }
}

/// `whole` are the sampled pairs over all inputs. NaN at S/4 where that is too few inputs.
pub fn pair_levels(
    prepared: &Prepared<'_>,
    sample: &PairSample,
    parts: &Parts,
    splits: &[PairSplit],
    whole: &[f64],
) -> Result<PairLevels, Error> {
    let overall = |values: &[f64]| sample.centre(sample.strata.len() - 1, values)[0];
    let over = |parts: &[Vec<u32>]| {
        let mut sum = 0.0;
        for inputs in parts {
            sum += overall(&prepared.over(inputs, &sample.pairs)?);
        }
        Ok::<f64, Error>(sum / parts.len() as f64)
    };
    let enough = parts.quarters[0].len() >= prepared.fewest_inputs() && !sample.pairs.is_empty();
    let quarter = if enough { over(&parts.quarters)? } else { f64::NAN };
    let half = match parts.splits.iter().next() {
        Some(split) if parts.pair_splits.are_parts() && enough => over(&split.halves)?,
        _ => splits.iter().map(|split| split.level).sum::<f64>() / splits.len() as f64,
    };
    Ok(PairLevels([quarter, half, overall(whole)]))
}
