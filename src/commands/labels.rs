//! `probe labels RUN|ACTS.npz`: what can be read off each layer about labels of the inputs.

use std::io;
use std::path::Path;

use crate::Error;
use crate::activations;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::LabelsCommand;
use crate::labels;
use crate::report::labels::LabelsReport;
use crate::report::saved::{self, Saved, SavedRun, model_folder};
use crate::report::{self, codelengths_npz, json, page};
use crate::store::{RunFolder, names};

use super::coded::{Known, coded};
use super::deliver::{into_io, open_page, print_result, print_words};
use super::member::SavedActivations;

/// Codes the labels from each layer, keeps the result where that is asked for, and prints it.
pub fn labels(command: &LabelsCommand) -> Result<Outcome, Error> {
    let captured = Captured::open(command)?;
    let console = Console::open(&command.output)?;
    let report = captured.coded(command, &console)?;
    let next = console.folder().map(open_page);
    print_result(&command.output, |export, to| export.labels(&report, to))?;
    print_words(&command.output, report.warnings.iter().map(|warning| (None, warning)), next.as_deref())?;
    Ok(Outcome::Done)
}

/// Activations that exist already: those of a saved run, or of a file from another program.
pub struct Captured<'a> {
    path: &'a Path,
    run: Option<Box<SavedActivations>>,
}

impl Captured<'_> {
    /// Opens what the command names.
    ///
    /// # Errors
    /// It is neither a run that was saved with its activations nor a file of them; codelengths are to be kept in a file.
    pub fn open(command: &LabelsCommand) -> Result<Captured<'_>, Error> {
        let path = command.activations.as_path();
        if !path.join(names::REPORT).is_file() {
            return match path.extension().and_then(|extension| extension.to_str()) {
                Some("npz" | "npy") if command.output.out.is_some() => {
                    Err(labels::Error::NotARun(path.to_owned()).into())
                }
                Some("npz" | "npy") => Ok(Captured { path, run: None }),
                _ => Err(report::Error::NotARun(path.to_owned()).into()),
            };
        }
        match Saved::read(path)? {
            Saved::Run(run) => Ok(Captured { path, run: Some(Box::new(SavedActivations::of(*run)?)) }),
            Saved::Comparison(comparison) => {
                let models = (comparison.report.variants.iter())
                    .map(|variant| path.join(model_folder(&variant.label, 0, variant.replicates.len())))
                    .collect();
                Err(report::Error::IsComparison { folder: path.to_owned(), models }.into())
            }
        }
    }

    /// Codes the labels from each layer, and keeps the result where that is asked for.
    ///
    /// # Errors
    /// As [`coded`]; the activations cannot be read, or the folder cannot be written.
    pub fn coded(mut self, command: &LabelsCommand, console: &Console) -> Result<LabelsReport, Error> {
        let path = self.run.as_ref().map_or(self.path, |run| &run.path);
        let activations = activations::load(path, &|_| true, &|rows| (0..rows).collect(), console)?;
        let known = match &self.run {
            Some(saved) => {
                let SavedRun { report, examples, places, .. } = &saved.run;
                Known::of_run(self.path, report, examples.as_ref(), places.as_ref(), activations.samples)?
            }
            None => Known::of_file(self.path, activations.samples),
        };
        let report = coded(&known, &activations, command, console)?;
        if let (Some(saved), Some(folder)) = (&mut self.run, console.folder()) {
            keep(&mut saved.run, &report, folder, console)?;
        }
        Ok(report)
    }
}

/// Writes the files of a run again, with the codelengths in its report and on its page. Those of other columns stay.
fn keep(run: &mut SavedRun, labels: &LabelsReport, folder: &RunFolder, console: &Console) -> Result<(), Error> {
    let mut files = folder.batch();
    for name in run.report.files.keys().filter(|name| ![names::PAGE, names::CODELENGTHS].contains(&name.as_str())) {
        let mut from = saved::listed(&run.folder, &run.report.files, name)?;
        files.write(name, |to| io::copy(&mut from, to))?;
    }
    let SavedRun { report, figures, examples, .. } = run;
    report.labels.retain(|earlier| labels.labels.iter().all(|of| of.column != earlier.column));
    report.labels.extend(labels.labels.iter().cloned());
    files.write(names::CODELENGTHS, |file| codelengths_npz::write(&report.labels, file).map_err(into_io))?;
    files.write(names::PAGE, |file| page::write_run(report, figures, examples.as_ref(), file).map_err(into_io))?;
    report.files = files.files("");
    files.write(names::REPORT, |file| json::write(report, file).map_err(into_io))?;
    Ok(console.commit(files)?)
}
