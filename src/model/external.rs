//! Data that a model keeps in other files: checked by us before ONNX Runtime opens any of them.
//!
//! A model from the internet may name any path. Only ordinary files that really lie in the model's folder are let
//! through: no absolute path, no `..`, no link that leads out. A hard link cannot be distinguished from a file and counts as one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::{Error, ExternalFault};
use super::graph::External;

/// A file with external data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// As the model names it.
    pub location: String,
    /// Where it really lies, links resolved.
    pub file: PathBuf,
    pub len: u64,
}

/// Checks every claim. `shown` is the folder in which the user sees the model, `folder` the one it really lies in; in a
/// hub's cache the first holds links into the second. Both have to be canonical.
pub fn check(claims: &[External], shown: &Path, folder: &Path) -> Result<Vec<DataFile>, Error> {
    let mut files: Vec<DataFile> = Vec::new();
    let mut spans: BTreeMap<PathBuf, Vec<(u64, u64, &str, &str)>> = BTreeMap::new();
    for claim in claims {
        let fail = |fault| Error::External { tensor: claim.tensor.clone(), location: claim.location.clone(), fault };
        let file = match files.iter().find(|f| f.location == claim.location) {
            Some(file) => file.clone(),
            None => {
                let file = resolve(&claim.location, shown, folder).map_err(fail)?;
                files.push(file.clone());
                file
            }
        };
        let length = match (claim.length, claim.expected) {
            (Some(length), Some(expected)) if length != expected => {
                return Err(fail(ExternalFault::Size { length, expected }));
            }
            (length, expected) => length.or(expected).unwrap_or(0),
        };
        let needed = claim.offset.saturating_add(length);
        if needed > file.len {
            return Err(fail(ExternalFault::Short { needed, len: file.len }));
        }
        if length > 0 {
            spans.entry(file.file).or_default().push((claim.offset, needed, &claim.tensor, &claim.location));
        }
    }
    for spans in spans.values_mut() {
        spans.sort_unstable();
        for pair in spans.windows(2) {
            let ((start, end, other, _), (next, until, tensor, location)) = (pair[0], pair[1]);
            // Two names for the same span are tied weights.
            if next < end && (start, end) != (next, until) {
                let fault = ExternalFault::Overlap { other: other.to_owned() };
                return Err(Error::External { tensor: tensor.to_owned(), location: location.to_owned(), fault });
            }
        }
    }
    Ok(files)
}

fn resolve(location: &str, shown: &Path, folder: &Path) -> Result<DataFile, ExternalFault> {
    if location.is_empty() {
        return Err(ExternalFault::NoLocation);
    }
    let relative = Path::new(location);
    // Windows' spellings count everywhere: a model is not made on the machine that runs it.
    let drive = location.as_bytes().get(1) == Some(&b':') && location.as_bytes()[0].is_ascii_alphabetic();
    if relative.is_absolute() || location.starts_with(['/', '\\']) || drive {
        return Err(ExternalFault::Absolute);
    }
    if relative.components().any(|c| !matches!(c, Component::Normal(_) | Component::CurDir))
        || location.split(['/', '\\']).any(|part| part == "..")
    {
        return Err(ExternalFault::Climbs);
    }
    let path = shown.join(relative);
    let unreadable = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => ExternalFault::Missing(shown.to_owned()),
        _ => ExternalFault::Unreadable(e.to_string()),
    };
    let file = fs::canonicalize(&path).map_err(unreadable)?;
    if !file.starts_with(shown) && !file.starts_with(folder) {
        return Err(ExternalFault::LeadsOut(file));
    }
    let metadata = fs::metadata(&file).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(ExternalFault::NotAFile);
    }
    Ok(DataFile { location: location.to_owned(), file, len: metadata.len() })
}
