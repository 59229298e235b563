//! How far two seeds of one recipe typically are apart, where a comparison has one model per side and cannot know it.
//!
//! The constants are standard deviations between the seeds of one recipe, relative to the recipe's mean, over the recipes of
//! families of networks that were trained for this; `docs/validity.md` says how. Recipes differ in how far their seeds are apart,
//! so the variance of a new recipe is taken as drawn from a scaled inverse chi-squared distribution, fitted to those of the
//! study (Smyth, "Linear models and empirical Bayes methods for assessing differential expression", 2004, section 6.2). The
//! difference of two networks of a new recipe then has Student's distribution with that distribution's degrees of freedom.

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

/// A prior is not trusted beyond this.
#[cfg(test)]
const MOST_DEGREES: f64 = 100.0;

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

    /// Relative variances between the seeds of each recipe, and their degrees of freedom: one line per recipe of the families'
    /// tables in `fixtures/validity`.
    fn variances(families: &[&str], column: &str, least: f64) -> Vec<(f64, f64)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/validity");
        let mut recipes = std::collections::BTreeMap::<(String, String), Vec<f64>>::new();
        for family in families {
            let mut table = csv::Reader::from_path(folder.join(family).with_extension("csv")).unwrap();
            for line in table.deserialize::<std::collections::BTreeMap<String, String>>() {
                let line = line.unwrap();
                let recipe = ((*family).to_owned(), line["recipe"].clone());
                recipes.entry(recipe).or_default().push(line[column].parse().unwrap());
            }
        }
        let of = |values: &Vec<f64>| {
            let variance = Variance::estimated(values, 1.0);
            let scale = crate::comparison::uncertainty::average(values).abs().max(least);
            (variance.value / scale.powi(2), variance.degrees)
        };
        recipes.values().map(of).collect()
    }

    /// Digamma and trigamma: the recurrence up to 20, then the asymptotic series (Abramowitz and Stegun 6.3.18, 6.4.12).
    fn digamma(mut x: f64) -> f64 {
        let mut sum = 0.0;
        while x < 20.0 {
            sum -= 1.0 / x;
            x += 1.0;
        }
        sum + x.ln() - 0.5 / x - 1.0 / (12.0 * x.powi(2)) + 1.0 / (120.0 * x.powi(4))
    }

    fn trigamma(mut x: f64) -> f64 {
        let mut sum = 0.0;
        while x < 20.0 {
            sum += x.powi(-2);
            x += 1.0;
        }
        sum + 1.0 / x + 0.5 / x.powi(2) + 1.0 / (6.0 * x.powi(3)) - 1.0 / (30.0 * x.powi(5))
    }

    /// Scale and degrees of freedom of the scaled inverse chi-squared distribution from which the variances of recipes are
    /// drawn, by the moments of their logarithms (Smyth 2004, section 6.2).
    fn prior(variances: &[(f64, f64)]) -> (f64, f64) {
        let count = variances.len() as f64;
        let logs: Vec<f64> = variances
            .iter()
            .map(|(value, degrees)| value.ln() - digamma(degrees / 2.0) + (degrees / 2.0).ln())
            .collect();
        let mean = logs.iter().sum::<f64>() / count;
        let noise = variances.iter().map(|(_, degrees)| trigamma(degrees / 2.0)).sum::<f64>() / count;
        let spread = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0) - noise;
        if spread <= 0.0 {
            let degrees: f64 = variances.iter().map(|(_, degrees)| degrees).sum();
            return (variances.iter().map(|(value, part)| value * part).sum::<f64>() / degrees, MOST_DEGREES);
        }
        let (mut low, mut high) = (1e-3, 1e6);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if trigamma(middle) > spread { low = middle } else { high = middle }
        }
        let degrees = (low + high).min(MOST_DEGREES);
        ((mean + digamma(degrees / 2.0) - (degrees / 2.0).ln()).exp(), degrees)
    }

    #[test]
    fn digamma_and_trigamma_agree_with_closed_forms() {
        const GAMMA: f64 = 0.577_215_664_901_532_9;
        let pi = std::f64::consts::PI;
        assert!((digamma(1.0) + GAMMA).abs() < 1e-10 && (digamma(0.5) + GAMMA + 4f64.ln()).abs() < 1e-10);
        assert!((trigamma(1.0) - pi * pi / 6.0).abs() < 1e-10 && (trigamma(0.5) - pi * pi / 2.0).abs() < 1e-10);
    }

    /// The constants above are those of the study's tables, rounded.
    #[test]
    fn the_constants_follow_from_the_tables_of_the_study() {
        for (families, typical) in
            [(&["minilm", "roberta"][..], TRANSFORMER), (&["cnn"][..], CONVOLUTIONAL), (&["mlp"][..], CHAIN)]
        {
            for (indicator, column) in [
                (Indicator::Entropy, "overall_robust_entropy"),
                (Indicator::MutualInformation, "overall_robust_mutual_information"),
                (Indicator::EffectiveRank, "overall_effective_rank"),
            ] {
                let (variance, degrees) = prior(&variances(families, column, indicator.least_scale()));
                let derived = Spread {
                    deviation: (variance.sqrt() * 1e4).round() / 1e4,
                    degrees: (degrees * 10.0).round() / 10.0,
                };
                assert_eq!(typical.spread(indicator), derived, "{families:?}: {column}");
            }
        }
    }

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
