//! What can go wrong while activations are captured or loaded.

use std::io;
use std::path::PathBuf;

use super::SelfCheck;
use crate::base::advise::{Advise, FEWER_THREADS, Fault};
use crate::base::share::Place;
use crate::base::text::counted;
use crate::{inputs, runtime};

/// What can go wrong while activations are captured or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// From the inputs.
    #[error(transparent)]
    Inputs(#[from] inputs::Error),
    /// From ONNX Runtime.
    #[error(transparent)]
    Runtime(runtime::Error),
    /// Not one input was run.
    #[error("none of the {drawn} inputs could be used{}", first.as_ref().map(|first| format!("; the first: {first}")).unwrap_or_default())]
    Nothing { drawn: usize, first: Option<String> },
    /// An output does not have one row per input.
    #[error("layer '{layer}' gave {got} rows for a batch of {expected} inputs: its first axis is not the batch")]
    Rows { layer: String, got: usize, expected: usize },
    /// A layer is not as wide as it was before.
    #[error(
        "layer '{layer}' has {got} neurons in batch {batch}, and had {expected} before: its width depends on the input"
    )]
    Width { layer: String, batch: u64, got: usize, expected: usize },
    /// The self-check: an input has other values in a batch than alone.
    #[error(
        "the values of an input depend on the other inputs of its batch: they differ by {:.1} % of the layer's scale",
        100.0 * .0.alone
    )]
    DependsOnBatch(SelfCheck),
    /// The self-check: the same batch has other values the second time.
    #[error(
        "the model is random: the same batch gives values that differ by {:.1} % of the layer's scale{}",
        100.0 * difference,
        op.as_ref().map(|op| format!("; {op} draws random numbers")).unwrap_or_default()
    )]
    Random { difference: f64, op: Option<String> },
    /// A layer without neurons.
    #[error("layer '{layer}' has 0 neurons: one of its axes is empty")]
    Empty { layer: String },
    /// A batch does not fit the draw.
    #[error("batch {batch} holds input {row}, which {problem}")]
    Batch { batch: u64, row: usize, problem: &'static str },
    /// Too little memory, or disk where it would not fit into memory.
    #[error("no room for {bytes} bytes of activations: {source}")]
    Room { bytes: u64, source: io::Error },
    /// Parts that other processes should have made are not there.
    #[error("{} of the capture are missing", counted(missing.len(), "part"))]
    Missing { missing: Vec<Place> },
    /// A finished part could not be kept.
    #[error("cannot keep what is finished: {0}")]
    Keep(io::Error),
    /// The system does not let a thread be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The thread that prepares batches ended early.
    #[error("the preparation of batches broke off")]
    Preparation,
    /// A file of activations cannot be read to its end.
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// None of a file's arrays is wanted.
    #[error("{} has no such layer; it has {}", path.display(), there.join(", "))]
    NoLayer { path: PathBuf, there: Vec<String> },
    /// An array of another kind.
    #[error("{}: array '{array}' is {has}, where floats [inputs, neurons] were expected", path.display())]
    NotActivations { path: PathBuf, array: String, has: String },
    /// Layers that were not taken from the same inputs.
    #[error("{}: the arrays have different numbers of inputs: {one} and {other}", path.display())]
    Uneven { path: PathBuf, one: String, other: String },
    /// An array whose numbers cannot be read.
    #[error("{}: array '{array}' {reason}", path.display())]
    Unreadable { path: PathBuf, array: String, reason: String },
    /// The user stopped the run.
    #[error("interrupted while activations were captured")]
    Interrupted,
}

impl From<runtime::Error> for Error {
    fn from(error: runtime::Error) -> Self {
        match error {
            runtime::Error::Interrupted => Error::Interrupted,
            other => Error::Runtime(other),
        }
    }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Inputs(error) => error.fault(),
            Error::Runtime(error) => error.fault(),
            Error::Room { .. } | Error::Keep(_) | Error::Thread(_) | Error::Preparation => Fault::Environment,
            Error::Interrupted => Fault::Interrupted,
            Error::Read { source, .. } => Fault::of_reading(source),
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Error::Inputs(error) => error.advice(),
            Error::Runtime(error) => error.advice(),
            Error::Rows { .. } | Error::Width { .. } | Error::Empty { .. } => Some(
                "choose other layers with --layers, or another --pool; `probe layers MODEL --all` lists them".into(),
            ),
            Error::Room { .. } => {
                Some("choose fewer layers or --samples, or a run folder (--out) on a disk with more room".into())
            }
            Error::Thread(_) => Some(FEWER_THREADS.into()),
            Error::Keep(_) => Some("make room on the disk".into()),
            Error::Random { .. } => Some(
                "export the model for inference (evaluation mode), or pass --allow-random to measure what chance gives"
                    .into(),
            ),
            Error::NotActivations { .. } => {
                Some("save one float32 array [inputs, neurons] per layer: pool tokens, pixels or positions before, or leave the array out of the file".into())
            }
            _ => None,
        }
    }
}
