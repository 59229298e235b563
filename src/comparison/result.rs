//! What a comparison found, as data; the keys of `compare --json` are these names.

use serde::{Deserialize, Serialize};

use super::layers::Dropped;
use super::pair::Pair;
use super::ranking::Ranking;
use super::verdict::Rule;
use crate::measures::{Estimator, Spectrum, Summary};

/// All that a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The baseline's label.
    pub baseline: String,
    /// The estimator that was asked for.
    pub estimator: Estimator,
    /// The rule that the verdicts come from.
    pub rule: Rule,
    /// Layers that are not the same everywhere and were left out with `--align`.
    pub dropped: Vec<Dropped>,
    /// In the order given.
    pub variants: Vec<VariantValues>,
    /// Every variant but the baseline, in the order given.
    pub pairs: Vec<Pair>,
    pub ranking: Ranking,
}

/// A variant's own figures, averaged over its replicates: under the estimator that was asked for, where no other is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantValues {
    pub label: String,
    /// Models under the label.
    pub replicates: usize,
    /// Inputs behind each model's figures.
    pub samples: usize,
    pub overall: LayerValues,
    pub layers: Vec<LayerValues>,
    /// Overall under the other estimator, where all its models were measured under both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<LayerValues>,
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
