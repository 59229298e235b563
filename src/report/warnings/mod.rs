//! Every warning that a report can hold. In: facts that the stages found. Out: the warnings that they call for, in
//! words with what to do about each.

use super::schema;

mod wording;

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
    /// Where the first token is measured, and says little.
    pub first_token: Option<FirstToken>,
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

/// The first token's few different values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstToken {
    pub different: usize,
    /// Among this many inputs.
    pub samples: usize,
}

/// A warning, in the order in which they are shown: what spoils figures first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    NonFinite { neurons: usize, total: usize },
    FirstToken { different: usize, samples: usize, noun: &'static str },
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
    if let Some(FirstToken { different, samples }) = facts.first_token {
        found.push(Warning::FirstToken { different, samples, noun });
    }
    // Ties and neurons that never change follow from it, and want no advice of their own.
    let explained = facts.first_token.is_some();
    if facts.ties && !facts.robust && !explained {
        found.push(Warning::Ties { neurons: health.tied, total: neurons });
    }
    if let Some(ratio) = facts.scale_ratio.filter(|_| !facts.robust) {
        found.push(Warning::ClashingScales { ratio });
    }
    if health.constant > 0 && !explained {
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
    fn a_decoders_first_token_explains_ties_and_constant_neurons() {
        let health = schema::Health { constant: 512, tied: 512, non_finite: 0 };
        let decoder =
            Facts { first_token: Some(FirstToken { different: 1, samples: 2500 }), health, ties: true, ..facts() };
        let found = derive(&decoder);
        assert_eq!(found, [Warning::FirstToken { different: 1, samples: 2500, noun: "text" }]);
        assert_eq!(
            found[0].message(),
            "the first token is the same over 2,500 texts: in a decoder it sees no other token"
        );
        let words = Warning::FirstToken { different: 1041, samples: 2500, noun: "text" };
        assert!(words.message().contains("has 1,041 different values over 2,500 texts"));
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
