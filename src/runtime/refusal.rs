//! Why a file is not used as the library.

use std::fmt;

/// The oldest ONNX Runtime that has all we call.
pub const OLDEST_VERSION: &str = "1.22";

/// Why a file is not used as the library. `Display` is a phrase that follows the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing is there.
    Missing,
    /// A folder, a pipe or a device.
    NotAFile,
    /// A folder that holds no library.
    EmptyFolder,
    /// It is there and cannot be read.
    Unreadable(String),
    /// Its first bytes are those of no library of this system.
    NotALibrary(String),
    /// A library for other machines.
    Architecture { found: String, wanted: &'static str },
    /// The end is missing; loading it would end the process.
    Truncated { has: u64, needs: u64 },
    /// A library that is not ONNX Runtime.
    NotOnnxRuntime,
    /// An ONNX Runtime older than [`OLDEST_VERSION`].
    TooOld { version: String },
    /// The system's loader says no.
    Loader(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Missing => write!(f, "nothing is there"),
            Refusal::NotAFile => write!(f, "it is not a regular file"),
            Refusal::EmptyFolder => write!(f, "the folder holds no ONNX Runtime library"),
            Refusal::Unreadable(reason) => write!(f, "it cannot be read ({reason})"),
            Refusal::NotALibrary(what) => write!(f, "it is no shared library of this system ({what})"),
            Refusal::Architecture { found, wanted } => {
                write!(f, "it is built for {found}, and this machine is {wanted}")
            }
            Refusal::Truncated { has, needs } => write!(f, "it is cut short at {has} bytes of at least {needs}"),
            Refusal::NotOnnxRuntime => write!(f, "it is not ONNX Runtime (no symbol OrtGetApiBase)"),
            Refusal::TooOld { version } => {
                write!(f, "it is ONNX Runtime {version}, which is too old: {OLDEST_VERSION} or newer is needed")
            }
            Refusal::Loader(reason) => write!(f, "{reason}"),
        }
    }
}
