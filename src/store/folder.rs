//! A run's folder: writable, with room, and ours alone while we run. Earlier results stay until new ones are whole.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use super::atomic::{self, UNFINISHED};
use super::batch::{self, Batch};
use super::manifest::Earlier;
use super::names::OWNED;
use super::work::Work;

/// The folder of one run. While this lives, no other process can open it.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    work: Work,
    /// The folder itself, opened and locked; the lock goes with the process, however it ends.
    _lock: File,
    /// Whether other processes may write parts into it at the same time.
    is_shared: bool,
}

/// A run that was killed holds its lock until its memory has been taken back, which can take a while.
const ENDING: Duration = Duration::from_secs(3);

impl RunFolder {
    /// Opens the folder, and makes it where it is not there yet. Whether it can be written is found out now and not
    /// after an hour. If a run was killed while it moved its files into their places, that is finished or undone.
    ///
    /// # Errors
    /// [`Error::NotAFolder`], [`Error::Locked`] by another run, [`Error::Foreign`] where a file of the user's has a name
    /// that the run needs, [`Error::Folder`] with the system's reason.
    pub fn create(path: &Path) -> Result<RunFolder, Error> {
        let folder = RunFolder::open(path, false)?;
        remove_unfinished(path);
        remove_unfinished(folder.work.path());
        batch::recover(path, &folder.work)?;
        batch::check_targets(path, Earlier::read(path)?.as_ref(), &OWNED)?;
        Ok(folder)
    }

    /// Opens the folder together with other processes, each of which writes parts of one run. Nothing in it is removed, and
    /// no results are written into it.
    ///
    /// # Errors
    /// As [`RunFolder::create`]; [`Error::Locked`] only by a run that has the folder for itself.
    pub fn shared(path: &Path) -> Result<RunFolder, Error> {
        let folder = RunFolder::open(path, true)?;
        batch::check_targets(path, Earlier::read(path)?.as_ref(), &OWNED)?;
        Ok(folder)
    }

    fn open(path: &Path, is_shared: bool) -> Result<RunFolder, Error> {
        let failed = |source| Error::Folder { path: path.to_owned(), source };
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_dir() => return Err(Error::NotAFolder(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(path).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
        let lock = File::open(path).map_err(failed)?;
        let asked = Instant::now();
        // Some network file systems have no locks; there, two runs into one folder are not noticed.
        let try_lock = || if is_shared { lock.try_lock_shared() } else { lock.try_lock() };
        while let Err(TryLockError::WouldBlock) = try_lock() {
            if asked.elapsed() > ENDING {
                return Err(Error::Locked(path.to_owned()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        atomic::unfinished_in(path, |_| Ok(())).map_err(failed)?;
        Ok(RunFolder { path: path.to_owned(), work: Work::within(path), _lock: lock, is_shared })
    }

    /// Where it is, as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a set of files that appear together at [`Batch::commit`].
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.path, &self.work)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Of the folder of unfinished work nothing is left to see, unless something is in it. Another shard may be about to
        // write into it.
        if !self.is_shared {
            let _ = fs::remove_dir(self.work.path());
        }
    }
}

/// Removes what a killed run left half written. Failing to is no harm.
fn remove_unfinished(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_cannot_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunFolder::create(folder.path()).unwrap();
        assert!(matches!(RunFolder::create(folder.path()), Err(Error::Locked(_))));
        drop(first);
        assert!(RunFolder::create(folder.path()).is_ok());
    }

    #[test]
    fn what_is_no_folder_is_refused_and_what_was_left_half_written_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(RunFolder::create(&file), Err(Error::NotAFolder(_))));
        assert!(RunFolder::create(&file.join("below")).is_err());
        fs::write(folder.path().join(".probe-unfinished-abc"), "half").unwrap();
        fs::create_dir(folder.path().join(".probe")).unwrap();
        fs::write(folder.path().join(".probe/.probe-unfinished-abc"), "half").unwrap();
        RunFolder::create(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
