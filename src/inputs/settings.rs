//! What decides which inputs are run, and how they are prepared.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::images::flags::Overrides;

/// How many inputs to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    All,
    Count(usize),
}

impl FromStr for Samples {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "all" => Ok(Samples::All),
            Ok(0) | Err(_) => Err("a number from 1, or 'all'"),
            Ok(count) => Ok(Samples::Count(count)),
        }
    }
}

impl Serialize for Samples {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Samples::All => serializer.serialize_str("all"),
            Samples::Count(count) => serializer.serialize_u64(*count as u64),
        }
    }
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

impl Source {
    /// Whether some of it comes from standard input, which can be read once only.
    pub fn is_stdin(&self) -> bool {
        matches!(self, Source::Texts(paths) if paths.iter().any(|path| path == Path::new("-")))
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Texts(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                f.write_str(&paths.join(", "))
            }
            Source::Images(path) | Source::Arrays(path) => path.display().fmt(f),
        }
    }
}

/// Everything that decides what is run. It is serialised under the names of the command line.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// The report has it as the path of the inputs.
    #[serde(skip)]
    pub source: Source,
    pub samples: Samples,
    pub seed: u64,
    pub text_column: Option<String>,
    pub text_pair_column: Option<String>,
    /// Whether bytes that are not UTF-8 are replaced instead of the text being skipped.
    pub lossy: bool,
    /// A tokenizer's file or folder instead of the one found.
    pub tokenizer: Option<PathBuf>,
    /// In tokens.
    pub max_length: Option<usize>,
    pub batch_size: Option<usize>,
    /// Whether inputs that occur more than once are measured as often as they occur.
    pub keep_repeats: bool,
    /// What the flags say on preparing images.
    #[serde(flatten)]
    pub images: Overrides,
    /// Whether prepared images are kept, in an unnamed temporary file, for a second pass over the batches. Tokens
    /// always are, and arrays never need to be.
    #[serde(skip)]
    pub keep_pixels: bool,
}

impl Settings {
    /// The defaults: 2,500 inputs drawn with seed 0, everything else as the model has it.
    pub fn new(source: Source) -> Self {
        Settings {
            source,
            samples: Samples::Count(2500),
            seed: 0,
            text_column: None,
            text_pair_column: None,
            lossy: false,
            tokenizer: None,
            max_length: None,
            batch_size: None,
            keep_repeats: false,
            images: Overrides::default(),
            keep_pixels: false,
        }
    }
}

/// What the inputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Texts,
    Images,
    Arrays,
}
