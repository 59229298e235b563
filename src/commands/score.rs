//! `probe --model …`: the main job, one model over its inputs.

use std::path::Path;

use crate::Error;
use crate::activations::Activations;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::{RunSettings, ScoreCommand};
use crate::inputs::Inputs;
use crate::runtime::{Runtime, Session};

use super::run_model::{FinishedRun, Subject, capture, run_model};
use super::{Clock, Tapped, deliver, dry_run, found, parts_key, replaced};

/// Scores one model.
pub fn score(command: &ScoreCommand) -> Result<Outcome, Error> {
    let run = &command.run;
    let console = Console::open(&run.output)?;
    let loaded = Loaded::open(&command.model, run, &console)?;
    if run.output.dry_run {
        return dry_run::of_model(loaded.session, &loaded.tapped, &loaded.inputs, run);
    }
    let mut finished = loaded.run(run, &console)?;
    deliver(&mut finished, &console, &run.output)?;
    Ok(Outcome::Done)
}

/// Scores one model for another program.
///
/// # Errors
/// The model, the inputs or ONNX Runtime cannot be used.
pub fn scored(model: &Path, run: &RunSettings, console: &Console) -> Result<FinishedRun, Error> {
    Loaded::open(model, run, console)?.run(run, console)
}

/// Captures the activations of one model for another program, and measures nothing.
///
/// # Errors
/// As [`scored`].
pub fn captured(model: &Path, run: &RunSettings, console: &Console) -> Result<Activations, Error> {
    let Loaded { tapped, session, inputs, .. } = Loaded::open(model, run, console)?;
    Ok(capture(session, &tapped, &inputs, run, console)?.activations)
}

/// A model in the runtime, with its taps and its inputs.
struct Loaded {
    clock: Clock,
    runtime: Runtime,
    tapped: Tapped,
    session: Session,
    inputs: Inputs,
}

impl Loaded {
    fn open(model: &Path, run: &RunSettings, console: &Console) -> Result<Loaded, Error> {
        let clock = Clock::start();
        let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
        let tapped = Tapped::open(model, &run.taps)?;
        let (session, inputs) = tapped.load(&runtime, run, console)?;
        found::say(&tapped, &inputs, &runtime, run);
        Ok(Loaded { clock, runtime, tapped, session, inputs })
    }

    fn run(self, run: &RunSettings, console: &Console) -> Result<FinishedRun, Error> {
        let Loaded { mut clock, runtime, tapped, session, inputs } = self;
        let resolved = run.resolved();
        let model = parts_key::of_model(&tapped, &inputs);
        let key = parts_key::of_run([(String::new(), model)], &resolved, &runtime.version);
        replaced::say(console, &[tapped.digest.hash.to_hex().to_string()]);
        console.keep_parts(run.output.resume, key)?;
        clock.loaded();
        let subject = Subject::Model { session, tapped: &tapped, inputs: &inputs, runtime: &runtime, run };
        run_model(subject, &run.measures, resolved, run.output.resume, clock, console)
    }
}
