//! A model file that was opened and checked.

use std::path::PathBuf;

use super::external::DataFile;
use super::graph::Graph;

/// A model file, opened and checked: its structure, and where it really lies.
#[derive(Debug, Clone)]
pub struct Model {
    /// As the user gave it.
    pub path: PathBuf,
    /// The file itself, links resolved.
    pub file: PathBuf,
    /// The folder the file really lies in.
    pub folder: PathBuf,
    /// The folder in which the user sees the file, its own links resolved. In a hub's cache this is the snapshot,
    /// while `folder` holds the blobs; side files and external data are looked for here.
    pub shown: PathBuf,
    pub graph: Graph,
    /// Bytes of the file, external data not counted.
    pub len: u64,
    /// Files with external data, each once, in the order of first use.
    pub data: Vec<DataFile>,
}
