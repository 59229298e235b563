//! What can go wrong with the run's folder.

use std::io;
use std::path::PathBuf;

use crate::base::advise::{Advise, Fault};

/// What can go wrong with the run's folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be written. What was there before is as it was.
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The folder cannot be made, or nothing can be written into it.
    #[error("cannot use {} as the run's folder: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    /// A file stands where the folder should be.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// Another process writes into it.
    #[error("another run is writing into {}", .0.display())]
    Locked(PathBuf),
    /// A file of the user's has a name that the run needs.
    #[error("{} is there already, and was not written by a run of probe", .0.display())]
    Foreign(PathBuf),
    /// Something that is not needed any more could not be removed.
    #[error("cannot remove {}: {source}", path.display())]
    Remove { path: PathBuf, source: io::Error },
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Environment
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::Write { source, .. } if is_full(source) => "make room on the disk".into(),
            Error::Foreign(_) => "move it away, or choose another folder with --out".into(),
            Error::Remove { .. } => "check the rights of the folder".into(),
            Error::Locked(_) => "wait for it to end, or choose another folder with --out".into(),
            Error::Write { .. } | Error::Folder { .. } | Error::NotAFolder(_) => {
                "choose a folder that can be written with --out".into()
            }
        })
    }
}

/// For [`crate::base::job::Job::keep`]; the kind tells a full disk.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Write { source, .. } | Error::Folder { source, .. } | Error::Remove { source, .. } => source.kind(),
            Error::Foreign(_) => io::ErrorKind::AlreadyExists,
            Error::NotAFolder(_) => io::ErrorKind::NotADirectory,
            Error::Locked(_) => io::ErrorKind::ResourceBusy,
        };
        io::Error::new(kind, error)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
