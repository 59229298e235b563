//! Reports: the table in the terminal, `report.json`, `measures.npz`, a table of neurons, and one HTML page.
//!
//! In: what was run on what ([`schema`]) and the measures of each neuron and pair ([`figures::Figures`]).
//! Out: text for the terminal and files for people and notebooks. Nothing here computes a measure: what a page or a
//! table shows is what `report.json` holds, and only shapes for the eye (notches, densities, orders) are made here.

use std::path::{Path, PathBuf};

use crate::base::advise::{Advise, Fault};

pub mod ablation;
pub mod build;
pub mod codelengths_npz;
pub mod compared;
pub mod examples;
pub mod export;
pub mod figures;
pub mod json;
pub mod labels;
pub mod npz;
pub mod page;
pub mod saved;
pub mod schema;
pub mod terminal;

/// What can go wrong while a report is written or read again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a run's folder.
    #[error("{} holds no report.json", .0.display())]
    NotARun(PathBuf),
    /// A file of a run cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// A file of a run is not what it should be.
    #[error("{} is not a file of a run: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    /// A newer probe wrote the run.
    #[error("{} has schema version {found}; this probe reads version {}", path.display(), schema::SCHEMA_VERSION)]
    Newer { path: PathBuf, found: u64 },
    /// The files of a run do not belong together.
    #[error("the files in {} do not fit together: {reason}", folder.display())]
    Inconsistent { folder: PathBuf, reason: String },
    /// A neuron was asked for that the run does not have.
    #[error("the run has no neuron {asked}: {reason}")]
    NoNeuron { asked: String, reason: String },
    /// A comparison's folder where that of one model is needed.
    #[error("{} is the folder of a comparison, not of one model", folder.display())]
    IsComparison { folder: PathBuf, models: Vec<PathBuf> },
    /// The run kept no examples.
    #[error("{} holds no examples.json", .0.display())]
    NoExamples(PathBuf),
    /// The run was saved without its activations.
    #[error("{} holds no activations.npz", .0.display())]
    NoActivations(PathBuf),
    /// Writing failed.
    #[error("cannot write the report: {0}")]
    Write(#[from] std::io::Error),
    /// The page's template and its data do not fit: a fault of this program.
    #[error("cannot make the page: {0}")]
    Page(String),
}

impl Error {
    /// Names the file in which reading failed.
    fn read(path: &Path, source: std::io::Error) -> Self {
        Error::Read { path: path.to_owned(), source }
    }

    /// Says what is wrong with a file.
    fn malformed(path: &Path, reason: impl ToString) -> Self {
        Error::Malformed { path: path.to_owned(), reason: crate::base::text::visible(&reason.to_string()) }
    }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Write(_) | Error::Page(_) => Fault::Environment,
            Error::NoNeuron { .. } => Fault::Usage,
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::NotARun(_) => "give the folder that `probe --out DIR` wrote".to_owned(),
            Error::IsComparison { models, .. } => {
                let models: Vec<String> = models.iter().map(|model| model.display().to_string()).collect();
                format!("give the folder of one of its models: {}", models.join(", "))
            }
            Error::NoActivations(_) => "run the model again with --save-activations".to_owned(),
            Error::NoExamples(_) => "run the model again with --out: examples are kept since then".to_owned(),
            Error::Malformed { .. } | Error::Inconsistent { .. } => {
                "run the model again with --out to make the folder again".to_owned()
            }
            Error::Newer { .. } => "install the probe that wrote it, or a newer one".to_owned(),
            Error::NoNeuron { .. } => "write --neuron LAYER:INDEX with a layer's label, counting from 0".to_owned(),
            Error::Write(_) => "check that the disk has room and the folder may be written to".to_owned(),
            Error::Read { .. } | Error::Page(_) => return None,
        })
    }
}
