//! The flow of one model: load, capture, measure, report.
//!
//! In: a [`Subject`] (a model with its inputs, or a file of activations) and the settings. Out: a [`FinishedRun`].
//! Scoring a model, measuring a file and each turn of a comparison are this one function.

use std::path::Path;

use serde_json::{Map, Value};

use crate::Error;
use crate::activations::{self, Activations, CapturePlan, Fed, Forward, SelfCheck};
use crate::base::job::{Job, Stage};
use crate::base::warning::Warning;
use crate::cli::Console;
use crate::cli::settings::RunSettings;
use crate::inputs::{self, Feed, Inputs};
use crate::measures::{self, Measures};
use crate::model::ElementType;
use crate::report::build::{BuiltRun, Origin, RanModel, RunResults, build};
use crate::report::saved::SavedRun;
use crate::runtime::{Runtime, Session, memory};

use super::{Clock, Tapped};

/// What gives the activations.
pub enum Subject<'a> {
    /// A model in the runtime, and the inputs to run through it.
    /// Without a session all of it has been captured, in parts.
    Model {
        session: Option<Session>,
        tapped: &'a Tapped,
        inputs: &'a Inputs,
        runtime: &'a Runtime,
        run: &'a RunSettings,
    },
    /// Activations of a saved run.
    Saved { run: &'a SavedRun, activations: Activations },
    /// Activations of a file from another program.
    File { path: &'a Path, activations: Activations },
}

/// A run that has its figures and its report.
pub struct FinishedRun {
    pub built: BuiltRun,
    pub measures: Measures,
    pub activations: Activations,
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
    let (source, single);
    let mut raised = Vec::new();
    let (activations, origin) = match subject {
        Subject::Model { session, tapped, inputs, runtime, run } => {
            let captured = capture(session, tapped, inputs, run, console)?;
            raised.extend(captured.warning);
            let activations = captured.activations;
            single = captured.inputs;
            let inputs = single.as_ref().unwrap_or(inputs);
            let Tapped { model, digest, taps, .. } = tapped;
            source = run.inputs()?.source.to_string();
            let provider = &run.runtime.provider;
            let ran = RanModel { runtime, provider, path: &source, model, hash: digest.hash, taps, inputs };
            (activations, Origin::Model(ran))
        }
        Subject::Saved { run, activations } => (activations, Origin::Saved(run)),
        Subject::File { path, activations } => (activations, Origin::File(path)),
    };
    clock.captured();
    raised.extend(console.take_warnings());
    let measures = measures::measure(activations.rows(), &activations.ranges(), settings, console)?;
    let built = build(RunResults {
        origin,
        activations: &activations,
        measures: &measures,
        settings,
        resolved,
        timing: clock.timing(&measures),
        resumed,
        raised,
    })?;
    Ok(FinishedRun { built, measures, activations })
}

/// The activations of a model, and how they had to be captured.
pub struct Captured {
    pub activations: Activations,
    /// The inputs one by one, where the model does not give them their own values in batches.
    pub inputs: Option<Inputs>,
    pub warning: Option<Warning>,
}

/// What was made of the inputs, and how.
struct Steady<T> {
    made: T,
    /// The inputs one by one, and the warning, where the model does not give them their own values in batches.
    single: Option<(Inputs, Warning)>,
}

/// Runs the inputs through the model, and gives its memory back. Without a session the parts that there are are put together.
///
/// # Errors
/// Those of the capture; the model's file was changed meanwhile.
pub fn capture(
    mut session: Option<Session>,
    tapped: &Tapped,
    inputs: &Inputs,
    run: &RunSettings,
    console: &Console,
) -> Result<Captured, Error> {
    let forward = session.as_mut().map(|session| session as &mut dyn Forward);
    let captured = capture_through(forward, tapped, inputs, run, console)?;
    give_back(session, tapped)?;
    Ok(captured)
}

/// As [`capture`], through a model that is used again.
///
/// # Errors
/// Those of the capture.
pub fn capture_through(
    mut forward: Option<&mut dyn Forward>,
    tapped: &Tapped,
    inputs: &Inputs,
    run: &RunSettings,
    console: &Console,
) -> Result<Captured, Error> {
    let captured = steadily(tapped, inputs, run, console, |fed, plan| match &mut forward {
        Some(forward) => activations::capture(*forward, &tapped.taps, fed, plan, console),
        None => activations::join(&tapped.taps, fed, plan, console),
    })?;
    let Steady { made: activations, single } = captured;
    let random = activations
        .self_check
        .filter(SelfCheck::is_random)
        .map(|check| Warning::Random { difference: check.again, op: tapped.model.graph.random_op() });
    let (inputs, warning) = single.map_or((None, random), |(inputs, warning)| (Some(inputs), Some(warning)));
    Ok(Captured { activations, inputs, warning })
}

/// Runs one shard's inputs through the model, and keeps the parts.
///
/// # Errors
/// As [`capture`].
pub fn capture_share(
    mut session: Session,
    tapped: &Tapped,
    inputs: &Inputs,
    run: &RunSettings,
    console: &Console,
) -> Result<(), Error> {
    steadily(tapped, inputs, run, console, |fed, plan| {
        activations::capture_share(&mut session, &tapped.taps, fed, plan, console)
    })?;
    give_back(Some(session), tapped)
}

/// Has the inputs run in batches and, where the self-check finds that an input's values depend on the other inputs of its
/// batch, each by itself.
fn steadily<T>(
    tapped: &Tapped,
    inputs: &Inputs,
    run: &RunSettings,
    console: &Console,
    mut over: impl FnMut(&Fed, CapturePlan) -> Result<T, activations::Error>,
) -> Result<Steady<T>, Error> {
    let half = tapped.taps.taps.iter().any(|tap| matches!(tap.element, ElementType::F16 | ElementType::Bf16));
    let rounding = if half { activations::ROUNDING_OF_HALF } else { activations::ROUNDING };
    let known = console.kept(Stage::Capture, activations::SELF_CHECK, 0).and_then(|bytes| SelfCheck::read(&bytes));
    let plan = CapturePlan { rounding, allow_random: run.allow_random, known };
    let mut over = |inputs: &Inputs, plan: CapturePlan| {
        let feed = Feed::of(inputs, &tapped.model.graph)?;
        let extra = &tapped.overlay.extra_inputs;
        let fed = Fed { inputs, feed: &feed, extra, most_skipped: run.max_skipped };
        Ok(over(&fed, plan)?)
    };
    let first = match known {
        Some(check) if check.depends_on_batch() && !check.is_random() => {
            Err(activations::Error::DependsOnBatch(check).into())
        }
        _ => over(inputs, plan),
    };
    match first {
        Err(Error::Activations(error)) => match *error {
            activations::Error::DependsOnBatch(check) => {
                let settings = inputs::Settings { batch_size: Some(1), ..run.inputs()?.clone() };
                let single = Inputs::open(&settings, &tapped.model)?;
                let made = over(&single, CapturePlan { known: Some(check), ..plan })?;
                let why = tapped.model.graph.batch_dependent_op();
                let warning = Warning::DependsOnBatch { difference: check.alone, why };
                Ok(Steady { made, single: Some((single, warning)) })
            }
            activations::Error::Random { difference, .. } => {
                let op = tapped.model.graph.random_op();
                Err(activations::Error::Random { difference, op }.into())
            }
            other => Err(other.into()),
        },
        made => Ok(Steady { made: made?, single: None }),
    }
}

/// Gives the memory of the model back, and checks that its file is still the one that was loaded.
pub fn give_back(session: Option<Session>, tapped: &Tapped) -> Result<(), Error> {
    drop(session);
    if tapped.is_read_in_place() {
        tapped.digest.check()?;
    }
    memory::give_back();
    Ok(())
}
