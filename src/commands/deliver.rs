//! Where a finished report goes: the run's folder, and stdout.

use std::io;

use serde::Serialize;

use crate::Error;
use crate::activations::Activations;
use crate::cli::Desk;
use crate::cli::args::Format;
use crate::cli::settings::Output;
use crate::report::figures::Figures;
use crate::report::gather::Gathered;
use crate::report::{self, csv, json, npz, page, terminal};
use crate::store::{Batch, RunFolder, names};

use super::{print, style};

/// Writes the run's folder, if there is one, and prints what was asked for. Files appear together and whole, or not at
/// all; `activations` are written where they are asked for.
pub fn deliver(
    gathered: &mut Gathered,
    figures: &Figures,
    activations: Option<&Activations>,
    desk: &Desk,
    output: &Output,
) -> Result<(), Error> {
    if let Some(folder) = desk.folder() {
        let mut files = folder.batch();
        save(gathered, figures, activations, &mut files, "")?;
        desk.commit(files)?;
    }
    match output.format {
        Format::Json => Ok(json::write(&gathered.report, io::stdout().lock())?),
        Format::Csv => Ok(csv::write(&gathered.report, figures, io::stdout().lock())?),
        Format::Table => {
            let next = next_command(gathered, desk.folder());
            print(&terminal::run(&gathered.report, next.as_deref(), &style()))
        }
    }
}

/// Writes the files of one model's run into the folder `within` (empty, or ending in `/`) of a batch.
pub fn save(
    gathered: &mut Gathered,
    figures: &Figures,
    activations: Option<&Activations>,
    files: &mut Batch,
    within: &str,
) -> Result<(), Error> {
    let Gathered { report, examples, skipped } = gathered;
    let name = |name: &str| format!("{within}{name}");
    if let Some(activations) = activations {
        files.write(&name(names::ACTIVATIONS), |file| activations.save(file))?;
    }
    files.write(&name(names::MEASURES), |file| npz::write(figures, file).map_err(into_io))?;
    if let Some(examples) = examples {
        files.write(&name(names::EXAMPLES), |file| json::write(examples, file).map_err(into_io))?;
    }
    files.write(&name(names::SKIPPED), |file| skipped_lines(skipped, file))?;
    files.write(&name(names::PAGE), |file| {
        page::write_run(report, figures, examples.as_ref(), file).map_err(into_io)
    })?;
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
fn next_command(gathered: &Gathered, folder: Option<&RunFolder>) -> Option<Vec<String>> {
    match (folder, &gathered.report.model) {
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
