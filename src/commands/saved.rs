//! `probe report RUN…` and `probe examples RUN`: what can be made of saved runs, with no model needed.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::cli::exit::Outcome;
use crate::cli::settings::{Examples, ReportAgain};
use crate::report::examples::ExamplesReport;
use crate::report::html::{self, Shown};
use crate::report::saved::{self, Run};
use crate::report::{self, terminal};
use crate::store;

use super::{print, print_json, style};

/// Writes the page of saved runs again.
pub fn report(settings: &ReportAgain) -> Result<Outcome, Error> {
    let runs = settings.runs.iter().map(|folder| Run::read(folder)).collect::<Result<Vec<_>, report::Error>>()?;
    let shown: Vec<Shown> =
        runs.iter().map(|run| Shown::one(label(run), &run.report, &run.figures, run.examples.as_ref())).collect();
    let path = settings.out.clone().unwrap_or_else(|| match &settings.runs[..] {
        [only] => only.join(saved::PAGE),
        _ => PathBuf::from(saved::PAGE),
    });
    store::write_atomically(&path, |file| html::write(&shown, &[], file).map_err(super::deliver::into_io))?;
    print(&format!("{}\n", report::words::visible(&path.display().to_string())))?;
    Ok(Outcome::Done)
}

/// Several runs are told apart by their folders.
fn label(run: &Run) -> String {
    let folder = run.folder.file_name().or_else(|| Path::file_name(&run.folder));
    folder.map_or_else(|| run.report.name().to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Shows the inputs that activate neurons most.
pub fn examples(settings: &Examples) -> Result<Outcome, Error> {
    let run = Run::read(&settings.run)?;
    let Some(examples) = &run.examples else {
        return Err(report::Error::NoExamples(settings.run.clone()).into());
    };
    let neurons = match &settings.neuron {
        Some(name) => vec![examples.asked(name, settings.top, &run.figures)?],
        None => examples.most_telling(settings.top, &run.figures),
    };
    let found = ExamplesReport { kind: examples.kind, neurons };
    match settings.json {
        true => print_json(&found)?,
        false => print(&terminal::examples(&found, &style()))?,
    }
    Ok(Outcome::Done)
}
