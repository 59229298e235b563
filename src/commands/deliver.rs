//! Where a finished report goes: the run's folder, then stdout, with the warnings on stderr.

use std::io;

use serde::Serialize;

use crate::Error;
use crate::activations::{Activations, Precision};
use crate::base::warning::Words;
use crate::cli::OutputSettings;
use crate::cli::{Console, messages};
use crate::report::build::BuiltRun;
use crate::report::export::{Export, Format};
use crate::report::figures::Figures;
use crate::report::{self, json, npz, page, terminal};
use crate::store::{Batch, RunFolder, names};

use super::run_model::FinishedRun;
use super::{print, style};

/// Writes the run's folder, if there is one, and prints what was asked for.
pub fn deliver(run: &mut FinishedRun, console: &Console, output: &OutputSettings) -> Result<(), Error> {
    keep(run, console, output.save_activations)?;
    let FinishedRun { built, measures, activations } = run;
    let figures = Figures::of(measures, &activations.ranges());
    let report = &built.report;
    let next = next_command(built, console.folder());
    print_result(output, |export, to| export.run(report, &figures, to))?;
    print_words(output, report.warnings.iter().map(|warning| (None, warning)), next.as_deref())
}

/// Writes the run's folder, if there is one.
pub fn keep(run: &mut FinishedRun, console: &Console, precision: Option<Precision>) -> Result<(), Error> {
    let FinishedRun { built, measures, activations } = run;
    let Some(folder) = console.folder() else { return Ok(()) };
    let figures = Figures::of(measures, &activations.ranges());
    let mut files = folder.batch();
    save(built, &figures, precision.map(|precision| (&*activations, precision)), &mut files, "")?;
    Ok(console.commit(files)?)
}

/// Prints a result in the format that was asked for.
pub(super) fn print_result(
    output: &OutputSettings,
    print: impl FnOnce(&dyn Export, &mut dyn io::Write) -> Result<(), report::Error>,
) -> Result<(), Error> {
    Ok(print(output.format.export(), &mut anstream::stdout().lock())?)
}

/// Prints the warnings, each with the label of its variant where it has one, and after a table the command to type next.
pub(super) fn print_words<'w>(
    output: &OutputSettings,
    warnings: impl Iterator<Item = (Option<&'w str>, &'w Words)>,
    next: Option<&[String]>,
) -> Result<(), Error> {
    if output.quiet {
        return Ok(());
    }
    for (label, warning) in warnings {
        let message = match label {
            Some(label) => format!("{label}: {}", warning.message),
            None => warning.message.clone(),
        };
        messages::warning(&message, Some(warning.advice.as_str()).filter(|advice| !advice.is_empty()));
    }
    match next {
        Some(next) if output.format == Format::Table => print(&terminal::next(next, &style())),
        _ => Ok(()),
    }
}

/// Writes the files of one model's run into the folder `within` (empty, or ending in `/`) of a batch; `activations` are
/// written where they are asked for, and what cannot be written as it was asked for is a warning of the report.
pub fn save(
    built: &mut BuiltRun,
    figures: &Figures,
    activations: Option<(&Activations, Precision)>,
    files: &mut Batch,
    within: &str,
) -> Result<(), Error> {
    let BuiltRun { report, examples, places, skipped } = built;
    let name = |name: &str| format!("{within}{name}");
    if let Some((activations, precision)) = activations {
        let warning = files.write(&name(names::ACTIVATIONS), |file| activations.save(file, precision))?;
        report.warnings.extend(warning.map(|warning| warning.words()));
    }
    files.write(&name(names::MEASURES), |file| npz::write(figures, file).map_err(into_io))?;
    if let Some(examples) = examples {
        files.write(&name(names::EXAMPLES), |file| json::write(examples, file).map_err(into_io))?;
    }
    if let Some(places) = places {
        files.write(&name(names::INPUTS), |file| json::write(places, file).map_err(into_io))?;
    }
    files.write(&name(names::SKIPPED), |file| skipped_lines(skipped, file))?;
    files
        .write(&name(names::PAGE), |file| page::write_run(report, figures, examples.as_ref(), file).map_err(into_io))?;
    report.files = files.files(within);
    files.write(&name(names::REPORT), |file| json::write(report, file).map_err(into_io))?;
    Ok(())
}

pub(super) fn skipped_lines(entries: &[impl Serialize], mut to: impl io::Write) -> io::Result<()> {
    for entry in entries {
        serde_json::to_writer(&mut to, entry)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// The store adds which file it was.
pub(super) fn into_io(error: report::Error) -> io::Error {
    match error {
        report::Error::Write(error) => error,
        other => io::Error::other(other),
    }
}

/// What a person would do next.
fn next_command(built: &BuiltRun, folder: Option<&RunFolder>) -> Option<Vec<String>> {
    match (folder, &built.report.model) {
        (Some(folder), _) => Some(open_page(folder)),
        (None, Some(model)) => Some(
            ["probe", "compare", &format!("this={}", model.path), "other=OTHER.onnx", "…"].map(str::to_owned).to_vec(),
        ),
        (None, None) => None,
    }
}

/// The command that shows the page of a run.
pub(super) fn open_page(folder: &RunFolder) -> Vec<String> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    vec![opener.to_owned(), folder.path().join(names::PAGE).display().to_string()]
}
