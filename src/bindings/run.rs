//! A run, measured now or loaded, and activations that were captured and not measured.

use std::path::Path;

use ndarray::ArrayView2;

use super::folder::save;
use super::view::RunView;
use crate::Error;
use crate::activations::{Activations, Precision};
use crate::commands::{FinishedRun, Kept, Known};
use crate::inputs::Places;
use crate::report;
use crate::report::build::BuiltRun;
use crate::report::saved::SavedRun;

/// What stands for the path of a run that is in memory.
const PLACE: &str = "run";

/// What was measured on one model, or on activations.
pub struct Run(Held);

enum Held {
    Measured(Box<Measured>),
    Saved(Box<SavedRun>),
}

struct Measured {
    kept: Kept,
    activations: Activations,
    /// How many inputs there were to draw from, where arrays were measured.
    of_rows: Option<usize>,
}

/// The activations of one model over its inputs.
pub struct Captured(pub(super) Activations);

impl Run {
    /// `of_rows` is how many inputs there were to draw from, where arrays were measured.
    pub(super) fn of(finished: FinishedRun, of_rows: Option<usize>) -> Run {
        let FinishedRun { built, measures, activations } = finished;
        let kept = Kept { built, measures, ranges: activations.ranges() };
        Run(Held::Measured(Box::new(Measured { kept, activations, of_rows })))
    }

    pub(super) fn saved(run: SavedRun) -> Run {
        Run(Held::Saved(Box::new(run)))
    }

    /// Its results.
    pub fn view(&self) -> RunView<'_> {
        match &self.0 {
            Held::Measured(measured) => RunView::of(&measured.kept),
            Held::Saved(run) => RunView::of_saved(run),
        }
    }

    /// The activations that were measured: per layer its label and float32 [inputs, neurons]. Of a run that was loaded they lie
    /// in its folder, if they were saved, and are not read.
    pub fn activations(&self) -> Vec<(&str, ArrayView2<'_, f32>)> {
        match &self.0 {
            Held::Measured(measured) => per_layer(&measured.activations),
            Held::Saved(_) => Vec::new(),
        }
    }

    /// The activations with what is known of their inputs.
    ///
    /// # Errors
    /// A run that was loaded: its activations lie in its folder.
    pub(super) fn known(&self) -> Result<(Known<'_>, &Activations), Error> {
        let Measured { kept, activations, of_rows } = match &self.0 {
            Held::Measured(measured) => &**measured,
            Held::Saved(run) => return Err(report::Error::NoActivations(run.folder.clone()).into()),
        };
        let BuiltRun { report, examples, places, .. } = &kept.built;
        let known = Known::of_run(Path::new(PLACE), report, examples.as_ref(), places.as_ref(), activations.samples)?;
        let rows = activations.kept_rows.iter().copied();
        let known = match of_rows {
            Some(count) => known.at(Places::rows_of(PLACE.to_owned(), *count, rows)),
            None => known,
        };
        Ok((known, activations))
    }

    /// Writes the folder that `probe --out` writes. A run that was loaded has its folder already, and is not written.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self, folder: &Path, with_activations: bool) -> Result<(), Error> {
        match &self.0 {
            Held::Measured(measured) => {
                let activations = with_activations.then_some((&measured.activations, Precision::F32));
                save(&measured.kept, activations, folder)
            }
            Held::Saved(_) => Ok(()),
        }
    }
}

impl Captured {
    /// Per layer its label and float32 [inputs, neurons].
    pub fn layers(&self) -> Vec<(&str, ArrayView2<'_, f32>)> {
        per_layer(&self.0)
    }
}

fn per_layer(activations: &Activations) -> Vec<(&str, ArrayView2<'_, f32>)> {
    let layer = |layer| activations.layer(layer).reversed_axes();
    activations.layers.iter().map(|of| (of.label.as_str(), layer(of))).collect()
}
