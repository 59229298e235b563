//! Where a finished report goes: the run's folder, then stdout, with the warnings on stderr.

use std::io;

use serde::Serialize;

use crate::Error;
use crate::activations::Activations;
use crate::base::warning::Words;
use crate::cli::settings::OutputSettings;
use crate::cli::{Console, messages};
use crate::report::build::BuiltRun;
use crate::report::export::{Export, Format};
use crate::report::figures::Figures;
use crate::report::{self, json, npz, page, saved, terminal};
use crate::store::RunFolder;

use super::run_model::FinishedRun;
use super::{print, style};

/// Every input that was passed over, one per line.
pub(super) const SKIPPED: &str = "skipped.jsonl";

/// Writes the run's folder, if there is one, and prints what was asked for.
pub fn deliver(run: &FinishedRun, console: &Console, output: &OutputSettings) -> Result<(), Error> {
    let figures = run.figures();
    if let Some(folder) = console.folder() {
        let activations = output.save_activations.then_some(&run.activations);
        save(&run.built, &figures, activations, folder)?;
        console.clear_parts()?;
    }
    let report = &run.built.report;
    let next = next_command(&run.built, console.folder());
    print_result(output, |export, to| export.run(report, &figures, to))?;
    print_words(output, report.warnings.iter().map(|warning| (None, warning)), next.as_deref())
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

/// Writes the files of a run. They appear together and whole, or not at all; `activations` are written where they are
/// asked for.
pub(super) fn save(
    built: &BuiltRun,
    figures: &Figures,
    activations: Option<&Activations>,
    folder: &RunFolder,
) -> Result<(), Error> {
    let BuiltRun { report, examples, skipped } = built;
    let mut files = folder.batch();
    if let Some(activations) = activations {
        files.write(saved::ACTIVATIONS, |file| activations.save(file))?;
    }
    files.write(saved::MEASURES, |file| npz::write(figures, file).map_err(into_io))?;
    if let Some(examples) = examples {
        files.write(saved::EXAMPLES, |file| json::write(examples, file).map_err(into_io))?;
    }
    files.write(SKIPPED, |file| skipped_lines(skipped, file))?;
    files.write(saved::PAGE, |file| page::write_run(report, figures, examples.as_ref(), file).map_err(into_io))?;
    files.write(saved::REPORT, |file| json::write(report, file).map_err(into_io))?;
    Ok(files.commit()?)
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
    vec![opener.to_owned(), folder.path().join(saved::PAGE).display().to_string()]
}
