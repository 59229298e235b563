//! Texts as one kind of inputs.

use std::path::PathBuf;

use super::drawn::{Selection, Texts};
use super::feed::TextFeed;
use super::read::Wanted;
use super::read::records::Found;
use super::roles;
use super::tokenizer::{Tokenizer, positions_after_padding};
use super::windows::{TextLimits, TokenWindows, WINDOW};
use crate::base::warning::Warning;
use crate::inputs::batch::Batch;
use crate::inputs::context::ModelContext;
use crate::inputs::error::Error;
use crate::inputs::ledger::Skipped;
use crate::inputs::limits::Limits;
use crate::inputs::places::Places;
use crate::inputs::provenance::{Origin, Preparation, Provenance};
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
    provenance: Provenance,
    keep_repeats: bool,
    /// The fixed length of a model that reads padding as text.
    padding_read: Option<usize>,
}

impl TextSource {
    /// Reads the texts, draws among them, and loads the tokenizer.
    pub(crate) fn open(paths: &[PathBuf], settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        let limits = limits(settings, context)?;
        let tokenizer = Tokenizer::open(settings, context, limits.length)?;
        let columns = Wanted { text: settings.text_column.clone(), pair: settings.text_pair_column.clone() };
        let Settings { samples, seed, lossy, keep_repeats, .. } = *settings;
        let texts = Texts::read(paths, &Selection { samples, seed, columns, lossy, keep_repeats })?;
        let pad = context.config.pad_token_id.and_then(|id| id.try_into().ok());
        let mut provenance = provenance(&tokenizer);
        provenance.steps.insert("texts".to_owned(), reading(&texts.found, settings));
        if limits.equal_lengths {
            let mut batches = Preparation::default();
            batches.set("equal_lengths", true, Origin::Model);
            provenance.steps.insert("batches".to_owned(), batches);
        }
        Ok(TextSource {
            tokens: TokenWindows::new(texts, tokenizer, limits, context)?,
            positions_after: positions_after_padding(&context.config).then_some(pad.unwrap_or(1)),
            provenance,
            keep_repeats,
            padding_read: limits.length.filter(|_| !roles::has_mask(&context.inputs)),
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
    let batch = Limits::of(settings, fixed(ids, 0))?;
    let length = fixed(ids, 1);
    Ok(TextLimits { batch, length, equal_lengths: length.is_none() && !roles::has_mask(&context.inputs) })
}

fn provenance(tokenizer: &Tokenizer) -> Provenance {
    Provenance { steps: [("tokenizer".to_owned(), tokenizer.preparation.clone())].into() }
}

/// How the files were read: what several files differ in is listed once each.
fn reading(found: &[Found], settings: &Settings) -> Preparation {
    let list = |of: &dyn Fn(&Found) -> Option<String>| {
        let mut values: Vec<String> = found.iter().filter_map(of).collect();
        values.sort();
        values.dedup();
        values.join(", ")
    };
    let mut step = Preparation::default();
    step.set("format", list(&|found| Some(found.format.clone())), Origin::Default);
    step.set("encoding", list(&|found| Some(found.encoding.to_owned())), Origin::Default);
    let from = |asked: &Option<String>| if asked.is_some() { Origin::Flag } else { Origin::Default };
    let text = list(&|found| Some(found.columns.as_ref()?.text.name.clone()));
    if !text.is_empty() {
        step.set("text_column", text, from(&settings.text_column));
    }
    let pair = list(&|found| Some(found.columns.as_ref()?.pair.as_ref()?.name.clone()));
    if !pair.is_empty() {
        step.set("text_pair_column", pair, from(&settings.text_pair_column));
    }
    step
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

    fn window_rows(&self) -> usize {
        WINDOW
    }

    fn sizes(&self, window: usize) -> Result<Vec<usize>, Error> {
        self.tokens.sizes(window)
    }

    fn batch(&self, window: usize, nth: usize) -> Result<Batch, Error> {
        self.tokens.batch(window, nth)
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

    fn places(&self, rows: &[usize]) -> Places {
        self.texts().places(rows)
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
        self.provenance.clone()
    }

    fn keeps_repeats(&self) -> bool {
        self.keep_repeats
    }

    fn repeats(&self) -> usize {
        self.texts().repeats.len()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.padding_read.map(|length| Warning::PaddingRead { length }).into_iter().collect()
    }
}
