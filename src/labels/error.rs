//! What can be wrong with labels, and what to do about it.

use std::path::PathBuf;

use super::least::PER_CLASS;
use crate::base::advise::{Advise, Fault};
use crate::base::text::{counted, thousands};
use crate::inputs;

/// What can be wrong with labels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file of labels cannot be read.
    #[error(transparent)]
    Inputs(#[from] inputs::Error),
    /// Nothing says which column holds the labels.
    #[error("{}: it is not clear which column holds the labels; there are {}", path.display(), columns.join(", "))]
    WhichColumn { path: PathBuf, columns: Vec<String> },
    /// The column asked for is not there.
    #[error("{}: there is no column '{wanted}'; it has {}", path.display(), columns.join(", "))]
    NoColumn { path: PathBuf, wanted: String, columns: Vec<String> },
    /// A column is asked of a file without columns.
    #[error("{} has one label per line and no columns", .0.display())]
    NoColumns(PathBuf),
    /// The labels are not those of these inputs.
    #[error("{} has {}, and {of} has {}", path.display(), counted(*labels, "label"), counted(*inputs, "input"))]
    Rows { path: PathBuf, labels: usize, of: String, inputs: usize },
    /// The run's own table holds other texts than when it was measured.
    #[error("{} was changed since the run: record {record} holds another text", path.display())]
    Changed { path: PathBuf, record: usize },
    /// Files of labels that do not pair with those of the inputs.
    #[error("there are {} of labels, and the run read its inputs from {}", counted(*labels, "file"), counted(*inputs, "file"))]
    Files { labels: usize, inputs: usize },
    /// None of the paths is that of an input.
    #[error("{}: none of its {} names an image of the run; the first is '{first}'", path.display(), counted(*paths, "path"))]
    NoPath { path: PathBuf, paths: usize, first: String },
    /// One path has two labels.
    #[error("{}: '{image}' has two labels, '{one}' and '{other}'", path.display())]
    TwoLabels { path: PathBuf, image: String, one: String, other: String },
    /// Folders as labels where the inputs are not images.
    #[error("the inputs of {} are {kind}, which lie in no folders", run.display())]
    NoFolders { run: PathBuf, kind: String },
    /// There is nothing to take labels from.
    #[error("{} does not say where its inputs came from", .0.display())]
    NoPlaces(PathBuf),
    /// Neither a file of labels nor something to take them from.
    #[error("no labels: --labels FILE is needed for {}", .0.display())]
    NoLabels(PathBuf),
    /// The column is empty.
    #[error("'{0}' has no label for any of the inputs")]
    AllMissing(String),
    /// All inputs have one label.
    #[error("'{column}' has only the class '{class}' over {}: there is nothing to tell apart", counted(*inputs, "input"))]
    OneClass { column: String, class: String, inputs: usize },
    /// As many classes as if they were texts or measurements.
    #[error("'{column}' has {} classes over {}, which is fewer than {} per class on average", thousands(*classes), counted(*inputs, "input"), PER_CLASS)]
    TooManyClasses { column: String, classes: usize, inputs: usize },
    /// Classes that are too rare to learn.
    #[error("'{column}' has classes with fewer than {} inputs: {}", PER_CLASS, classes.join(", "))]
    Rare { column: String, classes: Vec<String> },
    /// One block holds everything, so nothing is learned.
    #[error("with blocks that end at {blocks} % of {}, no block but the last has {least} inputs, two per class", counted(*inputs, "input"))]
    OneBlock { blocks: String, inputs: usize, least: usize },
    /// Results are to be added to what is no run.
    #[error("{} is a file, and codelengths are kept in the folder of a run", .0.display())]
    NotARun(PathBuf),
    /// Results are to be added to a run that has no folder.
    #[error("codelengths are kept in the folder of a run, and these activations are in memory")]
    InMemory,
    /// The user stopped it.
    #[error("interrupted while labels were coded")]
    Interrupted,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Inputs(error) => error.fault(),
            Error::WhichColumn { .. }
            | Error::NoColumn { .. }
            | Error::NoColumns(_)
            | Error::NoFolders { .. }
            | Error::NoLabels(_)
            | Error::Files { .. }
            | Error::NotARun(_)
            | Error::InMemory
            | Error::OneBlock { .. } => Fault::Usage,
            Error::Interrupted => Fault::Interrupted,
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::Inputs(error) => return error.advice(),
            Error::WhichColumn { .. } => "name one or more of them, each with --column".into(),
            Error::NoColumn { columns, wanted, .. } => {
                let near = columns
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(a, wanted).total_cmp(&strsim::jaro_winkler(b, wanted)))?;
                format!("name one of them with --column, perhaps '{near}'")
            }
            Error::NoColumns(_) => {
                "leave --column out, or give a .csv, .tsv, .jsonl, .json or .parquet file".into()
            }
            Error::Rows { .. } => {
                "give one label per input of the whole file (not of those drawn), in its order; an empty label is a missing \
                 one; in place of a run of `probe measure`, give the file that it measured"
                    .into()
            }
            Error::Changed { .. } => "measure it again, or give the labels of the texts as they were with --labels FILE".into(),
            Error::Files { .. } => "give one --labels FILE for each file of inputs, in the same order".into(),
            Error::NoPath { .. } => {
                "write paths relative to the folder of --images, in the first column; the second holds the labels".into()
            }
            Error::TwoLabels { .. } => "keep one line per image".into(),
            Error::NoFolders { .. } => "give a file of labels with --labels".into(),
            Error::NoPlaces(_) => {
                "an earlier version of probe made it: run the model again with --out and --save-activations".into()
            }
            Error::NoLabels(_) => "give one label per row, for example --labels labels.txt".into(),
            Error::AllMissing(_) => "choose another --column".into(),
            Error::OneClass { .. } => "choose another --column, or inputs of several classes".into(),
            Error::TooManyClasses { .. } => {
                "these look like names, texts or measurements: choose another --column, or sort the values into a few classes"
                    .into()
            }
            Error::Rare { .. } => "--drop-rare leaves their inputs out; or put rare classes together".into(),
            Error::OneBlock { .. } => "leave --blocks out, or let them start later".into(),
            Error::NotARun(_) => {
                "leave --out out, and redirect --json or --format csv; or make a run of it with `probe measure FILE \
                 --out DIR --save-activations`"
                    .into()
            }
            Error::InMemory => "save the run with its activations, and give its folder in place of it".into(),
            Error::Interrupted => return None,
        })
    }
}
