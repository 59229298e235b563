//! What every kind of inputs gives to a run.

use std::fmt::Debug;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::Serialize;

use super::batch::Batch;
use super::error::Error;
use super::ledger::Skipped;
use super::places::Places;
use super::provenance::Provenance;
use super::settings::Kind;
use super::tensors::fill::Fill;
use crate::base::warning::Warning;
use crate::model::TensorInfo;

/// Inputs of one kind, opened and drawn. A window is a run of neighbouring inputs drawn whose batches are settled together,
/// without looking at any other window; windows and the batches in them come in a fixed order.
pub(crate) trait InputSource: Debug + Send + Sync {
    fn kind(&self) -> Kind;

    /// The number of inputs that there were to draw from.
    fn available(&self) -> u64;

    /// The number of inputs drawn, including those that turn out to be unusable.
    fn drawn(&self) -> usize;

    /// What was passed over before the draw because it is not an input: blank lines, links in a circle.
    fn passed_over(&self) -> Vec<Skipped> {
        Vec::new()
    }

    /// Inputs drawn that turned out to be unusable when they were read.
    fn unusable(&self) -> &[Skipped] {
        &[]
    }

    /// The inputs drawn per window; the last one may have fewer.
    fn window_rows(&self) -> usize;

    /// The number of inputs of every batch of a window, skipped ones included. There is at least one batch.
    fn sizes(&self, window: usize) -> Result<Vec<usize>, Error> {
        let rows = self.window_rows();
        Ok(vec![rows.min(self.drawn().saturating_sub(window * rows))])
    }

    /// Batch number `nth` of a window.
    fn batch(&self, window: usize, nth: usize) -> Result<Batch, Error>;

    /// How the batches fill the inputs of a model.
    ///
    /// # Errors
    /// An input that nothing fills, several inputs that could take the same, or shapes and types that do not fit.
    fn fill(&self, inputs: &[TensorInfo]) -> Result<Box<dyn Fill>, Error>;

    /// One input, for a person to read; a long text is cut.
    fn excerpt(&self, row: usize) -> Result<Excerpt, Error>;

    /// Where some rows came from.
    fn places(&self, rows: &[usize]) -> Places;

    /// Adds to `hasher` what distinguishes these inputs from others, without preparing them.
    fn identify(&self, hasher: &mut blake3::Hasher);

    /// Every file and value that the inputs are prepared with.
    fn provenance(&self) -> Provenance;

    /// The number of inputs drawn that are in no batch, because it was seen at once that they hold what an earlier one holds.
    fn repeats(&self) -> usize {
        0
    }

    /// Whether inputs that hold what an earlier one holds are measured all the same.
    fn keeps_repeats(&self) -> bool;

    /// The warnings that the inputs and their preparation call for.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }
}

/// One input, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The file.
    pub source: String,
    /// The line of a text, or the row of an array.
    pub line: Option<u64>,
    /// The text itself; empty for images and arrays.
    pub text: String,
}

/// Adds the name, the size and the time of change of a file to `hasher`.
pub(crate) fn identify_file(hasher: &mut blake3::Hasher, path: &Path) {
    let name = path.as_os_str().as_encoded_bytes();
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name);
    if let Ok(metadata) = path.metadata() {
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        hasher.update(&metadata.len().to_le_bytes());
        hasher.update(&changed.map_or(0, |time| time.as_nanos()).to_le_bytes());
    }
}
