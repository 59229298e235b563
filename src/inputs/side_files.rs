//! Files next to a model that say how its inputs are prepared, and a record of those that were read.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::Error;

/// Side files larger than this are not what they claim to be (tokenizers reach about 30 MB).
const LARGEST: u64 = 256 << 20;

/// A file that was read next to the model, or that a flag named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideFile {
    pub path: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal digits.
    pub blake3: String,
}

/// Reads side files and keeps a record of them, in the order of reading.
#[derive(Debug, Default)]
pub(crate) struct SideFiles {
    read: Vec<SideFile>,
}

impl SideFiles {
    /// Reads a side file whole.
    ///
    /// # Errors
    /// The file is missing, is not a regular file, is too large, or cannot be read.
    pub(crate) fn read(&mut self, path: &Path) -> Result<Vec<u8>, Error> {
        let metadata = std::fs::metadata(path).map_err(|error| Error::at(path, error))?;
        if !metadata.is_file() {
            return Err(Error::Kind { path: path.to_owned(), is: "not a regular file", wanted: "a file" });
        }
        if metadata.len() > LARGEST {
            return Err(Error::malformed(path, format!("has {} bytes, more than any such file needs", metadata.len())));
        }
        let bytes = std::fs::read(path).map_err(|error| Error::at(path, error))?;
        self.record(path, &bytes);
        Ok(bytes)
    }

    /// Reads a side file of JSON.
    ///
    /// # Errors
    /// As [`SideFiles::read`], and a file that is not JSON.
    pub(crate) fn json(&mut self, path: &Path) -> Result<Value, Error> {
        serde_json::from_slice(&self.read(path)?)
            .map_err(|error| Error::malformed(path, format!("is not JSON: {error}")))
    }

    fn record(&mut self, path: &Path, bytes: &[u8]) {
        if !self.read.iter().any(|file| file.path == path) {
            let blake3 = blake3::hash(bytes).to_hex().to_string();
            self.read.push(SideFile { path: path.to_owned(), blake3 });
        }
    }

    /// The files that were read.
    pub(crate) fn into_record(self) -> Vec<SideFile> {
        self.read
    }
}
