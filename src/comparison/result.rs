//! What a comparison found, as data; the keys of `compare --json` are these names.

use serde::{Deserialize, Serialize};

use super::difference::{Covers, Delta};
use super::layers::Dropped;
use super::ranking::Ranking;
use super::sensitivity::Sensitivity;
use super::verdict::{Judgement, Reason, Verdict};
use crate::measures::{Estimator, Measure, Spectrum, Summary};

/// All that a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The baseline's label.
    pub baseline: String,
    /// The estimator that was asked for, which decides; the other may contradict it.
    pub estimator: Estimator,
    /// Layers that are not the same everywhere and were left out with `--align`.
    pub dropped: Vec<Dropped>,
    /// In the order given.
    pub variants: Vec<VariantValues>,
    /// Every variant but the baseline, in the order given.
    pub pairs: Vec<Pair>,
    pub ranking: Ranking,
}

/// A variant's own figures under the estimator that was asked for, averaged over its replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantValues {
    pub label: String,
    /// Models under the label.
    pub replicates: usize,
    /// Inputs behind each model's figures.
    pub samples: usize,
    pub overall: LayerValues,
    pub layers: Vec<LayerValues>,
}

/// The figures of a layer, or of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerValues {
    /// None for all layers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub entropy: Summary,
    pub mutual_information: Summary,
    pub spectrum: Spectrum,
}

/// A variant against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub variant: String,
    pub baseline: String,
    /// Overall, under the estimator that was asked for.
    pub delta_entropy: Delta,
    pub delta_mutual_information: Delta,
    pub verdict: Verdict,
    pub evidence: Evidence,
}

/// Why the verdict is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence for people.
    pub sentence: String,
    pub reason: Reason,
    /// What the intervals cover.
    pub covers: Covers,
    /// Models of the variant and of the baseline.
    pub replicates: [usize; 2],
    /// Inputs behind the figures of the variant and of the baseline.
    pub samples: [usize; 2],
    /// The measures in which the other estimator is clear of zero on the other side.
    pub contradicted: Vec<Measure>,
    /// What each estimator says by itself: first the one that was asked for, then the other, if it was computed.
    pub readings: Vec<Judgement>,
    pub sensitivity: Sensitivity,
}
