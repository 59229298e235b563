//! A comparison as data (`compare --json`) and in words; the figures are the comparison's own.

use serde::{Deserialize, Serialize};

use super::schema::{Overall, Report, SCHEMA_VERSION};
use crate::base::text::{nats, rank, signed};
use crate::base::warning::Words;
use crate::comparison::gates::Trip;
use crate::comparison::scores::{Agreement, Coefficient};
use crate::comparison::{Comparison, Covers, Dropped, LayerValues, Pair, Place, Ranking, Rule, Sensitivity};
use crate::measures::Estimator;
use crate::store::Files;

/// `probe compare --json`, and `report.json` in the folder of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareReport {
    pub schema_version: u64,
    pub probe_version: String,
    /// The label that the others are compared with.
    pub baseline: String,
    /// The estimator that was asked for.
    pub estimator: Estimator,
    /// The rule that the verdicts come from.
    pub rule: Rule,
    /// Layers left out with `--align`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
    /// In the order given.
    pub variants: Vec<ComparedVariant>,
    /// Every variant but the baseline.
    pub pairs: Vec<Pair>,
    pub ranking: Ranking,
    /// How the ranking goes with the scores of `--scores`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
    /// Gates of `--fail-if` that tripped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trips: Vec<Trip>,
    /// The other files of the comparison's folder with their BLAKE3 hashes; empty where there is no folder.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub files: Files,
}

/// A variant and its models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedVariant {
    pub label: String,
    /// One report a model.
    pub replicates: Vec<Report>,
    /// Averaged over the models.
    pub overall: Overall,
    /// The same under the other estimator, where all models were measured under both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Overall>,
}

impl CompareReport {
    /// Puts the comparison and the models' reports together; `reports` are in the order of the comparison's variants.
    pub fn new(comparison: Comparison, reports: Vec<Vec<Report>>) -> CompareReport {
        let overall = |values: LayerValues| Overall {
            entropy: values.entropy,
            mutual_information: values.mutual_information,
            spectrum: values.spectrum,
        };
        let variant = |(values, replicates): (crate::comparison::VariantValues, Vec<Report>)| ComparedVariant {
            label: values.label,
            replicates,
            overall: overall(values.overall),
            beside: values.beside.map(overall),
        };
        CompareReport {
            schema_version: SCHEMA_VERSION,
            probe_version: env!("CARGO_PKG_VERSION").to_owned(),
            baseline: comparison.baseline,
            estimator: comparison.estimator,
            rule: comparison.rule,
            dropped: comparison.dropped,
            variants: comparison.variants.into_iter().zip(reports).map(variant).collect(),
            pairs: comparison.pairs,
            ranking: comparison.ranking,
            agreement: None,
            trips: Vec::new(),
            files: Files::new(),
        }
    }
}

impl CompareReport {
    /// Each warning once: with the label of its variant where not all variants have it.
    pub fn warnings(&self) -> Vec<(Option<&str>, &Words)> {
        let of = |v: usize| self.variants[v].replicates.iter().flat_map(|report| &report.warnings);
        let mut found: Vec<(Option<&str>, &Words)> = Vec::new();
        for (v, variant) in self.variants.iter().enumerate() {
            for warning in of(v) {
                let common = (0..self.variants.len()).all(|other| of(other).any(|w| w == warning));
                let entry = (if common { None } else { Some(variant.label.as_str()) }, warning);
                if !found.contains(&entry) {
                    found.push(entry);
                }
            }
        }
        found
    }
}

/// What the intervals of a comparison cover.
pub fn covers(covers: Covers) -> &'static str {
    match covers {
        Covers::Inputs => {
            "The intervals cover the inputs drawn, not the variance between seeds: there is one model per side."
        }
        Covers::TypicalTraining => {
            "The intervals cover the inputs drawn and how far seeds of such networks typically are apart."
        }
        Covers::TrainingOfOneSide => {
            "The intervals cover the inputs and the variance between seeds, taken to be as large on the side with one model."
        }
        Covers::Training => "The intervals cover the inputs drawn and the variance between seeds.",
    }
}

/// What would change the sign of dH, a line each.
pub fn sensitivity(of: &Sensitivity) -> Vec<String> {
    let mut lines = Vec::new();
    let sign = |same: bool| if same { "the same sign" } else { "the other sign" };
    if let Some(shift) = of.neuron_binning {
        lines.push(format!(
            "with every neuron over its own bins dH is {}: {}",
            signed(shift.delta_entropy),
            sign(shift.same_sign)
        ));
    }
    if let Some(shift) = of.without_outliers {
        let names: Vec<String> =
            of.outliers.iter().take(4).map(|o| format!("{}:{} of {}", o.layer, o.neuron, o.variant)).collect();
        let more = match of.outliers.len().saturating_sub(4) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        lines.push(format!(
            "without outlier channels ({}{more}) dH is {}: {}",
            names.join(", "),
            signed(shift.delta_entropy),
            sign(shift.same_sign)
        ));
    }
    let against: Vec<String> = (of.opposite_layers.iter().filter(|layer| layer.clear))
        .map(|layer| format!("{} (d{} {})", layer.layer, layer.measure.letter(), signed(layer.delta)))
        .collect();
    lines.push(match against.is_empty() {
        true => "no layer goes the other way beyond its interval".to_owned(),
        false => format!("layers that go the other way: {}", against.join(", ")),
    });
    lines
}

/// What else is to be known of a verdict: what the published rule says, what this verdict cannot know, and what the
/// difference in entropy depends on.
pub fn notes(pair: &Pair) -> Vec<String> {
    let paper = pair.evidence.readings.iter().find(|judgement| judgement.estimator == Estimator::Paper);
    let published = paper.map(|judgement| {
        let [h, i] = [&judgement.delta_entropy, &judgement.delta_mutual_information].map(|delta| signed(delta.mean));
        format!("as published: {} (paper, dH {h}, dI {i} nats)", pair.published)
    });
    let caveats = pair.evidence.caveats.iter().map(|caveat| caveat.message.clone());
    published.into_iter().chain(caveats).chain(sensitivity(&pair.evidence.sensitivity)).collect()
}

/// Labels in order of a ranking, those that do not differ clearly marked: `a, b = c`.
pub fn places(places: &[Place], described: &dyn Fn(&Place) -> Option<String>) -> String {
    let mut out = String::new();
    for (i, place) in places.iter().enumerate() {
        if i > 0 {
            out.push_str(if places[i - 1].position == place.position { " = " } else { ", " });
        }
        out.push_str(&place.label);
        if let Some(words) = described(place) {
            out.push_str(&format!(" ({words})"));
        }
    }
    out
}

/// The orders of a ranking, each with its heading.
pub fn orders(ranking: &Ranking) -> [(&'static str, String); 4] {
    let in_nats = |place: &Place| Some(nats(place.value));
    let directions = |place: &Place| Some(rank(place.value));
    let verdict = |place: &Place| place.verdict.map(|verdict| verdict.to_string());
    [
        ("by H, highest first:", places(&ranking.entropy, &in_nats)),
        ("by I, lowest first:", places(&ranking.mutual_information, &in_nats)),
        ("by R, highest first:", places(&ranking.effective_rank, &directions)),
        ("away from a shortcut:", places(&ranking.away_from_shortcut, &verdict)),
    ]
}

/// How the scores of `--scores` go with each measure, one line per measure.
pub fn correlations(agreement: &Agreement) -> Vec<String> {
    let coefficient = |name: &str, of: &Coefficient| {
        let [low, high] = of.interval95.map(|end| format!("{end:+.2}"));
        format!("{name} {:+.2} [{low}, {high}]", of.value)
    };
    (agreement.correlations.iter())
        .map(|of| {
            let (tau, rho) = (coefficient("tau", &of.kendall), coefficient("rho", &of.spearman));
            format!("scores with {} over {} variants: {tau}, {rho}", of.measure.letter(), of.variants)
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::comparison::observed::{self, Figures, Measured};
    use crate::comparison::{Architecture, Observed, Settings, Variant, compare};
    use crate::measures::{Deviations, Spectra};
    use crate::report::schema::tests::{report, spectrum, summary};

    /// One measure of two layers and overall, all with one mean; subsamples deviate by `error`, in one of two patterns.
    fn measured(mean: f64, error: f64) -> Measured {
        let sign = |subsample: usize| if subsample.is_multiple_of(2) { error } else { -error };
        Measured {
            statistics: vec![summary(mean); 3],
            spread: vec![0.3; 3],
            deviations: [(); 2].map(|()| Deviations::centred(Array2::from_shape_fn((32, 3), |(part, _)| sign(part)))),
        }
    }

    fn variant(label: &str, [h, i]: [f64; 2], error: f64) -> Variant {
        let figures =
            |estimator| Figures { estimator, entropy: measured(h, error), mutual_information: measured(i, error) };
        let none = Array2::zeros((20, 3));
        let overall = spectrum(20.0 * h);
        let spectra = Spectra { layers: vec![overall; 2], overall, deviations: Deviations::centred(none) };
        let layer = |label: &str| observed::Layer { label: label.into(), neurons: 64 };
        let model = Observed {
            samples: 1000,
            layers: vec![layer("fc1"), layer("fc2")],
            readings: Estimator::ALL.map(figures).to_vec(),
            spectra,
            sensitivity: Default::default(),
            architecture: Architecture::Chain,
            file: None,
        };
        Variant { label: label.into(), replicates: vec![model] }
    }

    /// A baseline, a variant with lower H and higher I, and one that is like the baseline.
    pub(crate) fn compared() -> CompareReport {
        let variants = [
            variant("base", [2.9, 0.06], 0.002),
            variant("a shortcut\x1b[31m", [2.7, 0.44], 0.001),
            variant("its twin", [2.9, 0.06], 0.002),
        ];
        let comparison = compare(&variants, &Settings::default()).unwrap();
        CompareReport::new(comparison, vec![vec![report(&["fc1", "fc2"], 64)]; 3])
    }

    #[test]
    fn has_the_contracts_keys_and_comes_back() {
        let written = compared();
        let json = serde_json::to_value(&written).unwrap();
        for key in ["variants", "pairs", "ranking"] {
            assert!(json.get(key).is_some(), "{key}");
        }
        let variant = &json["variants"][0];
        assert!(variant["replicates"][0]["layers"].is_array() && variant["overall"]["entropy"]["mean"].is_number());
        assert_eq!(json["pairs"][0]["verdict"], "heuristic");
        assert!(json["pairs"][0]["delta_entropy"]["interval95"].is_array());
        assert!(json["pairs"][0]["evidence"]["sentence"].is_string());
        let back: CompareReport = serde_json::from_value(json).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&written).unwrap());
    }
}
