//! The inputs of a run, of whatever kind.

use std::sync::Arc;

use super::arrays::ArraySource;
use super::batches::Batches;
use super::context::ModelContext;
use super::cut::{Cut, Part};
use super::error::Error;
use super::images::ImageSource;
use super::ledger::Skipped;
use super::places::Places;
use super::provenance::Provenance;
use super::settings::{Kind, Settings, Source};
use super::source::{Excerpt, InputSource};
use super::texts::TextSource;
use crate::base::warning::Warning;
use crate::model::Model;

/// The inputs of a run: opened, drawn, and ready to be prepared.
#[derive(Debug)]
pub struct Inputs {
    pub(super) source: Arc<dyn InputSource>,
}

/// Opens the inputs of a kind. This is the one list of the kinds.
fn open(settings: &Settings, context: &ModelContext) -> Result<Arc<dyn InputSource>, Error> {
    Ok(match &settings.source {
        Source::Texts(paths) => Arc::new(TextSource::open(paths, settings, context)?),
        Source::Images(path) => Arc::new(ImageSource::open(path, settings, context)?),
        Source::Arrays(path) => Arc::new(ArraySource::open(path, settings, context)?),
    })
}

/// What the inputs would be prepared with, without reading them. See [`Inputs::provenance_of`].
fn provenance(settings: &Settings, context: &ModelContext) -> Result<Provenance, Error> {
    match &settings.source {
        Source::Texts(_) => TextSource::provenance_of(settings, context),
        Source::Images(_) => ImageSource::provenance_of(settings, context),
        Source::Arrays(path) => ArraySource::provenance_of(path, context),
    }
}

impl Inputs {
    /// Reads and draws the inputs, and loads what prepares them. Nothing is prepared yet, unless a tokenizer knows more
    /// ids than the model has embeddings: then every text is looked at first.
    ///
    /// # Errors
    /// Inputs that are missing or cannot be read, none that can be used, side files that are damaged, and a model that
    /// takes inputs of another kind.
    pub fn open(settings: &Settings, model: &Model) -> Result<Self, Error> {
        Self::open_with(settings, &ModelContext::of(model)?)
    }

    pub(crate) fn open_with(settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        Ok(Inputs { source: open(settings, context)? })
    }

    /// What the inputs would be prepared with for `model`, without reading the inputs: it costs the reading of the side
    /// files. Variants whose provenances have no [`Provenance::differences`] can share one `Inputs`.
    ///
    /// # Errors
    /// As [`Inputs::open`], as far as they concern the model and its side files.
    pub fn provenance_of(settings: &Settings, model: &Model) -> Result<Provenance, Error> {
        provenance(settings, &ModelContext::of(model)?)
    }

    /// Every file and every value that the inputs are prepared with. The key for `--resume` is made from this and
    /// [`Inputs::fingerprint`].
    pub fn provenance(&self) -> Provenance {
        self.source.provenance()
    }

    /// The number of inputs drawn that are in no batch, because it was seen at once that they hold what an earlier one holds.
    pub fn repeats(&self) -> usize {
        self.source.repeats()
    }

    /// Whether inputs that hold what an earlier one holds are measured all the same.
    pub fn keeps_repeats(&self) -> bool {
        self.source.keeps_repeats()
    }

    /// The warnings that the inputs and their preparation call for.
    pub fn warnings(&self) -> Vec<Warning> {
        self.source.warnings()
    }

    /// The kind of the inputs.
    pub fn kind(&self) -> Kind {
        self.source.kind()
    }

    /// The number of inputs that there were to draw from.
    pub fn available(&self) -> u64 {
        self.source.available()
    }

    /// The number of inputs drawn, including those that turn out to be unusable.
    pub fn drawn(&self) -> usize {
        self.source.drawn()
    }

    /// Inputs drawn that turned out to be unusable when they were read. The batches report further ones.
    pub fn opened_skips(&self) -> &[Skipped] {
        self.source.unusable()
    }

    /// What was passed over before the draw because it is not an input: blank lines, links in a circle. It is listed in
    /// the ledger, and does not count for `--max-skipped`.
    pub fn passed_over(&self) -> Vec<Skipped> {
        self.source.passed_over()
    }

    /// How the inputs are cut into parts.
    pub fn cut(&self) -> Cut {
        Cut::new(self.source.drawn(), self.source.window_rows())
    }

    /// How many inputs every batch of a block has, by window; texts of the block are tokenized for it.
    ///
    /// # Errors
    /// A text cannot be read back, or has a token that the model does not know.
    pub fn sizes(&self, block: usize) -> Result<Vec<Vec<usize>>, Error> {
        self.cut().windows(block).map(|window| self.source.sizes(window)).collect()
    }

    /// The batches of some parts, always the same, prepared ahead on a thread of their own. Nothing is prepared of blocks
    /// that have none of them.
    pub fn batches(&self, wanted: Vec<Part>) -> Batches {
        Batches::start(Arc::clone(&self.source), self.cut(), wanted)
    }

    /// All batches, in order.
    pub fn all_batches(&self) -> Batches {
        self.batches(self.cut().all())
    }

    /// The inputs of some rows, for a person to read; a long text is cut.
    ///
    /// # Errors
    /// A text cannot be read back from the scratch file.
    pub fn excerpts(&self, rows: &[usize]) -> Result<Vec<Excerpt>, Error> {
        rows.iter().map(|row| self.source.excerpt(*row)).collect()
    }

    /// Where some rows came from.
    pub fn places(&self, rows: &[usize]) -> Places {
        self.source.places(rows)
    }

    /// A hash that distinguishes these inputs from others without preparing them: texts by their content; images and
    /// arrays by the name, the size and the time of change of their files.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        self.source.identify(&mut hasher);
        hasher.finalize().to_hex().to_string()
    }
}
