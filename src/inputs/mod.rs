//! Inputs: texts, images and arrays as people have them, drawn with a seed, prepared once, and batched.
//!
//! In: paths, and a model with what stands beside it. Out: [`Batch`]es in a fixed order, a ledger of what was skipped and
//! why, and the [`Feed`] that gives a batch the names, types and shapes of one model's inputs.
//!
//! ```text
//! texts  -> draw -> spool -> tokens ─┐
//! arrays -> draw ────────────────────┼-> batches -> feed -> tensors
//! images -> draw -> pixels ──────────┘
//! ```
//!
//! Whatever the draw and the batches are made of depends on the inputs and settings alone. Nothing here grows with the
//! number of inputs by more than some dozen bytes each.

pub mod arrays;
mod batches;
mod beside;
mod draw;
mod error;
mod feed;
mod fingerprint;
pub mod images;
mod ledger;
mod pixels;
mod spool;
mod texts;
mod tokenizer;
mod tokens;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::model::Model;
pub use batches::{Batch, Batches, Prepared};
use beside::Beside;
pub use draw::positions;
pub use error::Error;
pub use feed::Feed;
pub use ledger::Skipped;
pub use tokenizer::LengthFrom;
pub use tokens::Lengths;

use arrays::Arrays;
use images::Fact;
use pixels::Pixels;
use texts::{Selection, Texts, Wanted};
use tokenizer::Tokenizer;
use tokens::{Limits, Tokens};

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

/// Everything that decides what is run.
#[derive(Debug, Clone)]
pub struct Settings {
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
    /// What the flags say on preparing images.
    pub images: images::Overrides,
    /// Whether prepared images are kept, in an unnamed temporary file, for a second pass over the batches. Tokens
    /// always are, and arrays never need to be.
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
            images: images::Overrides::default(),
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

/// What a report says of the inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    pub kind: Kind,
    pub paths: Vec<String>,
    /// Inputs that were there to draw from.
    pub available: u64,
    /// Inputs drawn, those skipped later included.
    pub drawn: usize,
    /// Blank lines, links in a circle: what is no input, but stands in the ledger.
    pub passed_over: u64,
    pub tokenizer: Option<PathBuf>,
    pub max_length: Option<usize>,
    pub max_length_from: Option<LengthFrom>,
    /// Inputs of a batch, where that is fixed.
    pub batch_size: Option<usize>,
    /// Tokens of a batch, where that decides.
    pub token_budget: Option<usize>,
    /// Of the texts tokenized so far: all of them after a pass over the batches.
    pub lengths: Option<Lengths>,
    /// How images are prepared, and who says so.
    pub preprocessing: Vec<Fact>,
    /// The file that says how images are prepared.
    pub preprocessor: Option<PathBuf>,
    /// What was left unused, one fact a line.
    pub notes: Vec<String>,
}

/// One input, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The file.
    pub source: String,
    /// The line of a text, or the row of an array.
    pub line: Option<u64>,
    /// The text itself; nothing for images and arrays.
    pub text: String,
}

/// The longest text of an excerpt, in bytes.
const EXCERPT: usize = 4000;

/// The inputs of a run.
pub struct Inputs {
    material: Arc<Material>,
    settings: Settings,
    limits: Limits,
    beside: Beside,
}

/// What batches are made of. A window is a run of batches whose composition is settled together.
pub(crate) enum Material {
    Tokens(Box<Tokens>),
    Pixels(Box<Pixels>),
    Arrays(Arrays),
}

impl Inputs {
    /// Reads and draws the inputs, and loads what prepares them. Nothing is prepared yet, unless a tokenizer knows more
    /// ids than the model has embeddings: then every text is looked at first.
    pub fn open(settings: &Settings, model: &Model) -> Result<Self, Error> {
        Self::open_beside(settings, &Beside::of(model)?)
    }

    pub(crate) fn open_beside(settings: &Settings, beside: &Beside) -> Result<Self, Error> {
        if settings.batch_size == Some(0) {
            return Err(Error::BatchSize);
        }
        let fixed_rows = || beside.inputs.iter().find_map(|input| feed::fixed(input, 0));
        let (material, limits) = match &settings.source {
            Source::Texts(paths) => {
                let ids = feed::ids(&beside.inputs)?;
                let limits = Limits {
                    rows: settings.batch_size,
                    fixed_rows: feed::fixed(ids, 0),
                    fixed_length: feed::fixed(ids, 1),
                };
                let tokenizer = Tokenizer::open(settings, beside, limits.fixed_length)?;
                let columns = Wanted { text: settings.text_column.clone(), pair: settings.text_pair_column.clone() };
                let Settings { samples, seed, lossy, .. } = *settings;
                let texts = Texts::read(paths, &Selection { samples, seed, columns, lossy })?;
                (Material::Tokens(Box::new(Tokens::new(texts, tokenizer, limits, beside)?)), limits)
            }
            Source::Images(path) => {
                let limits = Limits { rows: settings.batch_size, fixed_rows: fixed_rows(), fixed_length: None };
                (Material::Pixels(Box::new(Pixels::open(path, settings, limits, beside)?)), limits)
            }
            Source::Arrays(path) => {
                let limits = Limits { rows: settings.batch_size, fixed_rows: fixed_rows(), fixed_length: None };
                (Material::Arrays(Arrays::open(path, settings, limits, &beside.inputs)?), limits)
            }
        };
        Ok(Inputs { material: Arc::new(material), settings: settings.clone(), limits, beside: beside.clone() })
    }

    /// What the inputs are.
    pub fn kind(&self) -> Kind {
        match &*self.material {
            Material::Tokens(_) => Kind::Texts,
            Material::Pixels(_) => Kind::Images,
            Material::Arrays(_) => Kind::Arrays,
        }
    }

    /// How many inputs were drawn, those that turn out unusable included.
    pub fn drawn(&self) -> usize {
        match &*self.material {
            Material::Tokens(tokens) => tokens.texts.len(),
            Material::Pixels(pixels) => pixels.drawn(),
            Material::Arrays(arrays) => arrays.drawn(),
        }
    }

    /// How many batches there are, where it is known before anything is tokenized.
    pub fn batch_count(&self) -> Option<u64> {
        match &*self.material {
            Material::Tokens(_) => None,
            Material::Pixels(pixels) => Some(pixels.batch_count() as u64),
            Material::Arrays(arrays) => Some(arrays.batch_count() as u64),
        }
    }

    /// Inputs drawn that turned out unusable when they were read. Those of the batches come on top.
    pub fn opened_skips(&self) -> &[Skipped] {
        match &*self.material {
            Material::Tokens(tokens) => &tokens.texts.skipped,
            Material::Pixels(_) | Material::Arrays(_) => &[],
        }
    }

    /// What was passed over before the draw because it is no input: blank lines, links in a circle. It stands in the
    /// ledger, and is no part of the share that `--max-skipped` looks at.
    pub fn passed_over(&self) -> Vec<Skipped> {
        match &*self.material {
            Material::Tokens(tokens) => tokens.texts.blanks.entries(),
            Material::Pixels(pixels) => pixels.passed_over().to_vec(),
            Material::Arrays(_) => Vec::new(),
        }
    }

    /// The batches from number `from` on, always the same, prepared ahead on a thread of their own. What comes before
    /// `from` is not made; texts before it are tokenized, once, to know where batches end.
    pub fn batches(&self, from: u64) -> Batches {
        Batches::start(Arc::clone(&self.material), from)
    }

    /// The padding token's id, where the model's positions start after its row.
    pub(crate) fn positions_after(&self) -> Option<u32> {
        let pad = self.beside.config.pad_token_id.and_then(|id| id.try_into().ok());
        tokenizer::positions_after_padding(&self.beside.config).then_some(pad.unwrap_or(1))
    }

    /// The inputs of some rows, for a person to read; a long text is cut.
    pub fn excerpts(&self, rows: &[usize]) -> Result<Vec<Excerpt>, Error> {
        rows.iter().map(|row| self.excerpt(*row)).collect()
    }

    fn excerpt(&self, row: usize) -> Result<Excerpt, Error> {
        match &*self.material {
            Material::Tokens(tokens) => {
                let text = tokens.texts.get(row)?;
                let place = tokens.texts.place(row);
                let mut text = text.map_or_else(String::new, |text| match text.second {
                    Some(second) => format!("{}\n{second}", text.first),
                    None => text.first,
                });
                text.truncate(text.floor_char_boundary(EXCERPT));
                let source = place.map_or_else(String::new, |(path, _)| path.to_string_lossy().into_owned());
                Ok(Excerpt { source, line: place.map(|(_, line)| line), text })
            }
            Material::Pixels(pixels) => {
                let source = pixels.path(row).map_or_else(String::new, |path| path.to_string_lossy().into_owned());
                Ok(Excerpt { source, line: None, text: String::new() })
            }
            Material::Arrays(arrays) => {
                let line = arrays.position(row).map(|position| position as u64);
                Ok(Excerpt { source: arrays.path().to_string_lossy().into_owned(), line, text: String::new() })
            }
        }
    }

    /// What a report says of the inputs.
    pub fn info(&self) -> Info {
        let paths = match &self.settings.source {
            Source::Texts(paths) => paths.clone(),
            Source::Images(path) | Source::Arrays(path) => vec![path.clone()],
        };
        let info = Info {
            kind: self.kind(),
            paths: paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
            available: 0,
            drawn: self.drawn(),
            passed_over: 0,
            tokenizer: None,
            max_length: None,
            max_length_from: None,
            batch_size: self.limits.rows.or(self.limits.fixed_rows),
            token_budget: None,
            lengths: None,
            preprocessing: Vec::new(),
            preprocessor: None,
            notes: Vec::new(),
        };
        match &*self.material {
            Material::Tokens(tokens) => Info {
                available: tokens.texts.available,
                passed_over: tokens.texts.blanks.count,
                tokenizer: Some(tokens.tokenizer.file.clone()),
                max_length: Some(tokens.tokenizer.max_length),
                max_length_from: Some(tokens.tokenizer.length_from),
                token_budget: info.batch_size.is_none().then_some(tokens::TOKEN_BUDGET),
                lengths: tokens.lengths(),
                ..info
            },
            Material::Pixels(pixels) => Info {
                available: pixels.available() as u64,
                passed_over: pixels.passed_over().len() as u64,
                batch_size: Some(pixels.batch_size()),
                preprocessing: pixels.preprocess.facts(),
                preprocessor: pixels.preprocess.source().map(Into::into),
                ..info
            },
            Material::Arrays(arrays) => Info {
                available: arrays.available() as u64,
                batch_size: Some(arrays.batch_size()),
                notes: arrays.notes(),
                ..info
            },
        }
    }
}

impl Material {
    fn window_count(&self) -> usize {
        match self {
            Material::Tokens(tokens) => tokens.window_count(),
            Material::Pixels(pixels) => pixels.batch_count(),
            Material::Arrays(arrays) => arrays.batch_count(),
        }
    }

    fn batches_in(&self, window: usize) -> Result<usize, Error> {
        match self {
            Material::Tokens(tokens) => tokens.batches_in(window),
            Material::Pixels(_) | Material::Arrays(_) => Ok(1),
        }
    }

    fn batch(&self, window: usize, nth: usize, index: u64) -> Result<Batch, Error> {
        match self {
            Material::Tokens(tokens) => tokens.batch(window, nth, index),
            Material::Pixels(pixels) => pixels.batch(window, index),
            Material::Arrays(arrays) => arrays.batch(window, index),
        }
    }
}

#[cfg(test)]
mod tests;
