//! The hash that names a model in reports and keys of kept parts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{Error, Model};

impl Model {
    /// BLAKE3 of the model. Without external data this is the file's own hash, as `b3sum` prints it; with external data
    /// it is the hash of the file's hash followed by every data file's location and hash.
    pub fn blake3(&self) -> Result<blake3::Hash, Error> {
        let own = hash(&self.file)?;
        if self.data.is_empty() {
            return Ok(own);
        }
        let mut whole = blake3::Hasher::new();
        whole.update(own.as_bytes());
        for data in &self.data {
            whole.update(&(data.location.len() as u64).to_le_bytes());
            whole.update(data.location.as_bytes());
            whole.update(hash(&data.file)?.as_bytes());
        }
        Ok(whole.finalize())
    }
}

/// Streamed rather than mapped: a file that shrinks under a map kills the process.
fn hash(path: &Path) -> Result<blake3::Hash, Error> {
    let run = || -> io::Result<blake3::Hash> {
        let mut file = File::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let mut block = vec![0; 1 << 20];
        loop {
            match file.read(&mut block)? {
                0 => return Ok(hasher.finalize()),
                n => hasher.update(&block[..n]),
            };
        }
    };
    run().map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}
