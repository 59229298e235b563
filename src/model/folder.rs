//! From a path to an opened model: a file, an exporter's folder, a hub's cache of links.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::ExternalFault;
use super::read::{Contents, read};
use super::wire::WireError;
use super::{Error, Model, external, sniff};

impl Model {
    /// Opens `path`: an .onnx file, or a folder that holds `model.onnx`, `onnx/model.onnx` or a single .onnx file.
    /// Reads the graph without the weights and checks where external data lies.
    pub fn open(path: &Path) -> Result<Model, Error> {
        let found = find(path)?;
        let unreadable = |source| Error::Unreadable { path: found.clone(), source };
        // Opening a FIFO would wait for a writer, and a device never ends: look before opening.
        let kind = fs::metadata(&found).map_err(unreadable)?.file_type();
        if !kind.is_file() {
            return Err(Error::NotAFile { path: found.clone(), what: describe(kind) });
        }
        let file = fs::canonicalize(&found).map_err(unreadable)?;
        let shown = fs::canonicalize(parent(&found)).map_err(unreadable)?;
        let mut source = File::open(&file).map_err(unreadable)?;
        let mut head = Vec::with_capacity(sniff::HEAD);
        (&mut source).take(sniff::HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
        let len = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
        if let Some(error) = sniff::other_format(&found, &head, len) {
            return Err(error);
        }
        let graph = check(&found, read(source))?;
        let folder = parent(&file).to_owned();
        let data = external::check(&graph.external, &shown, &folder)?;
        Ok(Model { path: path.to_owned(), file, folder, shown, graph, len, data })
    }

    /// The folders in which side files are looked for: next to the model, then one level up (exporters put the model into
    /// `onnx/`), then where a link to the model leads.
    pub fn side_folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.shown.clone()];
        folders.extend(self.shown.parent().map(Path::to_owned));
        folders.push(self.folder.clone());
        folders.dedup();
        folders
    }

    /// The first of the side folders' files of that name, such as `tokenizer.json`.
    pub fn side_file(&self, name: &str) -> Option<PathBuf> {
        self.side_folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }
}

/// The folder of a path; the current one for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn find(path: &Path) -> Result<PathBuf, Error> {
    let metadata = fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::Missing(path.to_owned()),
        _ => Error::Unreadable { path: path.to_owned(), source },
    })?;
    if !metadata.is_dir() {
        return Ok(path.to_owned());
    }
    for folder in [path.to_owned(), path.join("onnx")] {
        let usual = folder.join("model.onnx");
        // A dangling link must be named, not passed over.
        if usual.symlink_metadata().is_ok() {
            return find_file(usual);
        }
        let mut names = onnx_files(&folder)?;
        if names.len() > 1 {
            return Err(Error::SeveralModels { folder, names });
        }
        if let Some(name) = names.pop() {
            return find_file(folder.join(name));
        }
    }
    Err(Error::NoModelInFolder { folder: path.to_owned(), weights: weights(path), below: below(path) })
}

/// A file of weights that another library reads.
fn weights(folder: &Path) -> Option<String> {
    const ENDINGS: [&str; 7] = ["safetensors", "bin", "pt", "pth", "h5", "msgpack", "gguf"];
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| Path::new(name).extension().is_some_and(|e| ENDINGS.iter().any(|ending| e == *ending))).min()
}

/// The most models that are named, and the most entries that are looked at to find them.
const NAMED: usize = 5;
const LOOKED_AT: usize = 1000;

/// Models in the folders of a folder, and in their folders.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders, mut looked_at) = (Vec::new(), vec![(folder.to_owned(), 0)], 0);
    while let Some((folder, depth)) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).take(LOOKED_AT).collect();
        entries.sort();
        looked_at += entries.len();
        found.extend(entries.iter().filter(|path| path.extension().is_some_and(|e| e == "onnx")).cloned());
        if looked_at > LOOKED_AT || found.len() >= NAMED {
            break;
        }
        // The first folder in the order of names is looked into first.
        let deeper = entries.into_iter().rev().filter(|path| depth < 2 && path.is_dir());
        folders.extend(deeper.map(|path| (path, depth + 1)));
    }
    found.truncate(NAMED);
    found
}

fn find_file(path: PathBuf) -> Result<PathBuf, Error> {
    match fs::metadata(&path) {
        Ok(_) => Ok(path),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Err(Error::Missing(path)),
        Err(source) => Err(Error::Unreadable { path, source }),
    }
}

fn onnx_files(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Unreadable { path: folder.to_owned(), source }),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("onnx")))
        .collect();
    names.sort();
    Ok(names)
}

fn describe(kind: fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe (FIFO)";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    if kind.is_dir() { "a folder" } else { "not an ordinary file" }
}

/// What the outcome of reading means for the user.
fn check(path: &Path, contents: Contents) -> Result<super::Graph, Error> {
    let path = path.to_owned();
    match contents.error {
        Some(WireError::Io(source)) => Err(Error::Unreadable { path, source }),
        Some(WireError::Claim { tensor, location }) => {
            Err(Error::External { tensor, location, fault: ExternalFault::NotANumber })
        }
        Some(error) if !contents.recognised => {
            // A random length is no truncation; only a file that began as a model can be cut short.
            let why = match error {
                WireError::CutShort { at, .. } => format!("byte {at} starts nothing that fits in the file"),
                error => error.to_string(),
            };
            Err(Error::NotOnnx { path, why })
        }
        Some(WireError::CutShort { len, needed, .. }) => Err(Error::CutShort { path, len, needed }),
        Some(error) => Err(Error::Damaged { path, why: error.to_string() }),
        None if !contents.recognised => Err(Error::NotOnnx { path, why: "it holds no graph and no version".into() }),
        None if !contents.has_graph || contents.graph.nodes.is_empty() => Err(Error::NoGraph(path)),
        None if contents.graph.outputs.is_empty() => {
            Err(Error::Damaged { path, why: "its graph has no outputs".into() })
        }
        // Writers put the operator sets after the graph, so a cut exactly there leaves a graph without them.
        None if contents.graph.opsets.is_empty() && contents.graph.ir_version >= 3 => {
            Err(Error::Damaged { path, why: "it names no operator set; its end may be missing".into() })
        }
        None => match contents.graph.inconsistency() {
            Some(why) => Err(Error::Damaged { path, why }),
            None => Ok(contents.graph),
        },
    }
}
