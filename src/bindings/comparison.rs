//! A comparison, made now or loaded.

use std::path::Path;

use super::folder::{into, save};
use super::view::{RunView, as_json, text};
use crate::Error;
use crate::commands::{self, Kept};
use crate::report::compared::CompareReport;
use crate::report::page;
use crate::report::saved::SavedRun;

/// What was found of several variants.
pub struct Comparison {
    report: CompareReport,
    /// In the order of the report's variants and their models.
    members: Members,
}

enum Members {
    Compared(Vec<Vec<Kept>>),
    Saved(Vec<Vec<SavedRun>>),
}

impl Comparison {
    pub(super) fn made(report: CompareReport, finished: Vec<Vec<Kept>>) -> Comparison {
        Comparison { report, members: Members::Compared(finished) }
    }

    pub(super) fn saved(report: CompareReport, runs: Vec<Vec<SavedRun>>) -> Comparison {
        Comparison { report, members: Members::Saved(runs) }
    }

    /// The report, as `report.json` has it.
    ///
    /// # Errors
    /// None in practice.
    pub fn report(&self) -> Result<String, Error> {
        as_json(&self.report)
    }

    /// The results of one model of a variant; `None` where there is none.
    pub fn view(&self, variant: usize, model: usize) -> Option<RunView<'_>> {
        Some(match &self.members {
            Members::Compared(kept) => RunView::of(kept.get(variant)?.get(model)?),
            Members::Saved(runs) => RunView::of_saved(runs.get(variant)?.get(model)?),
        })
    }

    /// The page, one file of HTML.
    ///
    /// # Errors
    /// The page cannot be made.
    pub fn page(&self) -> Result<String, Error> {
        let mut bytes = Vec::new();
        match &self.members {
            Members::Compared(kept) => commands::page_of(&self.report, kept, &mut bytes)?,
            Members::Saved(runs) => {
                let firsts = || runs.iter().filter_map(|models| models.first());
                let drawn: Vec<_> = firsts().map(|run| (&run.figures, run.examples.as_ref())).collect();
                page::write_comparison(&self.report, &drawn, &mut bytes)?;
            }
        }
        Ok(text(bytes))
    }

    /// Writes the folder that `probe compare --out` writes. What was loaded has its folder already, and is not written.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        match &self.members {
            Members::Compared(kept) => commands::save_all(&self.report, kept, &into(folder)?),
            Members::Saved(_) => Ok(()),
        }
    }

    /// As [`super::Run::save`], of one model of a variant.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save_member(&self, variant: usize, model: usize, folder: &Path) -> Result<(), Error> {
        match &self.members {
            Members::Compared(kept) => match kept.get(variant).and_then(|models| models.get(model)) {
                Some(kept) => save(kept, None, folder),
                None => Ok(()),
            },
            Members::Saved(_) => Ok(()),
        }
    }
}
