//! The hash that names a model in reports and keys of kept parts, and whether the model is still what was hashed.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Error, Model};

/// A model's hash, and what tells cheaply that its files are as they were when they were hashed.
#[derive(Debug, Clone)]
pub struct Digest {
    /// BLAKE3 of the model. Without external data this is the file's own hash, as `b3sum` prints it; with external data
    /// it is the hash of the file's hash followed by every data file's location and hash.
    pub hash: blake3::Hash,
    files: Vec<Hashed>,
}

/// A file that was hashed.
#[derive(Debug, Clone)]
struct Hashed {
    path: PathBuf,
    hash: blake3::Hash,
    stamp: Stamp,
    /// When the hashing began.
    at: SystemTime,
}

impl Model {
    /// Hashes the model and its external data.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn digest(&self) -> Result<Digest, Error> {
        let own = Hashed::of(&self.file)?;
        let mut files = vec![own];
        for data in &self.data {
            files.push(Hashed::of(&data.file)?);
        }
        let hash = match &files[..] {
            [own] => own.hash,
            [own, others @ ..] => {
                let mut whole = blake3::Hasher::new();
                whole.update(own.hash.as_bytes());
                for (data, hashed) in self.data.iter().zip(others) {
                    whole.update(&(data.location.len() as u64).to_le_bytes());
                    whole.update(data.location.as_bytes());
                    whole.update(hashed.hash.as_bytes());
                }
                whole.finalize()
            }
            [] => blake3::hash(b""),
        };
        Ok(Digest { hash, files })
    }
}

impl Digest {
    /// Fails if a file is not what was hashed: a report must not name another model than the one that was run. To be called
    /// when ONNX Runtime has opened the files, and again when the last batch has been run, since it reads weights in place.
    ///
    /// # Errors
    /// [`Error::Changed`], [`Error::Unreadable`].
    pub fn check(&self) -> Result<(), Error> {
        self.files.iter().try_for_each(Hashed::check)
    }
}

impl Hashed {
    fn of(path: &Path) -> Result<Hashed, Error> {
        let at = SystemTime::now();
        let hashed = Stamp::of(path).and_then(|stamp| Ok((stamp, hash(path)?)));
        let (stamp, hash) = hashed.map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Ok(Hashed { path: path.to_owned(), hash, stamp, at })
    }

    /// Reads the file again only where its stamp is another, or too young for a change to show in it.
    fn check(&self) -> Result<(), Error> {
        let changed = || Error::Changed(self.path.clone());
        let now = Stamp::of(&self.path).map_err(|_| changed())?;
        if now == self.stamp && now.is_older_than(self.at) {
            return Ok(());
        }
        match hash(&self.path) {
            Ok(hash) if hash == self.hash => Ok(()),
            _ => Err(changed()),
        }
    }
}

/// What changes whenever a file's content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    /// The file behind the name, and when anything about it was last changed; no program can set the latter.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Stamp> {
        let metadata = fs::metadata(path)?;
        Ok(Stamp {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: identity(&metadata),
        })
    }

    /// File systems keep times in steps, so that two changes within one leave the same stamp.
    fn is_older_than(&self, moment: SystemTime) -> bool {
        const STEP: Duration = Duration::from_secs(2);
        self.modified.and_then(|modified| moment.duration_since(modified).ok()).is_some_and(|age| age > STEP)
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

/// Streamed rather than mapped: a file that shrinks under a map kills the process.
fn hash(path: &Path) -> io::Result<blake3::Hash> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(hasher.finalize()),
            Ok(n) => hasher.update(&block[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_replaced_after_it_was_hashed_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        let old = SystemTime::now() - Duration::from_secs(1000);
        let write = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        };
        write(b"one model");
        let hashed = Hashed::of(&path).unwrap();
        hashed.check().unwrap();
        // The same content in another file is the same model.
        fs::remove_file(&path).unwrap();
        write(b"one model");
        hashed.check().unwrap();
        // Of the same length, and with the same time set.
        write(b"two model");
        assert!(matches!(hashed.check(), Err(Error::Changed(changed)) if changed == path));
        fs::remove_file(&path).unwrap();
        assert!(matches!(hashed.check(), Err(Error::Changed(_))));
    }

    #[test]
    fn a_file_that_is_a_moment_old_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        fs::write(&path, b"one model").unwrap();
        let mut hashed = Hashed::of(&path).unwrap();
        fs::write(&path, b"two model").unwrap();
        hashed.stamp = Stamp::of(&path).unwrap();
        assert!(matches!(hashed.check(), Err(Error::Changed(_))), "though its stamp is the same");
    }
}
