//! What was found of a variant and the baseline, as data.

use serde::{Deserialize, Serialize};

use super::calibrated::Reason;
use super::caveats::Caveat;
use super::difference::{Covers, Delta};
use super::direction::Direction;
use super::published::{Judgement, LayerDelta};
use super::relative::Relative;
use super::sensitivity::Sensitivity;
use super::typical::Architecture;
use super::verdict::Verdict;
use crate::base::nullable;
use crate::measures::Estimator;

/// A variant against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub variant: String,
    pub baseline: String,
    /// Overall, under the estimator that was asked for.
    pub delta_entropy: Delta,
    pub delta_mutual_information: Delta,
    pub delta_effective_rank: RankDelta,
    /// By the rule asked for.
    pub verdict: Verdict,
    /// By the rule as published, whichever rule was asked for.
    pub published: Verdict,
    pub evidence: Evidence,
}

impl Pair {
    /// The layer that carries the verdict: of those where H, under the estimator of the calibrated rule, surely moves the
    /// verdict's way, the one where it moves most. None where no kind of memorization is named.
    pub fn deciding_layer(&self) -> Option<&str> {
        let way = match self.verdict {
            Verdict::Heuristic => Direction::Below,
            Verdict::ExampleLevel => Direction::Above,
            _ => return None,
        };
        let readings = &self.evidence.readings;
        let reading = readings.iter().find(|judgement| judgement.estimator == Estimator::Robust).or(readings.first())?;
        let there = reading.layers.iter().filter(|layer| layer.delta_entropy.side() == way);
        let size = |layer: &&LayerDelta| layer.delta_entropy.mean.abs();
        there.max_by(|a, b| size(a).total_cmp(&size(b))).map(|layer| layer.label.as_str())
    }
}

/// The variant's effective rank less the baseline's, averaged over replicates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RankDelta {
    #[serde(deserialize_with = "nullable::number")]
    pub mean: f64,
    /// It holds together with those of H and I 95 % of the time, and covers what `evidence.covers` says.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
    #[serde(deserialize_with = "nullable::number")]
    pub baseline: f64,
}

/// Why the verdict is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence for people.
    pub sentence: String,
    /// What the intervals cover.
    pub covers: Covers,
    /// Models of the variant and of the baseline.
    pub replicates: [usize; 2],
    /// Inputs behind the figures of the variant and of the baseline.
    pub samples: [usize; 2],
    /// By the calibrated rule, and which line of it decided.
    pub calibrated: Verdict,
    pub reason: Reason,
    /// The relative differences that the calibrated rule reads: H and I under `robust`, and R.
    pub measures: Vec<Relative>,
    /// What kind of network seeds are taken from where there is one model per side.
    pub architecture: Architecture,
    /// What the published rule says under each estimator: first the one that was asked for, then the others.
    pub readings: Vec<Judgement>,
    /// What this verdict cannot know.
    pub caveats: Vec<Caveat>,
    pub sensitivity: Sensitivity,
}
