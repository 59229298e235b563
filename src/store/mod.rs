//! The run's folder on disk: files written whole or not at all, and the finished parts of a run that may be resumed.
//!
//! In: bytes and names. Out: files that are complete, checksummed and keyed by what they were computed from.
//!
//! - `atomic`: one file, or several, replaced by a rename
//! - `folder`: a run's folder: writable, with room, and ours alone while we run
//! - `parts`: what is finished of a run, for `--resume`
//! - `mapped`: numbers that live in an unlinked file instead of memory

mod atomic;
mod folder;
mod mapped;
mod parts;

use std::io;
use std::path::PathBuf;

use crate::base::advise::{Advise, Fault};

pub use atomic::{write_atomically, write_bytes};
pub use folder::{Batch, RunFolder};
pub use mapped::{Mapped, mapped_buffer};
pub use parts::{Counts, Ignored, Parts};

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
    /// The disk has too little left.
    #[error("{} has room for {has} bytes, and {needs} are needed", path.display())]
    NoRoom { path: PathBuf, has: u64, needs: u64 },
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Environment
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::Write { source, .. } if is_full(source) => {
                "make room on the disk, then run again with --resume: what is finished is kept".into()
            }
            Error::NoRoom { .. } => "make room on the disk, or choose another folder with --out".into(),
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
            Error::Write { source, .. } | Error::Folder { source, .. } => source.kind(),
            Error::NoRoom { .. } => io::ErrorKind::StorageFull,
            Error::NotAFolder(_) => io::ErrorKind::NotADirectory,
            Error::Locked(_) => io::ErrorKind::ResourceBusy,
        };
        io::Error::new(kind, error)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
