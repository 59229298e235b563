//! The run's folder on disk: files written whole or not at all, and the finished parts of a run that may be resumed.
//!
//! In: bytes and names. Out: files that are complete, checksummed and keyed by what they were computed from.

use std::path::PathBuf;

use crate::error::{Advise, Fault};

/// What can go wrong with the run's folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Environment
    }
}
