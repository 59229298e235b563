//! The bytes that a session is made of: the model with taps appended, weights inside or as references.
//!
//! A model of 500 MB given as bytes is held twice, once by us and once by the runtime. As references, every large
//! initializer becomes external data that points into the original file, which the runtime then maps.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::encode::{self, Message};
use super::error::ExternalFault;
use super::graph::{External, Initializer, Storage};
use super::renamed::Renamed;
use super::wire::WireError;
use super::{ElementType, Error, Model};

/// What to hand to ONNX Runtime.
#[derive(Debug)]
pub struct SessionModel {
    /// A `ModelProto`.
    pub bytes: Vec<u8>,
    /// The folder its external data lies in (`session.model_external_initializers_file_folder_path`); no links in it.
    pub folder: PathBuf,
    /// Whether any data is external, so that the folder matters.
    pub external: bool,
}

/// Initializers below this stay inside: shapes are read from them while the graph is resolved.
const LARGE: u64 = 4096;
/// Protobuf's limit on a message.
const PARSEABLE: u64 = (1 << 31) - 1;

impl Model {
    /// The model's bytes with `overlay` appended. With `references`, large initializers point into the original file
    /// instead of being copied (ONNX Runtime 1.23 and newer); without them this is forced where the file is too large
    /// for protobuf. Data files that are links in the model's folder (a hub's cache) are named by where they really lie.
    #[cfg(any(test, feature = "internals"))]
    pub fn session_bytes(&self, overlay: &[u8], references: bool) -> Result<SessionModel, Error> {
        self.session_bytes_with(overlay, &[], references)
    }

    /// As [`Model::session_bytes`], with some nodes that give an output under another name.
    pub fn session_bytes_with(
        &self,
        overlay: &[u8],
        renamed: &[Renamed],
        references: bool,
    ) -> Result<SessionModel, Error> {
        let forced = self.len.saturating_add(overlay.len() as u64) > PARSEABLE;
        let linked = self.data.iter().any(|d| d.file != self.shown.join(&d.location));
        let unreadable = |source| Error::Unreadable { path: self.file.clone(), source };
        let mut source = File::open(&self.file).map_err(unreadable)?;
        if !references && !forced && !linked && renamed.is_empty() {
            let mut bytes = Vec::with_capacity(self.len as usize + overlay.len());
            source.read_to_end(&mut bytes).map_err(unreadable)?;
            bytes.extend_from_slice(overlay);
            return Ok(SessionModel { bytes, folder: self.shown.clone(), external: !self.data.is_empty() });
        }
        let whole = references || forced;
        let folder = self.folder_of_all(whole)?;
        let mut edits = Vec::new();
        for tensor in &self.graph.initializers {
            if let Some(replacement) = self.replacement(tensor, &folder, whole) {
                edits.push((tensor.message, replacement));
            }
        }
        let external = !self.data.is_empty() || !edits.is_empty();
        for rename in renamed {
            let (from, to) = rename.node;
            let node = span(&mut source, from, to).map_err(unreadable)?;
            edits.push((rename.node, rename.apply(&node).map_err(|error| self.damaged(error))?));
        }
        edits.sort_by_key(|(span, _)| *span);
        let mut bytes = rewrite(&mut source, self.len, &self.graph.ranges, &edits).map_err(unreadable)?;
        bytes.extend_from_slice(overlay);
        Ok(SessionModel { bytes, folder, external })
    }

    fn damaged(&self, error: WireError) -> Error {
        Error::Damaged { path: self.file.clone(), why: error.to_string() }
    }

    /// The folder from which all the files needed can be named without `..`.
    fn folder_of_all(&self, own_file: bool) -> Result<PathBuf, Error> {
        let holds = |folder: &Path| {
            self.data.iter().all(|d| d.file.starts_with(folder)) && (!own_file || self.file.starts_with(folder))
        };
        let folder = [&self.shown, &self.folder].into_iter().find(|f| holds(f)).cloned();
        folder.ok_or_else(|| {
            let claim = self.graph.external.first();
            Error::External {
                tensor: claim.map(|c| c.tensor.clone()).unwrap_or_default(),
                location: claim.map(|c| c.location.clone()).unwrap_or_default(),
                fault: ExternalFault::Scattered,
            }
        })
    }

    /// The message that stands for an initializer: a reference into this file or to where its data really lies.
    fn replacement(&self, tensor: &Initializer, folder: &Path, whole: bool) -> Option<Vec<u8>> {
        let (location, offset, length) = match tensor.storage {
            Storage::Raw { offset, length } if whole && length >= LARGE && tensor.element != ElementType::Other(8) => {
                (relative(&self.file, folder)?, offset, length)
            }
            Storage::External => {
                let claim: &External = self.graph.external.iter().find(|c| c.tensor == tensor.name)?;
                let data = self.data.iter().find(|d| d.location == claim.location)?;
                (relative(&data.file, folder)?, claim.offset, claim.length.or(claim.expected)?)
            }
            _ => return None,
        };
        let entry = |key: &str, value: &str| Message::new().text(1, key).text(2, value);
        let mut dims = Vec::new();
        tensor.dims.iter().for_each(|&d| encode::varint(&mut dims, d as u64));
        let message = Message::new()
            .bytes(1, &dims)
            .int(2, tensor.element.number().into())
            .text(8, &tensor.name)
            .message(13, entry("location", &location))
            .message(13, entry("offset", &offset.to_string()))
            .message(13, entry("length", &length.to_string()))
            .int(14, 1);
        // GraphProto.initializer
        Some(Message::new().message(5, message).into_bytes())
    }
}

/// The bytes of a file from one place to another.
fn span(source: &mut File, from: u64, to: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(from))?;
    source.by_ref().take(to - from).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn relative(file: &Path, folder: &Path) -> Option<String> {
    Some(file.strip_prefix(folder).ok()?.to_str()?.to_owned())
}

/// Copies the file with each edit's span replaced. Spans lie inside the graphs, in order; the graphs' lengths follow.
fn rewrite(
    source: &mut File,
    len: u64,
    graphs: &[(u64, u64, u64)],
    edits: &[((u64, u64), Vec<u8>)],
) -> std::io::Result<Vec<u8>> {
    let mut copy = |from: u64, to: u64, into: &mut Vec<u8>| -> std::io::Result<()> {
        into.extend(span(source, from, to)?);
        Ok(())
    };
    let mut out = Vec::new();
    let mut at = 0;
    for &(tag, start, end) in graphs {
        let inside: Vec<_> = edits.iter().filter(|((from, to), _)| *from >= start && *to <= end).collect();
        let mut graph = Vec::new();
        let mut position = start;
        for ((from, to), replacement) in inside {
            copy(position, *from, &mut graph)?;
            graph.extend_from_slice(replacement);
            position = *to;
        }
        copy(position, end, &mut graph)?;
        // The tag and length before `start` are written again: ModelProto.graph is field 7.
        copy(at, tag, &mut out)?;
        out.extend_from_slice(&Message::new().bytes(7, &graph).into_bytes());
        at = end;
    }
    copy(at, len, &mut out)?;
    Ok(out)
}
