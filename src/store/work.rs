//! `.probe/`, the folder of unfinished work inside a run's folder. Of what is in it, only files that carry our mark are
//! ever removed, and the folder itself only when nothing else is left.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Error;
use super::atomic::UNFINISHED;
use super::manifest::open_regular;
use super::names::WORK;

/// How every file of unfinished work begins, but those that are still being written: they have [`UNFINISHED`] names.
pub(super) const MARK: &[u8; 8] = b"probeWK1";

/// The folder of unfinished work. It is made when it is needed.
#[derive(Debug)]
pub(super) struct Work {
    path: PathBuf,
}

impl Work {
    pub(super) fn within(folder: &Path) -> Work {
        Work { path: folder.join(WORK) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder, which is there from now on. A link is not followed: what it leads to is not ours.
    pub(super) fn make(&self) -> Result<&Path, Error> {
        match fs::symlink_metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => Ok(&self.path),
            Ok(_) => Err(Error::NotAFolder(self.path.clone())),
            Err(_) => match fs::create_dir(&self.path) {
                Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                    Err(Error::Write { path: self.path.clone(), source })
                }
                _ => Ok(&self.path),
            },
        }
    }

    /// Removes every file in it that carries our mark, then the folder, if nothing else is in it.
    pub(super) fn remove_marked(&self) -> Result<(), Error> {
        if !fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_dir()) {
            return Ok(());
        }
        let failed = |path: &Path, source| Error::Remove { path: path.to_owned(), source };
        for entry in fs::read_dir(&self.path).map_err(|source| failed(&self.path, source))? {
            let path = entry.map_err(|source| failed(&self.path, source))?.path();
            if is_marked(&path) {
                remove_if_there(&path).map_err(|source| failed(&path, source))?;
            }
        }
        // It stays where files of the user's are in it.
        let _ = fs::remove_dir(&self.path);
        Ok(())
    }
}

/// Whether a file in the folder of unfinished work is ours.
fn is_marked(path: &Path) -> bool {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
    unfinished || begins_with_mark(path)
}

fn begins_with_mark(path: &Path) -> bool {
    let mut head = [0; MARK.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *MARK
}

/// What follows the mark in a file of ours; `None` where there is none, or it is not ours.
pub(super) fn read_marked(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes.strip_prefix(MARK)?.to_vec())
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_our_mark_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let work = Work::within(folder.path());
        work.remove_marked().unwrap();
        let path = work.make().unwrap();
        for (name, bytes) in [
            ("a.part", &b"probeWK1rest"[..]),
            (".probe-unfinished-abc", b"half"),
            ("notes.txt", b"mine"),
            ("mine.part", b"probe"),
        ] {
            fs::write(path.join(name), bytes).unwrap();
        }
        fs::create_dir(path.join("mine")).unwrap();
        fs::write(path.join("mine/b.part"), b"probeWK1").unwrap();
        work.remove_marked().unwrap();
        let mut left: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["mine", "mine.part", "notes.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("a"), MARK).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(WORK)).unwrap();
        let work = Work::within(folder.path());
        assert!(matches!(work.make(), Err(Error::NotAFolder(_))));
        work.remove_marked().unwrap();
        assert!(elsewhere.path().join("a").exists());
    }
}
