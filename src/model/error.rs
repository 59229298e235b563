//! What can be wrong with a model, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::advise::{Advise, Fault};

/// What can be wrong with a model file, its folder, or the data it points to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere.
    #[error("there is no model at {}", .0.display())]
    Missing(PathBuf),
    /// A FIFO, a device, a socket.
    #[error("{} is {what}, not a model file", path.display())]
    NotAFile { path: PathBuf, what: &'static str },
    /// A folder without an .onnx file.
    #[error("there is no .onnx file in the folder {}", folder.display())]
    NoModelInFolder {
        folder: PathBuf,
        /// A file of weights of another library (`model.safetensors`), where there is one.
        weights: Option<String>,
        /// Models in the folders below it.
        below: Vec<PathBuf>,
    },
    /// A folder with several and none called `model.onnx`.
    #[error("the folder {} holds several models: {}", folder.display(), names.join(", "))]
    SeveralModels { folder: PathBuf, names: Vec<String> },
    /// The file is there and cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// It is not the file any more that was hashed.
    #[error("{} was changed or replaced while it was used", .0.display())]
    Changed(PathBuf),
    /// Zero bytes.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    /// The few lines that git leaves in place of a large file.
    #[error("{} is a git-LFS pointer, not the model itself", .0.display())]
    LfsPointer(PathBuf),
    /// What a browser or curl saves when a download needs a login.
    #[error("{} is a web page, not a model", .0.display())]
    WebPage(PathBuf),
    /// Another format, known by its first bytes.
    #[error("{} is {what}, not an ONNX model", path.display())]
    OtherFormat { path: PathBuf, what: &'static str, advice: &'static str },
    /// Not protobuf, or protobuf of something else.
    #[error("{} is not an ONNX model ({why})", path.display())]
    NotOnnx { path: PathBuf, why: String },
    /// A model that ends too early.
    #[error("{} is cut short at {len} bytes: it continues to byte {needed} at least", path.display())]
    CutShort { path: PathBuf, len: u64, needed: u64 },
    /// A model with nonsense in it.
    #[error("{} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    /// A model with nothing to run.
    #[error("{} holds no graph", .0.display())]
    NoGraph(PathBuf),
    /// External data that must not or cannot be used.
    #[error("external data of tensor '{tensor}': '{location}' {fault}")]
    External { tensor: String, location: String, fault: ExternalFault },
    /// A side file (config.json) that cannot be understood.
    #[error("{}: {why}", path.display())]
    SideFile { path: PathBuf, why: String },
}

/// What is wrong with a file that the model keeps data in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalFault {
    #[error("names no file")]
    NoLocation,
    #[error("is an absolute path; only files in the model's own folder are read")]
    Absolute,
    #[error("climbs out of the model's folder with '..'")]
    Climbs,
    #[error("is a link that leads out of the model's folder, to {}", .0.display())]
    LeadsOut(PathBuf),
    #[error("is claimed with an offset or a length that is not a number")]
    NotANumber,
    #[error("is missing from {}", .0.display())]
    Missing(PathBuf),
    #[error("is not an ordinary file")]
    NotAFile,
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("is too short: {needed} bytes are needed, it has {len}")]
    Short { needed: u64, len: u64 },
    #[error("gives {length} bytes where type and shape need {expected}")]
    Size { length: u64, expected: u64 },
    #[error("overlaps the data of tensor '{other}' in the same file")]
    Overlap { other: String },
    #[error("lies beside other data files in a way that one folder cannot hold")]
    Scattered,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Unreadable { source, .. } => Fault::of_reading(source),
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        let advice = match self {
            Error::Missing(path) if may_be_a_hub_name(path) => {
                let (name, folder) = (path.display(), path.file_name().unwrap_or(path.as_os_str()).display());
                return Some(format!(
                    "check the path; a name on the Hugging Face hub is exported first: `optimum-cli export onnx --model {name} \
                     {folder}-onnx`"
                ));
            }
            Error::Missing(_) => "check the path; an .onnx file or the folder an exporter wrote is expected",
            Error::NotAFile { .. } => "save the model to an ordinary file first",
            Error::NoModelInFolder { below, .. } if !below.is_empty() => {
                let below: Vec<String> = below.iter().map(|path| path.display().to_string()).collect();
                return Some(format!("name one of the models below it: {}", below.join(", ")));
            }
            Error::NoModelInFolder { folder, weights: Some(weights), .. } => {
                let folder = folder.display();
                return Some(format!(
                    "{weights} is not ONNX; export the model first: `optimum-cli export onnx --model {folder} {folder}/onnx`"
                ));
            }
            Error::NoModelInFolder { .. } => "export the model to ONNX first, or name the .onnx file",
            Error::SeveralModels { .. } => "name one of them",
            Error::Changed(_) => "run again when nothing writes to it",
            Error::Empty(_) | Error::CutShort { .. } => "copy or download the file again; the transfer did not finish",
            Error::LfsPointer(_) => "run `git lfs pull` in the repository it came from",
            Error::WebPage(_) => "download it again; the link may need a login, or be the page about the file",
            Error::OtherFormat { advice, .. } => advice,
            Error::NotOnnx { .. } => "export the model to ONNX (`torch.onnx.export`, `optimum-cli export onnx`)",
            Error::Damaged { .. } => "download or export it again; `onnx.checker.check_model` may say more",
            Error::NoGraph(_) => "export it again",
            Error::External { fault, .. } => match fault {
                ExternalFault::Missing(_) => "copy the data file next to the model; both belong together",
                ExternalFault::Short { .. } => "copy or download the data file again; the transfer did not finish",
                ExternalFault::Climbs | ExternalFault::Absolute | ExternalFault::LeadsOut(_) => {
                    "if you trust the model, put the data file into its folder and save it with that name \
                     (`onnx.save(..., save_as_external_data=True)`)"
                }
                _ => "save the model again with its data",
            },
            Error::Unreadable { .. } | Error::SideFile { .. } => return None,
        };
        Some(advice.to_owned())
    }
}

/// Whether a path that does not exist may be meant as a model's name on a hub: `bert-base-uncased`, `FacebookAI/roberta-base`.
fn may_be_a_hub_name(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let parts: Vec<&str> = text.split('/').collect();
    let is_name = |part: &&str| !part.is_empty() && !part.starts_with(['.', '~']);
    let has_folder = path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && folder.exists());
    parts.len() <= 2 && parts.iter().all(is_name) && !has_folder && !text.to_lowercase().ends_with(".onnx")
}
