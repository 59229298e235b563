//! `probe --model …`: the main job, one model over its inputs.

use crate::Error;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::ScoreCommand;
use crate::runtime::Runtime;

use super::run_model::{Subject, run_model};
use super::{Clock, Tapped, deliver, dry_run, found, parts_key};

/// Scores one model.
pub fn score(command: &ScoreCommand) -> Result<Outcome, Error> {
    let run = &command.run;
    let mut clock = Clock::start();
    let console = Console::open(&run.output)?;
    let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
    let tapped = Tapped::open(&command.model, &run.taps)?;
    let (session, inputs) = tapped.load(&runtime, run, &console)?;
    found::say(&tapped, &inputs, &runtime, run);
    if run.output.dry_run {
        return dry_run::of_model(session, &tapped, &inputs, run);
    }
    let resolved = run.resolved();
    let key = parts_key::of_models(&[("", &tapped, &inputs)], &resolved, &runtime.version);
    console.keep_parts(run.output.resume, key)?;
    clock.loaded();
    let subject = Subject::Model { session, tapped: &tapped, inputs: &inputs, runtime: &runtime, run };
    let finished = run_model(subject, &run.measures, resolved, run.output.resume, clock, &console)?;
    deliver(&finished, &console, &run.output)?;
    Ok(Outcome::Done)
}
