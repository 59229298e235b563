//! What can go wrong with the run's folder.

use std::io;
use std::path::{Path, PathBuf};

use super::names::WORK;
use crate::base::advise::{Advise, Fault};
use crate::base::text::{counted, pluralised, quoted};

/// What can go wrong with the run's folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be written. What was there before is as it was.
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A file of an earlier run could not be read. Nothing was written.
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
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
    /// The shards in the folder are of another run.
    #[error("{} holds shards of another run{}", folder.display(), naming(differs))]
    OtherShards { folder: PathBuf, differs: Vec<String> },
    /// The shards in the folder are of another number.
    #[error("{} is shared out among {of} shards, not {asked}", folder.display())]
    OtherCount { folder: PathBuf, of: usize, asked: usize },
    /// Not all shards are finished.
    #[error("{} of {of} in {} {} not finished: {}", counted(absent.len(), "shard"), folder.display(),
        pluralised(absent.len(), "is", "are"), shown(absent))]
    Unfinished {
        folder: PathBuf,
        absent: Vec<usize>,
        of: usize,
        /// For each that is absent the command that makes it.
        commands: Vec<String>,
        /// Where the paths of the commands start.
        from: PathBuf,
    },
    /// A run by itself would remove what shards have made.
    #[error("{} holds what shards of a run have made", .0.display())]
    HoldsShards(PathBuf),
    /// There is nothing to put together.
    #[error("{} holds no shards of a run", .0.display())]
    NoShards(PathBuf),
    /// Something that is not needed any more could not be removed.
    #[error("cannot remove {}: {source}", path.display())]
    Remove { path: PathBuf, source: io::Error },
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::OtherShards { .. } | Error::Unfinished { .. } | Error::HoldsShards(_) | Error::NoShards(_) => {
                Fault::Input
            }
            Error::OtherCount { .. } => Fault::Usage,
            _ => Fault::Environment,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::Write { source, .. } if is_full(source) => "make room on the disk".into(),
            Error::Foreign(_) => "move it away, or choose another folder with --out".into(),
            Error::Read { .. } => "check its rights and its disk, or choose another folder with --out".into(),
            Error::Remove { .. } => "check the rights of the folder".into(),
            Error::Locked(_) => "wait for it to end, or choose another folder with --out".into(),
            Error::OtherShards { folder, .. } => format!(
                "give all shards the same probe, model, inputs and settings, or another folder with --out; removing {} starts \
                 again",
                folder.join(WORK).display()
            ),
            Error::OtherCount { of, .. } => format!("use --shard I/{of}, or another folder with --out"),
            Error::Unfinished { folder, commands, from, .. } => to_finish(folder, commands, from),
            Error::HoldsShards(folder) => format!(
                "`probe merge {}` puts it together; otherwise choose another folder with --out, or remove {}",
                quoted(&folder.display().to_string()),
                folder.join(WORK).display()
            ),
            Error::NoShards(_) => "give the folder that `probe … --shard I/N --out DIR` wrote into".into(),
            Error::Write { .. } | Error::Folder { .. } | Error::NotAFolder(_) => {
                "choose a folder that can be written with --out".into()
            }
        })
    }
}

/// Shards of which the command is shown.
const SHOWN: usize = 8;

fn naming(differs: &[String]) -> String {
    if differs.is_empty() { String::new() } else { format!(", which differs in {}", differs.join(", ")) }
}

fn shown(shards: &[usize]) -> String {
    shards.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// What to run where, and then.
fn to_finish(folder: &Path, commands: &[String], from: &Path) -> String {
    let mut lines = vec![format!("run in {}:", from.display())];
    lines.extend(commands.iter().take(SHOWN).cloned());
    if commands.len() > SHOWN {
        lines.push(format!("and so on for the other {}", commands.len() - SHOWN));
    }
    lines.push(format!("then: probe merge {}", quoted(&folder.display().to_string())));
    lines.join("\n")
}

/// For [`crate::base::job::Job::keep`]; the kind tells a full disk.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Write { source, .. }
            | Error::Read { source, .. }
            | Error::Folder { source, .. }
            | Error::Remove { source, .. } => source.kind(),
            Error::Foreign(_) => io::ErrorKind::AlreadyExists,
            Error::NotAFolder(_) => io::ErrorKind::NotADirectory,
            Error::Locked(_) => io::ErrorKind::ResourceBusy,
            Error::OtherShards { .. }
            | Error::OtherCount { .. }
            | Error::Unfinished { .. }
            | Error::HoldsShards(_)
            | Error::NoShards(_) => io::ErrorKind::InvalidInput,
        };
        io::Error::new(kind, error)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
