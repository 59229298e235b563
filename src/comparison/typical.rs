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

/// How far the seeds of one recipe are apart in one measure: the standard deviation relative to the recipe's mean, and how well
/// that of another recipe is known from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub deviation: f64,
    /// Degrees of freedom of the distribution from which the variances of recipes are drawn.
    pub degrees: f64,
}

/// How far seeds of a kind of network are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Typical {
    pub entropy: Spread,
    pub mutual_information: Spread,
    pub effective_rank: Spread,
}

impl Typical {
    pub(super) const fn new([entropy, mutual_information, effective_rank]: [[f64; 2]; 3]) -> Typical {
        const fn spread([deviation, degrees]: [f64; 2]) -> Spread {
            Spread { deviation, degrees }
        }
        Typical {
            entropy: spread(entropy),
            mutual_information: spread(mutual_information),
            effective_rank: spread(effective_rank),
        }
    }
}

const TRANSFORMER: Typical = Typical::new([[0.05, 30.0], [0.15, 30.0], [0.08, 30.0]]);
const CONVOLUTIONAL: Typical = Typical::new([[0.03, 42.0], [0.1, 42.0], [0.05, 42.0]]);
const CHAIN: Typical = Typical::new([[0.0121, 56.0], [0.0611, 56.0], [0.0325, 56.0]]);

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

    pub fn spread(&self, indicator: Indicator) -> Spread {
        match indicator {
            Indicator::Entropy => self.entropy,
            Indicator::MutualInformation => self.mutual_information,
            Indicator::EffectiveRank => self.effective_rank,
        }
    }

    /// The variance of a single model of its kind, relative.
    pub(super) fn variance(&self, indicator: Indicator) -> Variance {
        let Spread { deviation, degrees } = self.spread(indicator);
        Variance { value: deviation.powi(2), degrees }
    }

    fn larger(self, other: Typical) -> Typical {
        let larger = |one: Spread, other: Spread| Spread {
            deviation: one.deviation.max(other.deviation),
            degrees: one.degrees.min(other.degrees),
        };
        Typical {
            entropy: larger(self.entropy, other.entropy),
            mutual_information: larger(self.mutual_information, other.mutual_information),
            effective_rank: larger(self.effective_rank, other.effective_rank),
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
        let of = |kind| Typical::of(kind).mutual_information.deviation;
        assert!(of(Architecture::Unknown) >= of(Architecture::Transformer).max(of(Architecture::Chain)));
    }
}
