//! The flow of one model: load, capture, measure, report.
//!
//! In: a [`Subject`] (a model with its inputs, or a file of activations) and the settings. Out: a [`FinishedRun`].
//! Scoring a model, measuring a file and each turn of a comparison are this one function.

use std::path::Path;

use serde_json::{Map, Value};

use crate::Error;
use crate::activations::{self, Activations, Fed};
use crate::base::job::Job;
use crate::cli::Console;
use crate::cli::settings::RunSettings;
use crate::inputs::{Feed, Inputs};
use crate::measures::{self, Measures};
use crate::report::build::{BuiltRun, RanModel, RunResults, build};
use crate::report::figures::Figures;
use crate::runtime::{Runtime, Session, memory};

use super::{Clock, Tapped};

/// What gives the activations.
pub enum Subject<'a> {
    /// A model in the runtime, and the inputs to run through it.
    Model { session: Session, tapped: &'a Tapped, inputs: &'a Inputs, runtime: &'a Runtime, run: &'a RunSettings },
    /// Activations that were loaded from a file.
    File { path: &'a Path, activations: Activations },
}

/// A run that has its figures and its report.
pub struct FinishedRun {
    pub built: BuiltRun,
    pub measures: Measures,
    pub activations: Activations,
}

impl FinishedRun {
    /// The measures one by one, in their places.
    pub fn figures(&self) -> Figures<'_> {
        Figures::of(&self.measures.primary, &self.activations.ranges())
    }
}

/// Captures the activations of one model, measures them, and builds the report.
///
/// # Errors
/// Those of the stages. What is finished has been kept by the console.
pub fn run_model(
    subject: Subject,
    settings: &measures::Settings,
    resolved: Map<String, Value>,
    resumed: bool,
    mut clock: Clock,
    console: &Console,
) -> Result<FinishedRun, Error> {
    let (activations, model, path) = match subject {
        Subject::Model { session, tapped, inputs, runtime, run } => {
            let activations = capture(session, tapped, inputs, run, console)?;
            let Tapped { model, hash, taps, .. } = tapped;
            let ran = RanModel { runtime, provider: &run.runtime.provider, model, hash: *hash, taps, inputs };
            (activations, Some(ran), run.inputs.source.to_string())
        }
        Subject::File { path, activations } => (activations, None, path.display().to_string()),
    };
    clock.captured();
    let measures = measures::measure(activations.rows(), &activations.ranges(), settings, console)?;
    let built = build(RunResults {
        model,
        path,
        activations: &activations,
        measures: &measures,
        settings,
        resolved,
        timing: clock.timing(&measures),
        resumed,
        parts: console.take_warnings(),
    })?;
    Ok(FinishedRun { built, measures, activations })
}

/// Runs the inputs through the model, and gives its memory back.
pub fn capture(
    mut session: Session,
    tapped: &Tapped,
    inputs: &Inputs,
    run: &RunSettings,
    job: &dyn Job,
) -> Result<Activations, Error> {
    let feed = Feed::of(inputs, &tapped.model.graph)?;
    let extra = &tapped.overlay.extra_inputs;
    let fed = Fed { inputs, feed: &feed, extra, most_skipped: run.max_skipped };
    let activations = activations::capture(&mut session, &tapped.taps, &fed, job)?;
    drop(session);
    memory::give_back();
    Ok(activations)
}
