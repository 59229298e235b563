//! How many inputs share a batch.

use super::context::ModelContext;
use super::error::Error;
use super::settings::Settings;
use super::tensors::wanted::fixed;

/// What limits the inputs per batch, for every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `--batch-size`.
    pub(crate) asked: Option<usize>,
    /// The batch size that the model's inputs are fixed to.
    pub(crate) fixed: Option<usize>,
}

impl Limits {
    /// # Errors
    /// A batch size of 0.
    pub(crate) fn of(settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        match settings.batch_size {
            Some(0) => Err(Error::BatchSize),
            asked => Ok(Limits { asked, fixed: context.inputs.iter().find_map(|input| fixed(input, 0)) }),
        }
    }

    /// The inputs per batch, where `usual` of them would share one if nothing else were said.
    pub(crate) fn rows(self, usual: usize) -> usize {
        self.asked.unwrap_or(usual).min(self.fixed.unwrap_or(usize::MAX)).max(1)
    }
}
