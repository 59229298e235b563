//! `probe report RUN…` and `probe examples RUN`: what can be made of saved runs, with no model needed.

use std::path::PathBuf;

use crate::Error;
use crate::cli::exit::Outcome;
use crate::cli::messages;
use crate::cli::settings::{ExamplesCommand, ReportCommand};
use crate::report::examples::{ComparedExamples, ExamplesReport, VariantExamples};
use crate::report::page;
use crate::report::saved::{Saved, SavedRun};
use crate::report::schema::have_other_inputs;
use crate::report::{self, terminal};
use crate::store::{self, names};

use super::deliver::into_io;
use super::{print, print_json, style};

/// Writes the page of saved runs again; a comparison's if its folder is the only one.
pub fn report(settings: &ReportCommand) -> Result<Outcome, Error> {
    let read = settings.runs.iter().map(|folder| Saved::read(folder)).collect::<Result<Vec<_>, report::Error>>()?;
    let path = settings.out.clone().unwrap_or_else(|| match &settings.runs[..] {
        [only] => only.join(names::PAGE),
        _ => PathBuf::from(names::PAGE),
    });
    match &read[..] {
        [Saved::Comparison(comparison)] => {
            let drawn: Vec<_> = comparison.first.iter().map(|run| (&run.figures, run.examples.as_ref())).collect();
            store::write_atomically(&path, |file| {
                page::write_comparison(&comparison.report, &drawn, file).map_err(into_io)
            })?;
        }
        several => {
            let runs: Vec<(String, &SavedRun)> = several.iter().flat_map(labelled).collect();
            if have_other_inputs(runs.iter().map(|(_, run)| &run.report)) {
                let advice = "measure all of them on the same inputs, or use `probe compare`";
                messages::warning(
                    "the runs measured different inputs, so their figures cannot be compared",
                    Some(advice),
                );
            }
            store::write_atomically(&path, |file| page::write_runs(&runs, file).map_err(into_io))?;
        }
    }
    print(&format!("{}\n", crate::base::text::visible(&path.display().to_string())))?;
    Ok(Outcome::Done)
}

/// Runs under the names of their folders; of a comparison the first model of each variant.
fn labelled(saved: &Saved) -> Vec<(String, &SavedRun)> {
    match saved {
        Saved::Run(run) => {
            let folder = run.folder.file_name().map(|name| name.to_string_lossy().into_owned());
            vec![(folder.unwrap_or_else(|| run.report.name().to_owned()), run)]
        }
        Saved::Comparison(comparison) => {
            let labels = comparison.report.variants.iter().map(|variant| variant.label.clone());
            labels.zip(&comparison.first).collect()
        }
    }
}

/// Shows the inputs that activate neurons most: of a run, or of the first model of every variant of a comparison.
pub fn examples(settings: &ExamplesCommand) -> Result<Outcome, Error> {
    match Saved::read(&settings.run)? {
        Saved::Run(run) => {
            let found = examples_of(&run, settings)?;
            match settings.json {
                true => print_json(&found)?,
                false => print(&terminal::examples(&found, &style()))?,
            }
        }
        Saved::Comparison(comparison) => {
            let labels = comparison.report.variants.iter().map(|variant| variant.label.clone());
            let of_variant = |(label, run)| Ok(VariantExamples { label, examples: examples_of(run, settings)? });
            let variants = labels.zip(&comparison.first).map(of_variant).collect::<Result<Vec<_>, Error>>()?;
            match settings.json {
                true => print_json(&ComparedExamples { variants })?,
                false => print(&terminal::compared_examples(&variants, &style()))?,
            }
        }
    }
    Ok(Outcome::Done)
}

fn examples_of(run: &SavedRun, settings: &ExamplesCommand) -> Result<ExamplesReport, Error> {
    let Some(examples) = &run.examples else {
        return Err(report::Error::NoExamples(run.folder.clone()).into());
    };
    let neurons = match &settings.neuron {
        Some(name) => vec![examples.asked(name, settings.top, &run.figures)?],
        None => examples.most_telling(settings.top, &run.figures),
    };
    Ok(ExamplesReport { kind: examples.kind, neurons })
}
