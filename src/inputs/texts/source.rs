//! Texts as one kind of inputs.

use std::path::PathBuf;

use super::drawn::{Selection, Texts};
use super::feed::TextFeed;
use super::read::Wanted;
use super::roles;
use super::tokenizer::{Tokenizer, positions_after_padding};
use super::windows::{TextLimits, TokenWindows};
use crate::inputs::batch::Batch;
use crate::inputs::context::ModelContext;
use crate::inputs::error::Error;
use crate::inputs::ledger::Skipped;
use crate::inputs::limits::Limits;
use crate::inputs::provenance::Provenance;
use crate::inputs::settings::{Kind, Settings};
use crate::inputs::source::{Excerpt, InputSource};
use crate::inputs::tensors::fill::Fill;
use crate::inputs::tensors::wanted::fixed;
use crate::model::TensorInfo;

/// The longest text of an excerpt, in bytes.
pub(super) const EXCERPT: usize = 4000;

/// The texts of a run.
#[derive(Debug)]
pub(crate) struct TextSource {
    tokens: TokenWindows,
    /// The padding token's id, where the model's positions start after its row.
    positions_after: Option<u32>,
}

impl TextSource {
    /// Reads the texts, draws among them, and loads the tokenizer.
    pub(crate) fn open(paths: &[PathBuf], settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        let limits = limits(settings, context)?;
        let tokenizer = Tokenizer::open(settings, context, limits.length)?;
        let columns = Wanted { text: settings.text_column.clone(), pair: settings.text_pair_column.clone() };
        let Settings { samples, seed, lossy, .. } = *settings;
        let texts = Texts::read(paths, &Selection { samples, seed, columns, lossy })?;
        let pad = context.config.pad_token_id.and_then(|id| id.try_into().ok());
        Ok(TextSource {
            tokens: TokenWindows::new(texts, tokenizer, limits, context)?,
            positions_after: positions_after_padding(&context.config).then_some(pad.unwrap_or(1)),
        })
    }

    /// What texts would be tokenized with for a model.
    pub(crate) fn provenance_of(settings: &Settings, context: &ModelContext) -> Result<Provenance, Error> {
        let limits = limits(settings, context)?;
        Ok(provenance(&Tokenizer::open(settings, context, limits.length)?))
    }

    fn texts(&self) -> &Texts {
        &self.tokens.texts
    }
}

fn limits(settings: &Settings, context: &ModelContext) -> Result<TextLimits, Error> {
    let ids = roles::ids(&context.inputs)?;
    let batch = Limits { fixed: fixed(ids, 0), ..Limits::of(settings, context)? };
    Ok(TextLimits { batch, length: fixed(ids, 1) })
}

fn provenance(tokenizer: &Tokenizer) -> Provenance {
    Provenance { steps: [("tokenizer".to_owned(), tokenizer.preparation.clone())].into() }
}

impl InputSource for TextSource {
    fn kind(&self) -> Kind {
        Kind::Texts
    }

    fn available(&self) -> u64 {
        self.texts().available
    }

    fn drawn(&self) -> usize {
        self.texts().len()
    }

    fn passed_over(&self) -> Vec<Skipped> {
        self.texts().blanks.entries()
    }

    fn unusable(&self) -> &[Skipped] {
        &self.texts().skipped
    }

    fn window_count(&self) -> usize {
        self.tokens.window_count()
    }

    fn batches_in(&self, window: usize) -> Result<usize, Error> {
        self.tokens.batches_in(window)
    }

    fn batch(&self, window: usize, nth: usize, index: u64) -> Result<Batch, Error> {
        self.tokens.batch(window, nth, index)
    }

    fn fill(&self, inputs: &[TensorInfo]) -> Result<Box<dyn Fill>, Error> {
        Ok(Box::new(TextFeed::of(inputs, self.positions_after)?))
    }

    fn excerpt(&self, row: usize) -> Result<Excerpt, Error> {
        let mut text = self.texts().get(row)?.map_or_else(String::new, |text| match text.second {
            Some(second) => format!("{}\n{second}", text.first),
            None => text.first,
        });
        text.truncate(text.floor_char_boundary(EXCERPT));
        let place = self.texts().place(row);
        let source = place.map_or_else(String::new, |(path, _)| path.to_string_lossy().into_owned());
        Ok(Excerpt { source, line: place.map(|(_, line)| line), text })
    }

    fn identify(&self, hasher: &mut blake3::Hasher) {
        for row in 0..self.texts().len() {
            if let Ok(Some(text)) = self.texts().get(row) {
                hasher.update(&(row as u64).to_le_bytes()).update(text.first.as_bytes()).update(&[0]);
                hasher.update(text.second.unwrap_or_default().as_bytes()).update(&[0]);
            }
        }
    }

    fn provenance(&self) -> Provenance {
        provenance(&self.tokens.tokenizer)
    }
}
