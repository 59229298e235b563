//! `probe labels RUN|ACTS.npz`: what can be read off each layer about labels of the inputs.

use std::io;
use std::path::Path;

use ndarray::ArrayView2;

use crate::Error;
use crate::activations::{self, Activations};
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::{LabelsCommand, named};
use crate::inputs::{self, Places};
use crate::labels::{self, Labelled, Labelling};
use crate::report::labels::LabelsReport;
use crate::report::saved::{self, Saved, SavedRun, model_folder};
use crate::report::schema::Kind;
use crate::report::{self, codelengths_npz, json, page};
use crate::store::{RunFolder, names};

use super::deliver::{into_io, open_page, print_result, print_words};
use super::member::SavedActivations;

/// Codes the labels from each layer, keeps the result where that is asked for, and prints it.
pub fn labels(command: &LabelsCommand) -> Result<Outcome, Error> {
    let mut captured = Captured::open(&command.activations)?;
    if let (None, Some(_)) = (&captured.run, &command.output.out) {
        return Err(labels::Error::NotARun(command.activations.clone()).into());
    }
    let console = Console::open(&command.output)?;
    let activations = captured.load(&console)?;
    let places = captured.places(&activations)?;
    let kind = captured.kind();
    let (seen, text_column) = (captured.seen(), captured.text_column());
    let labelling = Labelling {
        run: &command.activations,
        kind: of_inputs(kind),
        places: &places,
        seen: &seen,
        text_column: text_column.as_deref(),
    };
    let columns = labelling.columns(&command.source, &command.columns)?;
    let settings = &command.settings;
    let labelled = columns.iter().map(|column| Labelled::new(&column.name, &column.labels, settings.drop_rare));
    let labelled = labelled.collect::<Result<Vec<_>, _>>()?;

    let layers: Vec<(&str, ArrayView2<'_, f32>)> =
        activations.layers.iter().map(|layer| (layer.label.as_str(), activations.layer(layer))).collect();
    let coded = labelled.iter().map(|of| labels::codelengths(&layers, of, settings, &console));
    let coded = coded.collect::<Result<Vec<_>, _>>()?;
    let report = LabelsReport::new(
        command.activations.display().to_string(),
        captured.name(),
        kind,
        activations.samples,
        resolved(command),
        coded,
    );
    if let (Some(run), Some(folder)) = (&mut captured.run, console.folder()) {
        keep(&mut run.run, &report, folder, &console)?;
    }
    let next = console.folder().map(open_page);
    print_result(&command.output, |export, to| export.labels(&report, to))?;
    print_words(&command.output, report.warnings.iter().map(|warning| (None, warning)), next.as_deref())?;
    Ok(Outcome::Done)
}

/// Every resolved setting under its name on the command line.
fn resolved(command: &LabelsCommand) -> serde_json::Map<String, serde_json::Value> {
    let mut settings = named(&command.settings);
    settings.insert("labels".to_owned(), command.source.to_string().into());
    settings.insert("column".to_owned(), command.columns.clone().into());
    settings
}

/// Activations that exist already: those of a saved run, or of a file from another program.
struct Captured<'a> {
    path: &'a Path,
    run: Option<Box<SavedActivations>>,
}

impl Captured<'_> {
    fn open(path: &Path) -> Result<Captured<'_>, Error> {
        if !path.join(names::REPORT).is_file() {
            return match path.extension().and_then(|extension| extension.to_str()) {
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

    fn load(&self, console: &Console) -> Result<Activations, activations::Error> {
        let path = self.run.as_ref().map_or(self.path, |run| &run.path);
        activations::load(path, &|_| true, &|rows| (0..rows).collect(), console)
    }

    /// Where the inputs came from: of a file every row is its own place.
    fn places(&self, activations: &Activations) -> Result<Places, Error> {
        let Some(run) = &self.run else {
            return Ok(Places::all_of(self.path.display().to_string(), activations.samples));
        };
        match &run.run.places {
            Some(kept) if kept.places.record.len() == activations.samples => Ok(kept.places.clone()),
            // A run of `probe measure` has the rows of its file.
            None if run.run.report.inputs.kind == Kind::Activations => {
                Ok(Places::all_of(run.run.report.inputs.path.clone(), activations.samples))
            }
            _ => Err(labels::Error::NoPlaces(self.path.to_owned()).into()),
        }
    }

    /// The texts that the run kept as examples, by their inputs.
    fn seen(&self) -> Vec<(usize, String)> {
        let examples = self.run.as_ref().and_then(|run| run.run.examples.as_ref());
        let inputs = examples.into_iter().flat_map(|examples| &examples.inputs);
        inputs.filter_map(|(input, excerpt)| Some((*input, excerpt.text.clone()?))).collect()
    }

    /// The column that the texts were in, where they came from tables with one name for it.
    fn text_column(&self) -> Option<String> {
        let provenance = self.run.as_ref()?.run.report.inputs.provenance.as_ref()?;
        Some(provenance.value("texts", "text_column")?.as_str()?.to_owned())
    }

    fn kind(&self) -> Kind {
        self.run.as_ref().map_or(Kind::Activations, |run| run.run.report.inputs.kind)
    }

    fn name(&self) -> String {
        match &self.run {
            Some(run) => run.run.report.name().to_owned(),
            None => self.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }
}

fn of_inputs(kind: Kind) -> Option<inputs::Kind> {
    match kind {
        Kind::Texts => Some(inputs::Kind::Texts),
        Kind::Images => Some(inputs::Kind::Images),
        Kind::Arrays => Some(inputs::Kind::Arrays),
        Kind::Activations => None,
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
