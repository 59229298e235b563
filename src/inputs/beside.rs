//! What the inputs ask of a model: the tensors it takes, and the files that its exporter left beside it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Error, feed};
use crate::model::{Config, Graph, Model, TensorInfo};

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
    pub config: Config,
}

impl Beside {
    /// What stands beside `model`.
    pub fn of(model: &Model) -> Result<Self, Error> {
        let up = model.shown.parent();
        let mut folders = vec![model.shown.clone()];
        folders.extend(up.into_iter().chain([model.folder.as_path()]).map(Path::to_owned));
        folders.dedup();
        let inputs = model.graph.inputs.clone();
        Ok(Beside { folders, inputs, embeddings: embeddings(&model.graph), config: model.config()? })
    }
}

impl Beside {
    /// The first of the folders' files of that name.
    pub(crate) fn file(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }
}

/// Rows of the initializer that the token ids, cast or not, pick from.
fn embeddings(graph: &Graph) -> Option<u64> {
    let mut ids = vec![feed::ids(&graph.inputs).ok()?.name.as_str()];
    let mut at = 0;
    while let Some(name) = ids.get(at).copied() {
        at += 1;
        for node in graph.nodes.iter().filter(|node| node.inputs.iter().any(|input| input == name)) {
            if node.is("Gather") && node.inputs.get(1).is_some_and(|input| input == name) {
                let table = graph.initializers.iter().find(|table| node.inputs.first() == Some(&table.name));
                if let Some([rows, _]) = table.map(|table| table.dims.as_slice()) {
                    return u64::try_from(*rows).ok();
                }
            } else if node.is("Cast") || node.is("Identity") {
                ids.extend(node.outputs.iter().map(String::as_str).filter(|output| !output.is_empty()));
                // A graph with a circle is refused elsewhere; here it must only come to an end.
                if ids.len() > graph.nodes.len() + 1 {
                    return None;
                }
            }
        }
    }
    None
}

/// Reads a side file whole.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::at(path, error))?;
    if !metadata.is_file() {
        return Err(Error::Kind { path: path.to_owned(), is: "no regular file", wanted: "a file" });
    }
    if metadata.len() > LARGEST {
        return Err(Error::malformed(path, format!("has {} bytes, more than any such file needs", metadata.len())));
    }
    std::fs::read(path).map_err(|error| Error::at(path, error))
}

/// Reads a side file of JSON.
pub(crate) fn read_json(path: &Path) -> Result<Value, Error> {
    serde_json::from_slice(&read(path)?).map_err(|error| Error::malformed(path, format!("is not JSON: {error}")))
}
