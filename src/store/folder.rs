//! A run's folder: writable, with room, and ours alone while we run. Earlier results stay until new ones are whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::Error;
use super::atomic::{self, UNFINISHED};

/// The folder of one run. While this lives, no other process can open it.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// The folder itself, opened and locked; the lock goes with the process, however it ends.
    _lock: File,
}

/// A run that was killed holds its lock until its memory has been taken back, which can take a while.
const ENDING: Duration = Duration::from_secs(3);

impl RunFolder {
    /// Opens the folder, and makes it where it is not there yet. Whether it can be written is found out now and not
    /// after an hour.
    ///
    /// # Errors
    /// [`Error::NotAFolder`], [`Error::Locked`] by another run, [`Error::Folder`] with the system's reason.
    pub fn create(path: &Path) -> Result<RunFolder, Error> {
        let failed = |source| Error::Folder { path: path.to_owned(), source };
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_dir() => return Err(Error::NotAFolder(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(path).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
        let lock = File::open(path).map_err(failed)?;
        let asked = Instant::now();
        // Some network file systems have no locks; then two runs are told apart by nobody.
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if asked.elapsed() > ENDING {
                return Err(Error::Locked(path.to_owned()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        remove_unfinished(path);
        atomic::unfinished(&path.join("any"), |_| Ok(())).map_err(failed)?;
        Ok(RunFolder { path: path.to_owned(), _lock: lock })
    }

    /// Where it is, as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails if the disk has less room than this.
    pub fn require(&self, bytes: u64) -> Result<(), Error> {
        let Ok(stats) = rustix::fs::statvfs(&self.path) else { return Ok(()) };
        let has = stats.f_bavail.saturating_mul(stats.f_frsize);
        if has < bytes { Err(Error::NoRoom { path: self.path.clone(), has, needs: bytes }) } else { Ok(()) }
    }

    /// Starts a set of files that appear together at [`Batch::commit`].
    pub fn batch(&self) -> Batch<'_> {
        Batch { folder: self, files: Vec::new() }
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

/// The files of one result. Until [`Batch::commit`], the earlier ones stand; if it is dropped, nothing has happened.
#[derive(Debug)]
pub struct Batch<'a> {
    folder: &'a RunFolder,
    files: Vec<(NamedTempFile, PathBuf)>,
}

impl Batch<'_> {
    /// Writes a file of this name to the disk, under a name of its own for now.
    pub fn write<T>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<T>,
    ) -> Result<T, Error> {
        let path = self.folder.path.join(name);
        let (file, value) =
            atomic::unfinished(&path, write).map_err(|source| Error::Write { path: path.clone(), source })?;
        self.files.push((file, path));
        Ok(value)
    }

    /// Gives all files their names, in the order in which they were written: the one that vouches for the others
    /// (`report.json`) comes last.
    pub fn commit(self) -> Result<(), Error> {
        for (file, path) in self.files {
            atomic::publish(file, &path).map_err(|source| Error::Write { path, source })?;
        }
        let path = &self.folder.path;
        atomic::sync_folder(path).map_err(|source| Error::Write { path: path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn files_of_a_batch_appear_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/run");
        let run = RunFolder::create(&path).unwrap();
        fs::write(path.join("report.json"), "earlier").unwrap();
        let mut batch = run.batch();
        batch.write("measures.npz", |file| file.write_all(b"numbers")).unwrap();
        batch.write("report.json", |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(path.join("report.json")).unwrap(), b"earlier");
        assert!(!path.join("measures.npz").exists());
        batch.commit().unwrap();
        assert_eq!(fs::read(path.join("report.json")).unwrap(), b"new");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
    }

    #[test]
    fn a_batch_that_fails_leaves_the_earlier_results() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        fs::write(folder.path().join("report.json"), "earlier").unwrap();
        let mut batch = run.batch();
        batch.write("report.json", |file| file.write_all(b"new")).unwrap();
        let full = batch.write("measures.npz", |_| Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull)));
        assert!(full.is_err());
        drop(batch);
        assert_eq!(fs::read(folder.path().join("report.json")).unwrap(), b"earlier");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

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
        RunFolder::create(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn more_room_than_there_is_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        assert!(run.require(1).is_ok());
        assert!(matches!(run.require(u64::MAX), Err(Error::NoRoom { .. })));
    }
}
