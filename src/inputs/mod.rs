//! Inputs: texts, images and arrays as people have them, drawn with a seed, prepared once, and batched.
//!
//! In: paths and the model's folder. Out: [`Batch`]es in a fixed order, and a ledger of what was skipped and why.

pub mod images;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Advise, Fault};

/// How many inputs to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    All,
    Count(usize),
}

/// Where the inputs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files of texts; `-` is standard input.
    Texts(Vec<PathBuf>),
    /// Every image below a folder.
    Images(PathBuf),
    /// An .npy or .npz file.
    Arrays(PathBuf),
}

/// An input that was not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub source: String,
    /// The line, counted from 1, or the row of an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    pub reason: String,
}

/// Inputs made ready for any model of the family, before they take the names and types that one file asks for.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Token ids of each input, special tokens included, not padded; the segment ids beside them.
    Tokens { ids: Vec<Vec<u32>>, segments: Vec<Vec<u32>>, pad: u32 },
    /// [batch, 3, height, width], normalized.
    Pixels(ndarray::Array4<f32>),
    /// One array a model input, [batch, …] each; the name is empty in a lone .npy.
    Arrays(Vec<(String, crate::runtime::Tensor)>),
}

/// A batch in the fixed order of a run. The composition depends on the inputs and settings only, never on timing.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Position in the order of batches.
    pub index: u64,
    /// Which of the drawn inputs these are (positions in the draw, which keeps the file's order).
    pub rows: Vec<usize>,
    pub prepared: Prepared,
    /// BLAKE3 of each row's content, as read.
    pub digests: Vec<[u8; 32]>,
    /// What turned out to be unusable while this batch was made.
    pub skipped: Vec<Skipped>,
    /// Rows that were cut to the maximum length.
    pub truncated: usize,
}

/// What can be wrong with the inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere.
    #[error("there are no inputs at {}", .0.display())]
    Missing(PathBuf),
    /// A folder of images, or what says how to prepare them.
    #[error(transparent)]
    Images(#[from] images::Error),
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Images(error) => error.fault(),
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Error::Images(error) => error.advice(),
            _ => None,
        }
    }
}
