//! The formats in which results are printed on stdout.
//!
//! In: a run's or a comparison's report with the measures one by one. Out: text. A format is a file here, a line in
//! [`Format::export`], and a line in the docs.

mod csv;
mod json;
mod markdown;
mod table;

use std::io::Write;

use clap::ValueEnum;

use super::Error;
use super::ablation::AblationReport;
use super::compared::CompareReport;
use super::figures::Figures;
use super::labels::LabelsReport;
use super::schema::Report;

/// A format in which results are printed.
pub trait Export {
    /// Prints one run.
    ///
    /// # Errors
    /// Writing fails.
    fn run(&self, report: &Report, figures: &Figures, to: &mut dyn Write) -> Result<(), Error>;

    /// Prints a comparison; `figures` are those of each variant's models.
    ///
    /// # Errors
    /// Writing fails.
    fn comparison(&self, report: &CompareReport, figures: &[Vec<Figures>], to: &mut dyn Write) -> Result<(), Error>;

    /// Prints codelengths of labels.
    ///
    /// # Errors
    /// Writing fails.
    fn labels(&self, report: &LabelsReport, to: &mut dyn Write) -> Result<(), Error>;

    /// Prints what happens when neurons are switched off.
    ///
    /// # Errors
    /// Writing fails.
    fn ablation(&self, report: &AblationReport, to: &mut dyn Write) -> Result<(), Error>;
}

/// The formats of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// The report.
    Json,
    /// One row per neuron, for spreadsheets and data frames.
    Csv,
    /// A table for papers and pull requests.
    Markdown,
}

impl Format {
    /// What prints this format.
    pub fn export(self) -> &'static dyn Export {
        match self {
            Format::Table => &table::Table,
            Format::Json => &json::Json,
            Format::Csv => &csv::Csv,
            Format::Markdown => &markdown::Markdown,
        }
    }
}
