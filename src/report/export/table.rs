//! Tables for people, in the colours that the terminal takes.

use std::io::Write;

use super::Export;
use crate::report::Error;
use crate::report::ablation::AblationReport;
use crate::report::compared::CompareReport;
use crate::report::figures::Figures;
use crate::report::labels::LabelsReport;
use crate::report::schema::Report;
use crate::report::terminal::{self, Style};

pub(super) struct Table;

impl Export for Table {
    fn run(&self, report: &Report, _: &Figures, to: &mut dyn Write) -> Result<(), Error> {
        Ok(to.write_all(terminal::run(report, &Style::of_stdout()).as_bytes())?)
    }

    fn comparison(&self, report: &CompareReport, _: &[Vec<Figures>], to: &mut dyn Write) -> Result<(), Error> {
        Ok(to.write_all(terminal::compare(report, &Style::of_stdout()).as_bytes())?)
    }

    fn ablation(&self, report: &AblationReport, to: &mut dyn Write) -> Result<(), Error> {
        Ok(to.write_all(terminal::ablation(report, &Style::colored()).as_bytes())?)
    }

    fn labels(&self, report: &LabelsReport, to: &mut dyn Write) -> Result<(), Error> {
        Ok(to.write_all(terminal::labels(report, &Style::of_stdout()).as_bytes())?)
    }
}
