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
mod info;
mod ledger;
mod pixels;
mod settings;
mod spool;
mod texts;
mod tokenizer;
mod tokens;

use std::sync::Arc;

pub use batches::{Batch, Batches, Prepared};
pub use draw::positions;
pub use error::Error;
pub use feed::Feed;
pub use info::{Excerpt, Info};
pub use ledger::Skipped;
pub use settings::{Kind, Samples, Settings, Source};
pub use tokenizer::LengthFrom;
pub use tokens::Lengths;

use crate::base::warning::Warning;
use crate::model::Model;
use arrays::Arrays;
use beside::Beside;
use pixels::Pixels;
use texts::{Selection, Texts, Wanted};
use tokenizer::Tokenizer;
use tokens::{Limits, Tokens};

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

    /// What the inputs are prepared with: two models with equal values get the same numbers for the same inputs.
    pub fn prepared(&self) -> serde_json::Value {
        let info = self.info();
        let tokenizer = info.tokenizer.as_deref().and_then(|file| std::fs::read(file).ok());
        serde_json::json!({
            "tokenizer": tokenizer.map(|bytes| blake3::hash(&bytes).to_hex().to_string()),
            "max_length": info.max_length,
            "batch_size": info.batch_size,
            "preprocessing": info.preprocessing,
        })
    }

    /// What the inputs are prepared with, one fact per line, for a person.
    pub fn provenance_lines(&self) -> Vec<String> {
        let info = self.info();
        let tokenizer = info.tokenizer.iter().map(|file| format!("tokenizer: {}", file.display()));
        let facts = info.preprocessing.iter().map(|fact| format!("{}: {}", fact.setting, fact.value));
        tokenizer.chain(facts).collect()
    }

    /// The warnings that the preparation of the inputs calls for.
    pub fn warnings(&self) -> Vec<Warning> {
        match &*self.material {
            Material::Pixels(pixels) if pixels.preprocess.source().is_none() => vec![Warning::AssumedPreprocessing],
            _ => Vec::new(),
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
