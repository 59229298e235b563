//! How far two seeds of one recipe typically are apart, where a comparison has one model per side and cannot know it.
//!
//! The constants are standard deviations between the seeds of one recipe, relative to the recipe's mean, pooled over the
//! recipes of families of networks that were trained for this; `docs/validity.md` says how.

use serde::{Deserialize, Serialize};

use super::indicator::Indicator;
use super::uncertainty::Variance;

/// What kind of network was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    Transformer,
    Convolutional,
    /// An MLP or another plain chain of layers.
    Chain,
    #[default]
    Unknown,
}

impl Architecture {
    /// From the labels of the layers, where there is no graph to ask.
    pub fn of_labels<'a>(labels: impl IntoIterator<Item = &'a str>) -> Architecture {
        let known = |label: &str| {
            let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| label.starts_with(prefix));
            if starts(&["encoder.layer", "layers.", "h.", "blocks.", "transformer."]) {
                Architecture::Transformer
            } else if starts(&["stages.", "features.", "conv", "stage"])
                || ["layer1", "layer2", "layer3", "layer4"].contains(&label)
            {
                // The stages of a ResNet are called layer1 to layer4; any chain may call its layers layer0, layer1, ….
                Architecture::Convolutional
            } else if starts(&["fc", "linear", "dense", "mlp", "hidden"]) {
                Architecture::Chain
            } else {
                Architecture::Unknown
            }
        };
        let mut kinds = labels.into_iter().map(known);
        let first = kinds.next().unwrap_or_default();
        if kinds.all(|kind| kind == first) { first } else { Architecture::Unknown }
    }

    /// Whether networks of this kind were trained to measure how far their seeds are apart. Otherwise the variance is assumed.
    pub fn is_measured(self) -> bool {
        self == Architecture::Chain
    }

    /// In the plural, for sentences.
    pub fn networks(self) -> &'static str {
        match self {
            Architecture::Transformer => "transformers",
            Architecture::Convolutional => "convolutional networks",
            Architecture::Chain => "plain chains of layers",
            Architecture::Unknown => "networks of any kind",
        }
    }
}

/// Standard deviations between the seeds of one recipe, relative to the recipe's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Typical {
    pub entropy: f64,
    pub mutual_information: f64,
    pub effective_rank: f64,
    /// Networks less recipes that they are from.
    pub degrees: f64,
}

// CHAIN is measured: 64 MLPs, 8 recipes of 8 seeds. No transformers or convolutional networks have been measured, so those two
// are assumed, and every sentence that uses them says so.
const TRANSFORMER: Typical = Typical { entropy: 0.05, mutual_information: 0.15, effective_rank: 0.08, degrees: 30.0 };
const CONVOLUTIONAL: Typical = Typical { entropy: 0.03, mutual_information: 0.1, effective_rank: 0.05, degrees: 42.0 };
const CHAIN: Typical = Typical { entropy: 0.0121, mutual_information: 0.0611, effective_rank: 0.0325, degrees: 56.0 };

impl Typical {
    /// Of an unknown network what is largest among all kinds.
    pub fn of(architecture: Architecture) -> Typical {
        match architecture {
            Architecture::Transformer => TRANSFORMER,
            Architecture::Convolutional => CONVOLUTIONAL,
            Architecture::Chain => CHAIN,
            Architecture::Unknown => [TRANSFORMER, CONVOLUTIONAL, CHAIN].into_iter().fold(CHAIN, Typical::larger),
        }
    }

    pub fn deviation(&self, indicator: Indicator) -> f64 {
        match indicator {
            Indicator::Entropy => self.entropy,
            Indicator::MutualInformation => self.mutual_information,
            Indicator::EffectiveRank => self.effective_rank,
        }
    }

    /// The variance of a single model of its kind, relative.
    pub(super) fn variance(&self, indicator: Indicator) -> Variance {
        Variance { value: self.deviation(indicator).powi(2), degrees: self.degrees }
    }

    fn larger(self, other: Typical) -> Typical {
        Typical {
            entropy: self.entropy.max(other.entropy),
            mutual_information: self.mutual_information.max(other.mutual_information),
            effective_rank: self.effective_rank.max(other.effective_rank),
            degrees: self.degrees.min(other.degrees),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_the_kind_or_leave_it_open() {
        let kind = |labels: &[&str]| Architecture::of_labels(labels.iter().copied());
        assert_eq!(kind(&["encoder.layer.0", "encoder.layer.11"]), Architecture::Transformer);
        assert_eq!(kind(&["layer1", "layer4"]), Architecture::Convolutional);
        assert_eq!(kind(&["fc1", "fc2", "fc3"]), Architecture::Chain);
        assert_eq!(kind(&["fc1", "encoder.layer.0"]), Architecture::Unknown);
        assert_eq!(kind(&[]), Architecture::Unknown);
        let of = |kind| Typical::of(kind).mutual_information;
        assert!(of(Architecture::Unknown) >= of(Architecture::Transformer).max(of(Architecture::Chain)));
    }
}
