//! Labels coded from activations, wherever those are: in a run's folder, in a file, or in the memory of another program.
//!
//! In: activations with what is known of their inputs ([`Known`]), and the settings. Out: a [`LabelsReport`].

use std::path::Path;

use ndarray::ArrayView2;

use crate::Error;
use crate::activations::Activations;
use crate::cli::Console;
use crate::cli::settings::{LabelsCommand, named};
use crate::inputs::{self, Places};
use crate::labels::{self, Labelled, Labelling};
use crate::report::examples::Examples;
use crate::report::labels::LabelsReport;
use crate::report::saved::InputPlaces;
use crate::report::schema::{Kind, Report};

/// What is known of the inputs behind activations.
pub struct Known<'a> {
    /// The run's folder or the file of activations, as it was given.
    path: &'a Path,
    name: String,
    kind: Kind,
    places: Places,
    examples: Option<&'a Examples>,
    /// The column that the texts were in, where they came from tables with one name for it.
    text_column: Option<&'a str>,
}

impl<'a> Known<'a> {
    /// Of activations that another program captured: every row is its own place.
    pub fn of_file(path: &'a Path, samples: usize) -> Known<'a> {
        Known {
            path,
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            kind: Kind::Activations,
            places: Places::all_of(path.display().to_string(), samples),
            examples: None,
            text_column: None,
        }
    }

    /// Of the `samples` inputs of a run.
    ///
    /// # Errors
    /// The run does not say where its inputs came from.
    pub fn of_run(
        path: &'a Path,
        report: &'a Report,
        examples: Option<&'a Examples>,
        places: Option<&InputPlaces>,
        samples: usize,
    ) -> Result<Known<'a>, labels::Error> {
        let places = match places {
            Some(kept) if kept.places.record.len() == samples => kept.places.clone(),
            // A run of `probe measure` has the rows of its file.
            None if report.inputs.kind == Kind::Activations => Places::all_of(report.inputs.path.clone(), samples),
            _ => return Err(labels::Error::NoPlaces(path.to_owned())),
        };
        let provenance = report.inputs.provenance.as_ref();
        let text_column = provenance.and_then(|provenance| provenance.value("texts", "text_column")?.as_str());
        let name = report.name().to_owned();
        Ok(Known { path, name, kind: report.inputs.kind, places, examples, text_column })
    }

    /// The same, where it is known better which of the records the inputs are.
    pub fn at(self, places: Places) -> Known<'a> {
        Known { places, ..self }
    }

    /// The texts that were kept as examples, by their inputs.
    fn seen(&self) -> Vec<(usize, String)> {
        let inputs = self.examples.into_iter().flat_map(|examples| &examples.inputs);
        inputs.filter_map(|(input, excerpt)| Some((*input, excerpt.text.clone()?))).collect()
    }
}

/// Codes the labels from each layer of `activations`.
///
/// # Errors
/// The labels cannot be read, are not those of these inputs, or cannot be coded; the user stopped it.
pub fn coded(
    known: &Known,
    activations: &Activations,
    command: &LabelsCommand,
    console: &Console,
) -> Result<LabelsReport, Error> {
    let labelling = Labelling {
        run: known.path,
        kind: of_inputs(known.kind),
        places: &known.places,
        seen: &known.seen(),
        text_column: known.text_column,
    };
    let columns = labelling.columns(&command.source, &command.columns)?;
    let settings = &command.settings;
    let labelled = columns.iter().map(|column| Labelled::new(&column.name, &column.labels, settings.drop_rare));
    let labelled = labelled.collect::<Result<Vec<_>, _>>()?;

    let layers: Vec<(&str, ArrayView2<'_, f32>)> =
        activations.layers.iter().map(|layer| (layer.label.as_str(), activations.layer(layer))).collect();
    let coded = labelled.iter().map(|of| labels::codelengths(&layers, of, settings, console));
    let coded = coded.collect::<Result<Vec<_>, _>>()?;
    let path = known.path.display().to_string();
    Ok(LabelsReport::new(path, known.name.clone(), known.kind, activations.samples, resolved(command), coded))
}

/// Every resolved setting under its name on the command line.
fn resolved(command: &LabelsCommand) -> serde_json::Map<String, serde_json::Value> {
    let mut settings = named(&command.settings);
    settings.insert("labels".to_owned(), command.source.to_string().into());
    settings.insert("column".to_owned(), command.columns.clone().into());
    settings
}

fn of_inputs(kind: Kind) -> Option<inputs::Kind> {
    match kind {
        Kind::Texts => Some(inputs::Kind::Texts),
        Kind::Images => Some(inputs::Kind::Images),
        Kind::Arrays => Some(inputs::Kind::Arrays),
        Kind::Activations => None,
    }
}
