//! What the inputs ask of a model: the tensors it takes, and the files that its exporter left beside it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Error;
use crate::model::TensorInfo;

/// Side files larger than this are not what they claim to be (tokenizers reach about 30 MB).
const LARGEST: u64 = 256 << 20;

/// The surroundings of a model, as far as they matter for its inputs.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Where side files are looked for: beside the model, then one level up.
    pub folders: Vec<PathBuf>,
    /// The model's inputs, initializers left out.
    pub inputs: Vec<TensorInfo>,
    /// Rows of the table that token ids are looked up in, if the graph shows it.
    pub embeddings: Option<u64>,
}

impl Beside {
    /// The first of the folders' files of that name.
    pub(crate) fn file(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// The side file of that name, parsed; `Null` where there is none.
    pub(crate) fn json(&self, name: &str) -> Result<Value, Error> {
        self.file(name).map_or(Ok(Value::Null), |path| read_json(&path))
    }
}

/// Reads a side file whole.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let size = std::fs::metadata(path).map_err(|error| Error::at(path, error))?.len();
    if size > LARGEST {
        return Err(Error::malformed(path, format!("has {size} bytes, more than any such file needs")));
    }
    std::fs::read(path).map_err(|error| Error::at(path, error))
}

/// Reads a side file of JSON.
pub(crate) fn read_json(path: &Path) -> Result<Value, Error> {
    serde_json::from_slice(&read(path)?).map_err(|error| Error::malformed(path, format!("is not JSON: {error}")))
}
