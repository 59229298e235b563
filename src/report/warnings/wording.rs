//! Warnings in words.

use super::Warning;
use crate::base::text::{counted, thousands, visible};
use crate::report::schema;

impl Warning {
    /// The name in `report.json`, which stays as it is.
    pub fn code(&self) -> &'static str {
        match self {
            Warning::NonFinite { .. } => "non-finite",
            Warning::FirstToken { .. } => "first-token",
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
            Warning::FirstToken { different, samples, noun } => {
                let over = format!("over {}", counted(*samples, noun));
                match different {
                    ..2 => format!("the first token is the same {over}: in a decoder it sees no other token"),
                    more => format!(
                        "the first token has {} different values {over}: in a decoder it sees no other token",
                        thousands(*more)
                    ),
                }
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
            Warning::FirstToken { .. } => "use --pool last or --pool mean",
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
