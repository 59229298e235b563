//! The model that inputs are prepared for: the tensors that it takes, and the files that its exporter left next to it.

use std::path::PathBuf;

use super::error::Error;
use super::texts::roles;
use crate::model::{Config, Graph, Model, TensorInfo};

/// A model, as far as it matters for its inputs.
#[derive(Debug, Clone, Default)]
pub struct ModelContext {
    /// Where side files are looked for: next to the model, then one level up.
    pub folders: Vec<PathBuf>,
    /// The model's inputs, initializers left out.
    pub inputs: Vec<TensorInfo>,
    /// Rows of the table that token ids are looked up in, if the graph shows it.
    pub embeddings: Option<u64>,
    pub config: Config,
}

impl ModelContext {
    /// # Errors
    /// `config.json` cannot be read.
    pub fn of(model: &Model) -> Result<Self, Error> {
        Ok(ModelContext {
            folders: model.side_folders(),
            inputs: model.graph.inputs.clone(),
            embeddings: embeddings(&model.graph),
            config: model.config()?,
        })
    }

    /// The first of the folders' files of that name.
    pub(crate) fn file(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }
}

/// Rows of the initializer that the token ids, cast or not, pick from.
fn embeddings(graph: &Graph) -> Option<u64> {
    let mut ids = vec![roles::ids(&graph.inputs).ok()?.name.as_str()];
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
                // A graph with a circle is refused elsewhere; here the search only has to end.
                if ids.len() > graph.nodes.len() + 1 {
                    return None;
                }
            }
        }
    }
    None
}
