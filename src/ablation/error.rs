//! What can be wrong when neurons are switched off, and what to do about it.

use std::path::PathBuf;

use crate::base::advise::{Advise, Fault};
use crate::base::text::{counted, visible};
use crate::{inputs, runtime};

/// What can be wrong when neurons are switched off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--layer` names no layer that is measured.
    #[error("there is no layer '{wanted}'; the layers are {}", labels.join(", "))]
    NoLayer { wanted: String, labels: Vec<String> },
    /// More neurons than there are.
    #[error("{rule}: there are only {} {what}", counted(*there, "neuron"))]
    TooMany { asked: usize, there: usize, what: &'static str, rule: String },
    /// The list of neurons cannot be read.
    #[error("cannot read the list of neurons {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A line of the list is no neuron.
    #[error("{}, line {line}: {}", path.display(), visible(reason))]
    Line { path: PathBuf, line: usize, reason: String },
    /// The list holds no neuron.
    #[error("{} names no neuron", .0.display())]
    EmptyList(PathBuf),
    /// A layer is wider than the graph says.
    #[error("'{layer}' has {neurons} neurons, which is not what the graph says")]
    Width { layer: String, neurons: usize },
    /// Labels are given, and the model gives no answer that they could be compared with.
    #[error("the model has no output with one row of numbers per input, so labels have no answer to be compared with")]
    NoAnswer,
    /// A label names none of the answers.
    #[error("'{column}': '{}' does not say which of the model's {classes} answers it is", visible(label))]
    LabelName { column: String, label: String, classes: usize },
    /// Groups are given, and no labels.
    #[error("--groups compares how often answers are right in two groups, and there are no labels")]
    GroupsWithoutLabels,
    /// A gap is between two groups.
    #[error("'{column}' has {}, and a gap is between two", counted(*groups, "group"))]
    NotTwoGroups { column: String, groups: usize },
    /// No input has a label.
    #[error("'{0}' has no label for any of the inputs")]
    NoLabels(String),
    /// The inputs cannot be read again.
    #[error(transparent)]
    Inputs(#[from] inputs::Error),
    /// The model cannot be run.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The user stopped it.
    #[error("interrupted while neurons were switched off")]
    Interrupted,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Inputs(error) => error.fault(),
            Error::Runtime(error) => error.fault(),
            Error::NoLayer { .. } | Error::TooMany { .. } | Error::GroupsWithoutLabels => Fault::Usage,
            Error::Unreadable { source, .. } => Fault::of_reading(source),
            Error::Interrupted => Fault::Interrupted,
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::Inputs(error) => return error.advice(),
            Error::Runtime(error) => return error.advice(),
            Error::NoLayer { .. } => "name one of them with --layer, or choose what is measured with --layers".into(),
            Error::TooMany { there: 0, .. } => "choose other layers with --layer".into(),
            Error::TooMany { there, what: "whose mutual information was measured", .. } => {
                format!("ask for at most {there}, or measure more pairs with --mi-neurons all")
            }
            Error::TooMany { there, .. } => format!("ask for at most {there}, or for more layers"),
            Error::Unreadable { .. } => {
                "check the path; or give a rule: lowest-entropy:N, highest-mi:N or random:N".into()
            }
            Error::Line { .. } | Error::EmptyList(_) => {
                "write one LAYER:INDEX per line, as in fc1:7; `probe layers MODEL` shows the labels".into()
            }
            Error::Width { .. } => "export the model again, with the extents that it really has".into(),
            Error::NoAnswer => "leave --labels out; what becomes of the later layers is measured all the same".into(),
            Error::LabelName { classes, .. } => format!(
                "write labels as numbers from 0 to {}, or as the names in id2label of the config.json next to the model",
                classes - 1
            ),
            Error::GroupsWithoutLabels => "add --labels FILE, or the --column of the table of inputs".into(),
            Error::NotTwoGroups { .. } => {
                "choose another --group-column; leave a cell empty to leave its input out".into()
            }
            Error::NoLabels(_) => "choose another --column".into(),
            Error::Interrupted => return None,
        })
    }
}
