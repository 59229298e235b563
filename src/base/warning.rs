//! Every warning that a run can raise: one enum, and for each its code, its message and its advice in one place.
//!
//! In: a fact that a stage found. Out: words. The stage that knows the fact raises the warning in its result, and the
//! report carries the warnings of all stages.

use serde::{Deserialize, Serialize};

use super::text::{counted, pluralised, thousands, visible};

/// A fact that a reader of the figures must know.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The inputs of this variant were prepared otherwise than those of the baseline; `values` are the names that differ.
    PreparedDifferently { baseline: String, values: Vec<String> },
    /// The variant computes with other numbers than the baseline (float16, quantised integers).
    OtherNumbers { baseline: String, numbers: String, of_baseline: String },
    /// The activations of these layers were saved as float16 and those of the baseline were not, or the reverse.
    OtherPrecision { baseline: String, layers: Vec<String>, half: bool },
    /// Layers of a file that hold float16.
    Half { layers: Vec<String> },
    /// Layers that were to be saved as float16, each with a value that it cannot hold.
    BeyondHalf { layers: Vec<(String, f32)> },
    /// Some neurons have NaN or infinite values; `names` are `layer:neuron (first input)`.
    NonFinite { neurons: usize, total: usize, names: Vec<String> },
    /// The first token was measured and does not depend on the rest of the text.
    FirstToken { different: usize, samples: usize, noun: &'static str },
    /// The values of an input depend on the other inputs of its batch, by this share of the layer's scale.
    DependsOnBatch { difference: f64, why: Option<String> },
    /// Two runs of one batch differ by this share of the layer's scale.
    Random { difference: f64, op: Option<String> },
    /// Neurons whose values lie far from all others, as `layer:neuron`.
    OutlierChannels { names: Vec<String>, robust: bool },
    /// So many values are tied that the published estimate of I is biased.
    Ties { neurons: usize, total: usize },
    /// The neurons' scales differ by this factor.
    ClashingScales { ratio: f64 },
    /// Neurons with the same value for every input.
    Constant { neurons: usize, total: usize },
    /// Too few inputs for unbiased figures.
    FewInputs { samples: usize, noun: &'static str },
    /// From half of the inputs to all of them a mean moved by more than its interval allows.
    StillMoving { measure: &'static str, from: f64, to: f64, half: usize, samples: usize },
    /// Inputs that could not be used, with the most common reasons.
    Skipped { count: usize, noun: &'static str, reasons: Vec<(String, usize)> },
    /// Inputs that were cut to the maximum length.
    Truncated { count: usize, samples: usize, noun: &'static str, max_length: Option<usize> },
    /// Layers of a file whose float64 values lost digits.
    Rounded { layers: Vec<String> },
    /// Inputs that occurred before: texts by their tokens, images by the content of their files, arrays by their values. `dropped` says
    /// whether they were left out.
    Repeated { count: usize, drawn: usize, noun: &'static str, dropped: bool },
    /// The model takes texts of one fixed length and no mask, so that padding is read as text.
    PaddingRead { length: usize },
    /// Inputs of the model that hold a state, and were filled with zeros.
    ZeroState { inputs: Vec<String> },
    /// No file says how images are prepared.
    AssumedPreprocessing,
    /// No rule of a known architecture chose the layers.
    FallbackTaps,
    /// Layers with fewer neurons than were asked for, with their widths.
    NarrowLayers { layers: Vec<(String, usize)>, wanted: usize },
    /// The entropy is binned over all variants.
    SharedBinning,
    /// Parts of an interrupted run that could not be used, with the reason for the first.
    DamagedParts { count: usize, first: String },
    /// Inputs without a label.
    MissingLabels { column: String, count: usize, total: usize, noun: &'static str },
    /// Classes whose inputs were left out because there are too few, with their numbers.
    DroppedClasses { column: String, classes: Vec<(String, usize)> },
    /// Classes with few inputs, with their numbers.
    RareClasses { column: String, classes: Vec<(String, usize)> },
    /// The model has no output with one row of numbers per input, so that there are no answers to compare.
    NoAnswer { outputs: Vec<String> },
    /// The interrupted run in the folder had other settings or inputs, named here.
    OtherRun { differs: Vec<String> },
}

/// A warning as it is shown and written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The name in `report.json`, which never changes.
    pub code: String,
    /// What was found: one sentence without a full stop.
    pub message: String,
    /// What to do about it: one sentence without a full stop; empty where nothing needs to be done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// Whether it is about the figures themselves, so that measuring the same activations again raises it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_figures: bool,
}

impl Warning {
    /// The warning in words. Names that come from models and files are made visible.
    pub fn words(&self) -> Words {
        let (code, message, advice) = match self {
            Warning::PreparedDifferently { baseline, values } => (
                "prepared-differently",
                format!(
                    "the inputs were prepared differently from those of {}, as the files next to the model say: {} {}",
                    visible(baseline),
                    shown(values, 6),
                    pluralised(values.len(), "differs", "differ")
                ),
                "to feed all models in the same way, give --tokenizer or the image flags, which hold for all variants",
            ),
            Warning::OtherNumbers { baseline, numbers, of_baseline } => (
                "other-numbers",
                format!(
                    "the network computes with {numbers}, and {} with {of_baseline}: rounding differs too, and moves H and I",
                    visible(baseline)
                ),
                "compare networks of one element type, such as the files from before they were converted",
            ),
            Warning::OtherPrecision { baseline, layers, half } => {
                let (ours, theirs) = if *half { ("float16", "float32") } else { ("float32", "float16") };
                (
                    "other-precision",
                    format!(
                        "activations were saved as {ours}, and those of {} as {theirs}: rounding moves H and I ({})",
                        visible(baseline),
                        shown(layers, 4)
                    ),
                    "save the runs of all variants in one precision",
                )
            }
            Warning::Half { layers } => (
                "half-precision",
                format!(
                    "the activations are float16 ({}): what was rounded to one value is tied, which moves I where neurons depend \
                     strongly on each other",
                    shown(layers, 4)
                ),
                "save activations as float32 where I is read, and compare only what was saved alike",
            ),
            Warning::BeyondHalf { layers } => {
                let names: Vec<String> = layers.iter().map(|(layer, value)| format!("{layer} has {value:e}")).collect();
                (
                    "beyond-half",
                    format!(
                        "float16 cannot hold what some layers have, so these are saved as float32: {}",
                        shown(&names, 4)
                    ),
                    "use --save-activations=f32 for a comparison in which all variants have one precision",
                )
            }
            Warning::NonFinite { neurons, total, names } => (
                "non-finite",
                format!(
                    "{} of {} {} NaN or infinite values and {} left out: {}",
                    counted(*neurons, "neuron"),
                    thousands(*total),
                    pluralised(*neurons, "has", "have"),
                    pluralised(*neurons, "is", "are"),
                    shown(names, 4)
                ),
                "look for overflow in the model: half precision is the usual cause",
            ),
            Warning::FirstToken { different: ..2, samples, noun } => (
                "first-token",
                format!("the first token has the same activations in all {}", counted(*samples, noun)),
                "use --pool last or --pool mean if the model is a decoder, where the first token sees no other token",
            ),
            Warning::FirstToken { different, samples, noun } => (
                "first-token",
                format!(
                    "the first token has only {} different values over {}",
                    thousands(*different),
                    counted(*samples, noun)
                ),
                "use --pool last or --pool mean if the model is a decoder, where the first token sees no other token",
            ),
            Warning::DependsOnBatch { difference, why } => (
                "depends-on-batch",
                format!(
                    "the values of an input depend on the other inputs of its batch (they differ by {:.1} % of the layer's \
                     scale), so each input was run by itself{}",
                    100.0 * difference,
                    why.as_ref().map_or_else(String::new, |why| format!("; {}", visible(why)))
                ),
                "",
            ),
            Warning::Random { difference, op } => (
                "random",
                format!(
                    "the model is random: the same batch gives values that differ by {:.1} % of the layer's scale{}",
                    100.0 * difference,
                    op.as_ref().map_or_else(String::new, |op| format!("; {} draws random numbers", visible(op)))
                ),
                "export the model for inference (evaluation mode)",
            ),
            Warning::OutlierChannels { names, robust } => (
                "outlier-channels",
                format!(
                    "{} far from all others and {} the range of the bins: {}",
                    match names.len() {
                        1 => "one neuron lies".to_owned(),
                        many => format!("{} neurons lie", thousands(many)),
                    },
                    pluralised(names.len(), "stretches", "stretch"),
                    shown(names, 4)
                ),
                match robust {
                    false => "read the robust figures, or run with --estimator robust",
                    true => "",
                },
            ),
            Warning::Ties { neurons, total } => (
                "ties",
                format!(
                    "{} of {} {} tied values, which push the published estimate of I below zero",
                    counted(*neurons, "neuron"),
                    thousands(*total),
                    pluralised(*neurons, "has", "have")
                ),
                "read the robust figures, or run with --estimator robust",
            ),
            Warning::ClashingScales { ratio } => (
                "clashing-scales",
                format!(
                    "the scales of the neurons differ by a factor of {ratio:.0}, so most neurons fill few of the bins, and \
                     the wider neuron of a pair decides which inputs are neighbours"
                ),
                "read the robust figures, or run with --estimator robust",
            ),
            Warning::Constant { neurons, total } => (
                "constant",
                format!(
                    "{} of {} {} the same value for every input, so the entropy is zero",
                    counted(*neurons, "neuron"),
                    thousands(*total),
                    pluralised(*neurons, "has", "have")
                ),
                "check that these are inputs that the model was made for",
            ),
            Warning::FewInputs { samples, noun } => (
                "few-inputs",
                format!(
                    "{} {} few: H is biased low, and I is noisy",
                    counted(*samples, noun),
                    pluralised(*samples, "is", "are")
                ),
                "use 1,000 inputs or more, and compare only runs with the same number of inputs",
            ),
            Warning::StillMoving { measure, from, to, half, samples } => (
                "still-moving",
                format!(
                    "the mean of {measure} has not converged: it is {from:.3} with {} inputs and {to:.3} with {}",
                    thousands(*half),
                    thousands(*samples)
                ),
                "raise --samples, or compare only runs with the same number of inputs",
            ),
            Warning::Skipped { count, noun, reasons } => {
                let reasons: Vec<String> =
                    reasons.iter().map(|(reason, n)| format!("{} × {reason}", thousands(*n))).collect();
                let why = if reasons.is_empty() { String::new() } else { format!(": {}", shown(&reasons, 3)) };
                (
                    "skipped",
                    format!("{} {} skipped{why}", counted(*count, noun), pluralised(*count, "was", "were")),
                    "see skipped.jsonl in the run's folder",
                )
            }
            Warning::Truncated { count, samples, noun, max_length } => {
                let to = max_length.map_or_else(String::new, |length| format!(" to {}", counted(length, "token")));
                (
                    "truncated",
                    format!(
                        "{} of {} {} truncated{to}",
                        thousands(*count),
                        counted(*samples, noun),
                        pluralised(*count, "was", "were")
                    ),
                    "",
                )
            }
            Warning::Rounded { layers } => {
                ("rounded", format!("float64 values were rounded to float32 in {}", shown(layers, 4)), "")
            }
            Warning::Repeated { count, drawn, noun, dropped } => (
                "repeated-inputs",
                match dropped {
                    true => format!(
                        "{} of {} {} what an earlier one holds and {} left out: each is measured once",
                        thousands(*count),
                        counted(*drawn, noun),
                        pluralised(*count, "repeats", "repeat"),
                        pluralised(*count, "is", "are")
                    ),
                    false => format!(
                        "{} of {} {} what an earlier one holds: nearest neighbours read that as dependence, and I is too high",
                        thousands(*count),
                        counted(*drawn, noun),
                        pluralised(*count, "repeats", "repeat")
                    ),
                },
                match dropped {
                    true => "--keep-repeats measures them as often as they occur",
                    false => "remove the repeated inputs",
                },
            ),
            Warning::PaddingRead { length } => (
                "padding-read",
                format!(
                    "the model has no mask input and takes {length} tokens: it reads the padding of shorter texts as text"
                ),
                "export the model with a mask input, or with a free length",
            ),
            Warning::ZeroState { inputs } => (
                "zero-state",
                format!("inputs that hold a state were filled with zeros: {}", shown(inputs, 4)),
                "give them by name in the .npz if the model starts from another state",
            ),
            Warning::AssumedPreprocessing => (
                "assumed-preprocessing",
                "there is no preprocessor_config.json, so the size, mean and deviation of ImageNet are assumed"
                    .to_owned(),
                "put the model's preprocessor_config.json next to the model, or give --image-size, --image-mean and --image-std",
            ),
            Warning::FallbackTaps => (
                "fallback-taps",
                "the architecture is not known, so the layers are those through which all paths of the graph lead"
                    .to_owned(),
                "look at `probe layers MODEL --all` and choose with --layers",
            ),
            Warning::NarrowLayers { layers, wanted } => {
                let names = shown(&with_counts(layers), 4);
                (
                    "narrow-layers",
                    format!("some layers have fewer than {wanted} neurons, and all of them are used: {names}"),
                    "",
                )
            }
            Warning::SharedBinning => (
                "shared-binning",
                "one range of bins over all variants measures their scale more than anything else".to_owned(),
                "use --binning global unless you look at scale",
            ),
            Warning::DamagedParts { count, first } => (
                "damaged-parts",
                format!(
                    "{} of the interrupted run could not be used and {} computed again: {}",
                    counted(*count, "part"),
                    pluralised(*count, "was", "were"),
                    visible(first)
                ),
                "",
            ),
            Warning::MissingLabels { column, count, total, noun } => (
                "missing-labels",
                format!(
                    "{} of {} {} no label in '{}' and {} left out",
                    thousands(*count),
                    counted(*total, noun),
                    pluralised(*count, "has", "have"),
                    visible(column),
                    pluralised(*count, "is", "are")
                ),
                "",
            ),
            Warning::DroppedClasses { column, classes } => (
                "dropped-classes",
                format!(
                    "classes of '{}' were left out as too rare: {}",
                    visible(column),
                    shown(&with_counts(classes), 6)
                ),
                "",
            ),
            Warning::RareClasses { column, classes } => (
                "rare-classes",
                format!("classes of '{}' have few inputs: {}", visible(column), shown(&with_counts(classes), 6)),
                "draw more inputs: most of these are coded before there is much to learn from",
            ),
            Warning::NoAnswer { outputs } => (
                "no-answer",
                format!(
                    "the model has no output with one row of numbers per input ({}), so no answers are compared",
                    shown(outputs, 4)
                ),
                "only the later layers are compared; export the model with its classifier to compare its answers",
            ),
            Warning::OtherRun { differs } => (
                "other-run",
                format!("nothing was resumed, because the interrupted run differs in {}", shown(differs, 6)),
                "",
            ),
        };
        Words { code: code.to_owned(), message, advice: advice.to_owned(), of_figures: false }
    }
}

/// Names with their numbers in brackets.
fn with_counts(names: &[(String, usize)]) -> Vec<String> {
    names.iter().map(|(name, count)| format!("{name} ({})", thousands(*count))).collect()
}

/// The first few of a list, and how many more there are.
fn shown(names: &[String], most: usize) -> String {
    let first: Vec<String> = names.iter().take(most).map(|name| visible(name)).collect();
    match names.len().saturating_sub(most) {
        0 => first.join(", "),
        more => format!("{} and {} more", first.join(", "), thousands(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(warning: &Warning) -> String {
        warning.words().message
    }

    #[test]
    fn one_and_many_are_written_as_people_write_them() {
        let one = Warning::NonFinite { neurons: 1, total: 5, names: vec!["fc1:3 (input 7)".into()] };
        assert_eq!(message(&one), "1 neuron of 5 has NaN or infinite values and is left out: fc1:3 (input 7)");
        let names: Vec<String> = (0..6).map(|n| format!("fc1:{n}")).collect();
        let many = Warning::OutlierChannels { names, robust: false };
        assert_eq!(
            message(&many),
            "6 neurons lie far from all others and stretch the range of the bins: fc1:0, fc1:1, fc1:2, fc1:3 and 2 more"
        );
        let cut = Warning::Truncated { count: 1, samples: 200, noun: "text", max_length: Some(64) };
        assert_eq!(message(&cut), "1 of 200 texts was truncated to 64 tokens");
        let skipped = Warning::Skipped {
            count: 3,
            noun: "text",
            reasons: vec![("empty".into(), 2), ("invalid UTF-8".into(), 1)],
        };
        assert_eq!(message(&skipped), "3 texts were skipped: 2 × empty, 1 × invalid UTF-8");
    }

    #[test]
    fn names_from_files_cannot_act_on_a_terminal() {
        let hostile = Warning::NarrowLayers { layers: vec![("a\x1b[31m".into(), 2)], wanted: 64 };
        assert!(!message(&hostile).contains('\x1b'), "{}", message(&hostile));
    }
}
