//! The report as JSON, and nothing else.

use std::io::Write;

use super::Export;
use crate::report::Error;
use crate::report::ablation::AblationReport;
use crate::report::compared::CompareReport;
use crate::report::figures::Figures;
use crate::report::json;
use crate::report::labels::LabelsReport;
use crate::report::schema::Report;

pub(super) struct Json;

impl Export for Json {
    fn run(&self, report: &Report, _: &Figures, to: &mut dyn Write) -> Result<(), Error> {
        json::write(report, to)
    }

    fn comparison(&self, report: &CompareReport, _: &[Vec<Figures>], to: &mut dyn Write) -> Result<(), Error> {
        json::write(report, to)
    }

    fn ablation(&self, report: &AblationReport, to: &mut dyn Write) -> Result<(), Error> {
        json::write(report, to)
    }

    fn labels(&self, report: &LabelsReport, to: &mut dyn Write) -> Result<(), Error> {
        json::write(report, to)
    }
}
