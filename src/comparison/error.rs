//! What can keep variants from being compared.

use crate::base::advise::{Advise, Fault};

/// The grammar of `--fail-if` in one line, for the help and for errors.
pub const GATES: &str = "a verdict (heuristic, example-level, mixed, no-difference, not-enough-evidence) or a measure with a bound, \
such as entropy<1.2, mutual_information>0.5, effective_rank<20, entropy.median<=1, delta_entropy<-0.1; several with commas";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer than two variants, or one without a model.
    #[error("a comparison needs at least two variants, each with a model; {0}")]
    TooFew(String),
    #[error("the label {0} is given twice")]
    LabelTwice(String),
    #[error("there is no variant {label} to be the baseline; there are {}", labels.join(", "))]
    NoBaseline { label: String, labels: Vec<String> },
    /// The layers are not the same.
    #[error("{variant} and {baseline} do not match: {difference}")]
    Mismatch { variant: String, baseline: String, difference: String },
    /// Not one layer is common to all.
    #[error("{variant} and {baseline} have no layer in common: {difference}")]
    NothingInCommon { variant: String, baseline: String, difference: String },
    /// Paired, but not on the same inputs.
    #[error(
        "{variant} was measured on {samples} inputs and {baseline} on {baseline_samples}: a paired comparison needs the same"
    )]
    Inputs { variant: String, samples: usize, baseline: String, baseline_samples: usize },
    /// Members that measured other inputs.
    #[error("{variant} and {baseline} were measured on different inputs{}", naming(differs))]
    OtherInputs { variant: String, baseline: String, differs: Vec<String> },
    /// Members whose layers are other values of the same tensors.
    #[error("layer '{layer}' of {variant} is pooled by {pooling}, and that of {baseline} by {expected}")]
    OtherPooling { variant: String, baseline: String, layer: String, pooling: String, expected: String },
    /// Figures that cannot be compared, or do not fit their own layers.
    #[error("the measures of {variant} do not fit those of {baseline}: {difference}")]
    Figures { variant: String, baseline: String, difference: String },
    /// A `--fail-if` that is none.
    #[error("--fail-if {gate}: {why}")]
    Gate { gate: String, why: String },
    /// `--scores` that cannot be read or used.
    #[error("{place}: {why}")]
    Scores { place: String, why: String },
}

fn naming(differs: &[String]) -> String {
    if differs.is_empty() { String::new() } else { format!(": {}", differs.join(", ")) }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::TooFew(_) | Error::LabelTwice(_) | Error::NoBaseline { .. } | Error::Gate { .. } => Fault::Usage,
            Error::Mismatch { .. }
            | Error::NothingInCommon { .. }
            | Error::Inputs { .. }
            | Error::OtherInputs { .. }
            | Error::OtherPooling { .. }
            | Error::Figures { .. }
            | Error::Scores { .. } => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::TooFew(_) => "name variants as LABEL=MODEL, for example base=base.onnx tuned=tuned.onnx".into(),
            Error::LabelTwice(_) => {
                "give every variant its own label; a quoted glob makes several models replicates of one".into()
            }
            Error::NoBaseline { .. } => "--baseline takes one of the labels".into(),
            Error::Mismatch { .. } => {
                "compare networks of one architecture, or pass --align to compare the layers in common".into()
            }
            Error::NothingInCommon { .. } => {
                "compare networks of one architecture; `probe layers MODEL` lists what each has, --layers chooses"
                    .into()
            }
            Error::Inputs { .. } | Error::OtherInputs { .. } | Error::OtherPooling { .. } | Error::Figures { .. } => {
                "measure all variants on the same inputs with the same settings".into()
            }
            Error::Gate { .. } => format!("a gate is {}", GATES),
            Error::Scores { .. } => "one row per variant: its label, a comma or tab, and a number".into(),
        })
    }
}
