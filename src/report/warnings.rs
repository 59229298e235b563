//! Every warning that a report can hold, with what to do about it. Stages hand over facts; here they become words.

use super::schema;
use super::words::{counted, thousands, visible};

/// What the stages found that may call for a warning.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The word for one input: `text`, `image`, `input`.
    pub noun: &'static str,
    /// Inputs measured.
    pub samples: usize,
    /// Inputs skipped, and the most common reasons with their counts.
    pub skipped: usize,
    pub reasons: Vec<(String, usize)>,
    /// Inputs cut to `max_length` tokens.
    pub truncated: usize,
    pub max_length: Option<usize>,
    pub neurons: usize,
    pub health: schema::Health,
    /// Neurons whose values lie far from all others.
    pub outliers: Vec<schema::Outlier>,
    /// Ties are common enough to doubt the paper's estimate.
    pub ties: bool,
    /// By how much neurons clash in scale, where they do.
    pub scale_ratio: Option<f64>,
    /// H and I moved, from half of the inputs to all, by more than their intervals allow.
    pub moving: [bool; 2],
    pub stability: Vec<schema::StabilityPoint>,
    /// Layers with fewer neurons than `--mi-neurons`: label and width.
    pub narrow: Vec<(String, usize)>,
    pub wanted_neurons: Option<usize>,
    /// No `preprocessor_config.json` was found.
    pub assumed_preprocessing: bool,
    /// No known architecture: the taps are a guess from the graph's shape.
    pub fallback_taps: bool,
    /// Parts of an earlier run that were damaged or foreign and were computed again.
    pub damaged_parts: usize,
    /// The layer range is shared over variants.
    pub shared_binning: bool,
    /// The reading is by `robust` already, so ties and scales do not matter to it.
    pub robust: bool,
}

/// A warning, in the order in which they are shown: what spoils figures first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    NonFinite { neurons: usize, total: usize },
    OutlierChannels { names: Vec<String>, robust: bool },
    Ties { neurons: usize, total: usize },
    ClashingScales { ratio: f64 },
    Constant { neurons: usize, total: usize },
    FewInputs { samples: usize, noun: &'static str },
    StillMoving { measure: &'static str, from: f64, to: f64, half: usize, samples: usize },
    Skipped { count: usize, noun: &'static str, reasons: Vec<(String, usize)> },
    Truncated { count: usize, samples: usize, noun: &'static str, max_length: Option<usize> },
    AssumedPreprocessing,
    FallbackTaps,
    NarrowLayers { layers: Vec<(String, usize)>, wanted: usize },
    SharedBinning,
    DamagedParts { count: usize },
}

/// Fewer inputs than this leave both estimators visibly biased (a tenth of the bins' number of values a bin).
const FEW: usize = 500;

/// The warnings that the facts call for.
pub fn derive(facts: &Facts) -> Vec<Warning> {
    let Facts { noun, samples, neurons, health, .. } = *facts;
    let mut found = Vec::new();
    if health.non_finite > 0 {
        found.push(Warning::NonFinite { neurons: health.non_finite, total: neurons });
    }
    if !facts.outliers.is_empty() {
        let names = facts.outliers.iter().map(schema::Outlier::name).collect();
        found.push(Warning::OutlierChannels { names, robust: facts.robust });
    }
    if facts.ties && !facts.robust {
        found.push(Warning::Ties { neurons: health.tied, total: neurons });
    }
    if let Some(ratio) = facts.scale_ratio.filter(|_| !facts.robust) {
        found.push(Warning::ClashingScales { ratio });
    }
    if health.constant > 0 {
        found.push(Warning::Constant { neurons: health.constant, total: neurons });
    }
    if samples < FEW {
        found.push(Warning::FewInputs { samples, noun });
    }
    found.extend(still_moving(facts));
    if facts.skipped > 0 {
        found.push(Warning::Skipped { count: facts.skipped, noun, reasons: facts.reasons.clone() });
    }
    if facts.truncated > 0 {
        found.push(Warning::Truncated { count: facts.truncated, samples, noun, max_length: facts.max_length });
    }
    if facts.assumed_preprocessing {
        found.push(Warning::AssumedPreprocessing);
    }
    if facts.fallback_taps {
        found.push(Warning::FallbackTaps);
    }
    if let Some(wanted) = facts.wanted_neurons.filter(|_| !facts.narrow.is_empty()) {
        found.push(Warning::NarrowLayers { layers: facts.narrow.clone(), wanted });
    }
    if facts.shared_binning {
        found.push(Warning::SharedBinning);
    }
    if facts.damaged_parts > 0 {
        found.push(Warning::DamagedParts { count: facts.damaged_parts });
    }
    found
}

/// Of the last two points, which are half of the inputs and all of them.
fn still_moving(facts: &Facts) -> Vec<Warning> {
    let [.., half, full] = facts.stability.as_slice() else { return Vec::new() };
    [("H", half.entropy, full.entropy), ("I", half.mutual_information, full.mutual_information)]
        .into_iter()
        .zip(facts.moving)
        .filter(|(_, moving)| *moving)
        .map(|((measure, from, to), _)| Warning::StillMoving {
            measure,
            from,
            to,
            half: half.samples,
            samples: full.samples,
        })
        .collect()
}

impl Warning {
    /// The name in `report.json`, which stays as it is.
    pub fn code(&self) -> &'static str {
        match self {
            Warning::NonFinite { .. } => "non-finite",
            Warning::OutlierChannels { .. } => "outlier-channels",
            Warning::Ties { .. } => "ties",
            Warning::ClashingScales { .. } => "clashing-scales",
            Warning::Constant { .. } => "constant",
            Warning::FewInputs { .. } => "few-inputs",
            Warning::StillMoving { .. } => "still-moving",
            Warning::Skipped { .. } => "skipped",
            Warning::Truncated { .. } => "truncated",
            Warning::AssumedPreprocessing => "assumed-preprocessing",
            Warning::FallbackTaps => "fallback-taps",
            Warning::NarrowLayers { .. } => "narrow-layers",
            Warning::SharedBinning => "shared-binning",
            Warning::DamagedParts { .. } => "damaged-parts",
        }
    }

    /// What was found, in one sentence without a full stop.
    pub fn message(&self) -> String {
        match self {
            Warning::NonFinite { neurons, total } => {
                format!(
                    "{} of {} have NaN or infinite values and are left out",
                    counted(*neurons, "neuron"),
                    thousands(*total)
                )
            }
            Warning::OutlierChannels { names, .. } => {
                let does = if names.len() == 1 {
                    "neuron lies far from all others and stretches"
                } else {
                    "neurons lie far from all others and stretch"
                };
                format!("{} {does} the bins: {}", thousands(names.len()), shown(names, 4))
            }
            Warning::Ties { neurons, total } => {
                format!(
                    "{} of {} have tied values, on which the paper's MI goes below zero",
                    counted(*neurons, "neuron"),
                    thousands(*total)
                )
            }
            Warning::ClashingScales { ratio } => {
                format!(
                    "scales clash {ratio:.0}-fold: most neurons share few bins, and the wider decides a pair's distances"
                )
            }
            Warning::Constant { neurons, total } => {
                format!(
                    "{} of {} never change, so their entropy is zero",
                    counted(*neurons, "neuron"),
                    thousands(*total)
                )
            }
            Warning::FewInputs { samples, noun } => {
                format!("{} are few: both measures are biased towards low H and noisy in I", counted(*samples, noun))
            }
            Warning::StillMoving { measure, from, to, half, samples } => format!(
                "mean {measure} still moves with the number of inputs: {from:.3} with {}, {to:.3} with {}",
                thousands(*half),
                thousands(*samples)
            ),
            Warning::Skipped { count, noun, reasons } => {
                let reasons: Vec<String> =
                    reasons.iter().map(|(reason, n)| format!("{} × {}", thousands(*n), visible(reason))).collect();
                let why = if reasons.is_empty() { String::new() } else { format!(": {}", shown(&reasons, 3)) };
                let were = if *count == 1 { "was" } else { "were" };
                format!("{} {were} skipped{why}", counted(*count, noun))
            }
            Warning::Truncated { count, samples, noun, max_length } => {
                let to = max_length.map_or_else(String::new, |length| format!(" to {length} tokens"));
                let were = if *count == 1 { "was" } else { "were" };
                format!("{} of {} {were} cut{to}", thousands(*count), counted(*samples, noun))
            }
            Warning::AssumedPreprocessing => {
                "no preprocessor_config.json: ImageNet's size, mean and deviation are assumed".to_owned()
            }
            Warning::FallbackTaps => "no known architecture: the layers were taken where the graph narrows".to_owned(),
            Warning::NarrowLayers { layers, wanted } => {
                let names: Vec<String> = layers.iter().map(|(label, n)| format!("{} ({n})", visible(label))).collect();
                format!("fewer than {wanted} neurons, so all pairs are used: {}", shown(&names, 4))
            }
            Warning::SharedBinning => "one bin range over all variants measures scale above all".to_owned(),
            Warning::DamagedParts { count } => {
                format!("{} of the earlier run could not be used and were computed again", counted(*count, "part"))
            }
        }
    }

    /// What to do about it, in one sentence without a full stop; empty where nothing need be done.
    pub fn advice(&self) -> &'static str {
        match self {
            Warning::NonFinite { .. } => "look for overflow in the model: half precision is the usual cause",
            Warning::OutlierChannels { robust: false, .. } => "read the robust figures, or run with --estimator robust",
            Warning::OutlierChannels { robust: true, .. } => {
                "nothing to do: robust bins between the 0.5 and 99.5 % quantiles"
            }
            Warning::Ties { .. } | Warning::ClashingScales { .. } => {
                "read the robust figures, or run with --estimator robust"
            }
            Warning::Constant { .. } => "check that these are the inputs the model was made for",
            Warning::FewInputs { .. } => "use 1,000 or more, and compare only runs with the same number",
            Warning::StillMoving { .. } => "raise --samples, or compare only runs with the same number",
            Warning::Skipped { .. } => "see skipped.jsonl in the run's folder",
            Warning::Truncated { .. } => "raise --max-length if the model allows it",
            Warning::AssumedPreprocessing => "put the model's preprocessor_config.json beside it",
            Warning::FallbackTaps => "look at `probe layers MODEL --all` and choose with --layers",
            Warning::NarrowLayers { .. } | Warning::DamagedParts { .. } => "",
            Warning::SharedBinning => "use --binning global for anything but looking at scale",
        }
    }

    /// As it goes to `report.json`.
    pub fn written(&self) -> schema::Warning {
        schema::Warning { code: self.code().to_owned(), message: self.message(), advice: self.advice().to_owned() }
    }
}

/// The first few of a list, and how many more there are.
fn shown(names: &[String], most: usize) -> String {
    let first: Vec<String> = names.iter().take(most).map(|name| visible(name)).collect();
    match names.len().saturating_sub(most) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts { noun: "text", samples: 2500, neurons: 512, ..Facts::default() }
    }

    #[test]
    fn a_clean_run_has_none() {
        assert_eq!(derive(&facts()), []);
    }

    #[test]
    fn each_fact_has_its_warning() {
        let all = Facts {
            samples: 200,
            skipped: 3,
            reasons: vec![("empty".into(), 2), ("invalid UTF-8".into(), 1)],
            truncated: 1,
            max_length: Some(64),
            health: schema::Health { constant: 1, tied: 40, non_finite: 2 },
            outliers: vec![schema::Outlier { label: "encoder.layer.3".into(), neuron: 77, min: -1.0, max: 90.0 }],
            ties: true,
            scale_ratio: Some(250.0),
            moving: [true, false],
            stability: vec![
                schema::StabilityPoint { samples: 100, entropy: 2.0, mutual_information: 0.01 },
                schema::StabilityPoint { samples: 200, entropy: 2.4, mutual_information: 0.012 },
            ],
            narrow: vec![("layer1".into(), 16)],
            wanted_neurons: Some(64),
            assumed_preprocessing: true,
            fallback_taps: true,
            damaged_parts: 1,
            shared_binning: true,
            ..facts()
        };
        let found = derive(&all);
        let codes: Vec<&str> = found.iter().map(Warning::code).collect();
        assert_eq!(
            codes,
            [
                "non-finite",
                "outlier-channels",
                "ties",
                "clashing-scales",
                "constant",
                "few-inputs",
                "still-moving",
                "skipped",
                "truncated",
                "assumed-preprocessing",
                "fallback-taps",
                "narrow-layers",
                "shared-binning",
                "damaged-parts"
            ]
        );
        assert_eq!(found[1].message(), "1 neuron lies far from all others and stretches the bins: encoder.layer.3:77");
        assert_eq!(found[7].message(), "3 texts were skipped: 2 × empty, 1 × invalid UTF-8");
        assert_eq!(found[8].message(), "1 of 200 texts was cut to 64 tokens");
    }

    #[test]
    fn robust_is_not_warned_of_what_it_mends() {
        let mended = Facts {
            robust: true,
            ties: true,
            health: schema::Health { tied: 40, ..Default::default() },
            scale_ratio: Some(250.0),
            ..facts()
        };
        assert_eq!(derive(&mended), []);
    }
}
