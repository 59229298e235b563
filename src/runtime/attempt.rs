//! The places where ONNX Runtime was looked for, and what came of each.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::refusal::Refusal;

/// A kind of place, in the order in which they are looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// `--onnxruntime PATH`.
    Explicit,
    /// The variable `ORT_DYLIB_PATH`.
    Variable,
    /// Beside the executable.
    Executable,
    /// The Python environment that probe was installed into.
    Environment,
    /// `probe/onnxruntime` in the user's cache folder.
    Cache,
    /// The `onnxruntime` package of the `python3` on the PATH.
    Python,
    /// The system's library folders.
    System,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Explicit => "--onnxruntime",
            Place::Variable => "ORT_DYLIB_PATH",
            Place::Executable => "beside the executable",
            Place::Environment => "the Python environment of probe",
            Place::Cache => "the cache folder",
            Place::Python => "the onnxruntime package of python3",
            Place::System => "the system's library folders",
        })
    }
}

/// One place that was looked into, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub place: Place,
    /// The library, or the folder that holds none; empty where the place itself does not exist.
    pub path: PathBuf,
    pub outcome: Outcome,
}

/// What came of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This library is in use.
    Used,
    /// Nothing is there; the text says what was looked for.
    Nothing(String),
    /// Something is there, and cannot be used.
    Refused(Refusal),
}

impl Attempt {
    /// Whether there was something that could not be used.
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_))
    }

    pub(super) fn nothing(place: Place, path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Attempt { place, path: path.into(), outcome: Outcome::Nothing(reason.into()) }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.path.as_os_str().is_empty() {
            write!(f, "{}: ", self.path.display())?;
        }
        match &self.outcome {
            Outcome::Used => f.write_str("used"),
            Outcome::Nothing(reason) => f.write_str(reason),
            Outcome::Refused(refusal) => refusal.fmt(f),
        }
    }
}
