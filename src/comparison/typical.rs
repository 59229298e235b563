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
        self != Architecture::Unknown
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

// From fixtures/validity: 18 fine-tuned MiniLM and 18 small RoBERTa of 6 recipes, 48 convolutional networks of 6, 64 MLPs of 8.
const TRANSFORMER: Typical =
    Typical { entropy: 0.0367, mutual_information: 0.2331, effective_rank: 0.0493, degrees: 30.0 };
const CONVOLUTIONAL: Typical =
    Typical { entropy: 0.0106, mutual_information: 0.0888, effective_rank: 0.0241, degrees: 42.0 };
const CHAIN: Typical = Typical { entropy: 0.012, mutual_information: 0.0609, effective_rank: 0.0321, degrees: 56.0 };

/// Degrees of freedom that the typical variance counts for beside those of the seeds given.
///
/// Some recipes vary more than others of their kind, so seeds that are given say more than what is typical, but not much more
/// while they are few. How much follows from how far the variances of the recipes scatter: that of a prior fitted to them
/// (Smyth, "Linear Models and Empirical Bayes Methods", Statistical Applications in Genetics and Molecular Biology 3, 2004,
/// section 6.2), over all kinds and the three measures.
pub(super) const WEIGHT_BESIDE_SEEDS: f64 = 2.84;

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
    use std::collections::BTreeMap;

    use super::*;

    const KINDS: [(&[&str], Typical); 3] =
        [(&["minilm", "roberta"], TRANSFORMER), (&["cnn"], CONVOLUTIONAL), (&["mlp"], CHAIN)];

    const MEASURES: [(Indicator, &str); 3] = [
        (Indicator::Entropy, "overall_robust_entropy"),
        (Indicator::MutualInformation, "overall_robust_mutual_information"),
        (Indicator::EffectiveRank, "overall_effective_rank"),
    ];

    /// The variance between the seeds of each recipe of some families of the study (`fixtures/validity`), relative to the
    /// recipe's mean, and its degrees of freedom.
    fn recipes(families: &[&str], column: &str, least: f64) -> Vec<Variance> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/validity");
        let mut recipes = BTreeMap::<(&str, String), Vec<f64>>::new();
        for family in families {
            let mut table = csv::Reader::from_path(folder.join(family).with_extension("csv")).unwrap();
            for line in table.deserialize::<BTreeMap<String, String>>() {
                let line = line.unwrap();
                recipes.entry((family, line["recipe"].clone())).or_default().push(line[column].parse().unwrap());
            }
        }
        let variance = |values: &Vec<f64>| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let scale = mean.abs().max(least);
            let degrees = values.len() as f64 - 1.0;
            let squares = values.iter().map(|value| ((value - mean) / scale).powi(2)).sum::<f64>();
            Variance { value: squares / degrees, degrees }
        };
        recipes.values().map(variance).collect()
    }

    #[test]
    fn the_constants_follow_from_the_tables_of_the_study() {
        for (families, typical) in KINDS {
            for (indicator, column) in MEASURES {
                let recipes = recipes(families, column, indicator.least_scale());
                let degrees = recipes.iter().map(|recipe| recipe.degrees).sum::<f64>();
                let squares = recipes.iter().map(|recipe| recipe.value * recipe.degrees).sum::<f64>();
                let deviation = (squares / degrees).sqrt();
                // The constants are given to a hundredth of a per cent.
                assert!(
                    (typical.deviation(indicator) - deviation).abs() <= 0.5e-4,
                    "{families:?}, {column}: {deviation}"
                );
                assert_eq!(typical.degrees, degrees, "{families:?}");
            }
        }
    }

    /// The derivatives of ln gamma, first and second: by their recurrences to large x, and there by their asymptotic series.
    fn digamma(x: f64) -> f64 {
        if x < 20.0 { digamma(x + 1.0) - 1.0 / x } else { x.ln() - 0.5 / x - (1.0 - 0.1 / (x * x)) / (12.0 * x * x) }
    }

    fn trigamma(x: f64) -> f64 {
        if x < 20.0 {
            trigamma(x + 1.0) + 1.0 / (x * x)
        } else {
            1.0 / x + 0.5 / (x * x) + (1.0 - 0.2 / (x * x)) / (6.0 * x.powi(3))
        }
    }

    /// Smyth's equations: the logarithm of a recipe's variance is off by digamma(d / 2) - ln(d / 2), and scatters by
    /// trigamma(d / 2) for its own seeds and by trigamma(weight / 2) for the recipe.
    #[test]
    fn the_weight_follows_from_how_far_the_recipes_scatter() {
        assert!((digamma(1.0) + 0.577_215_664_901_532_9).abs() < 1e-9);
        assert!((trigamma(1.0) - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-9);
        let (mut scatter, mut freedom, mut own) = (0.0, 0.0, Vec::new());
        for (families, _) in KINDS {
            for (indicator, column) in MEASURES {
                let recipes = recipes(families, column, indicator.least_scale());
                let unbiased = |of: &Variance| of.value.ln() + (0.5 * of.degrees).ln() - digamma(0.5 * of.degrees);
                let logs: Vec<f64> = recipes.iter().map(unbiased).collect();
                let mean = logs.iter().sum::<f64>() / logs.len() as f64;
                scatter += logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>();
                freedom += logs.len() as f64 - 1.0;
                own.extend(recipes.iter().map(|recipe| trigamma(0.5 * recipe.degrees)));
            }
        }
        let excess = scatter / freedom - own.iter().sum::<f64>() / own.len() as f64;
        // The trigamma falls, so the weight is between the two of a hundredth more and less.
        let at = |weight: f64| trigamma(0.5 * weight);
        assert!(at(WEIGHT_BESIDE_SEEDS + 0.005) < excess && excess < at(WEIGHT_BESIDE_SEEDS - 0.005), "{excess}");
    }

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
