//! Arguments that are refused.

use crate::base::advise::{Advise, FEWER_THREADS, Fault};

/// Arguments that do not go together, or say nothing that can be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Flags that another program gave, and that the parser of the command line refuses.
    #[error("{0}")]
    Flags(String),
    #[error("no inputs: one of --texts, --images and --arrays is needed")]
    NoInputs,
    #[error("'{0}' is not a variant: a path, or a label and a path as in LABEL=MODEL, is needed")]
    Variant(String),
    #[error("two variants are called '{0}'")]
    SameLabel(String),
    #[error("there is no variant '{baseline}'; the variants are {}", labels.join(", "))]
    Baseline { baseline: String, labels: Vec<String> },
    #[error("'{pattern}' matches no file")]
    NoReplicates { pattern: String },
    #[error("'{pattern}' is not a valid pattern: {source}")]
    Pattern { pattern: String, source: globset::Error },
    #[error("--binning shared is a range over variants, and there is only one model here")]
    NothingShared,
    #[error("--shard auto/{of}: no scheduler says which task this is ({} are not set)", variables.join(", "))]
    NoScheduler { of: usize, variables: &'static [&'static str] },
    #[error("--shard auto/{of}: {name} is '{value}', where a number from 0 to {of} was expected")]
    NotAShard { name: &'static str, value: String, of: usize },
    #[error("texts from standard input cannot be shared out among shards: each of them has to read all of it")]
    ShardOfStdin,
    #[error("a column of the texts is asked for, and texts from standard input cannot be read again for it")]
    ColumnOfStdin,
    #[error("--binning shared is a range over all variants, which no shard of them knows")]
    ShardOfSharedRange,
    #[error("--shard keeps the command for `probe merge`, and an argument is not UTF-8: {0}")]
    ShardOfBytes(String),
    #[error("cannot write to stdout: {0}")]
    Stdout(#[from] std::io::Error),
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::NoReplicates { .. } => Fault::Input,
            Error::Stdout(_) | Error::Thread(_) => Fault::Environment,
            _ => Fault::Usage,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::NoInputs => "add the inputs to run through the model, for example --texts FILE".into(),
            Error::Variant(_) | Error::SameLabel(_) => {
                "probe compare base=a.onnx debiased='runs/debiased-*.onnx' --texts FILE".into()
            }
            Error::Thread(_) => FEWER_THREADS.into(),
            Error::NoScheduler { of, .. } => format!("give the number of the shard, from --shard 0/{of} on"),
            Error::NotAShard { of, .. } => format!("start {of} tasks, numbered from 0 or from 1"),
            Error::ColumnOfStdin => "save the texts to a file first, or give --labels FILE or --groups FILE".into(),
            Error::ShardOfStdin => "save the texts to a file first".into(),
            Error::ShardOfSharedRange => "use another --binning, or compare without --shard".into(),
            Error::ShardOfBytes(_) => "rename the file".into(),
            Error::NothingShared => "use global, layer or neuron".into(),
            _ => return None,
        })
    }
}
