//! `probe --model …`: the main job, one model over its inputs.

use std::path::Path;

use crate::Error;
use crate::activations::Activations;
use crate::base::share::Share;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::{RunSettings, ScoreCommand};
use crate::inputs::Inputs;
use crate::runtime::{Runtime, Session};

use super::dry_run::{self, Plan};
use super::run_model::{FinishedRun, Subject, capture, capture_share, run_model};
use super::{Clock, Tapped, deliver, found, parts_key, replaced, shard};

/// Scores one model.
pub fn score(command: &ScoreCommand) -> Result<Outcome, Error> {
    let run = &command.run;
    let console = Console::open(&run.output)?;
    let loaded = Loaded::open(&command.model, run, &console)?;
    if run.output.dry_run {
        return match loaded.session {
            Some(session) => {
                let name = loaded.tapped.model.path.display().to_string();
                let plan = Plan::of_model(name, session, &loaded.tapped, &loaded.inputs, run)?;
                dry_run::show("model", &plan, run.runtime.threads)
            }
            None => Ok(Outcome::Done),
        };
    }
    if let Share::Of(shard) = run.output.share {
        loaded.share(run, &console)?;
        return shard::finish(shard, &console, &run.output);
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
    /// Not needed where the parts of shards are put together.
    session: Option<Session>,
    inputs: Inputs,
}

impl Loaded {
    fn open(model: &Path, run: &RunSettings, console: &Console) -> Result<Loaded, Error> {
        let clock = Clock::start();
        let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
        let tapped = Tapped::open(model, &run.taps)?;
        let (session, inputs) = match run.output.share {
            Share::Nothing => (None, tapped.inputs(run)?),
            Share::All | Share::Of(_) => {
                let (session, inputs) = tapped.load(&runtime, run, console)?;
                (Some(session), inputs)
            }
        };
        found::say(&tapped, &inputs, &runtime, run);
        Ok(Loaded { clock, runtime, tapped, session, inputs })
    }

    fn run(self, run: &RunSettings, console: &Console) -> Result<FinishedRun, Error> {
        self.keep_parts(run, console)?;
        // Shards share out the inputs; the measures are made here.
        console.set_share(Share::All);
        let Loaded { mut clock, runtime, tapped, session, inputs } = self;
        clock.loaded();
        let subject = Subject::Model { session, tapped: &tapped, inputs: &inputs, runtime: &runtime, run };
        run_model(subject, &run.measures, run.resolved(), run.output.resume, clock, console)
    }

    /// Captures one shard's share of the inputs.
    fn share(self, run: &RunSettings, console: &Console) -> Result<(), Error> {
        self.keep_parts(run, console)?;
        match self.session {
            Some(session) => capture_share(session, &self.tapped, &self.inputs, run, console),
            None => Ok(()),
        }
    }

    fn keep_parts(&self, run: &RunSettings, console: &Console) -> Result<(), Error> {
        let model = parts_key::of_model(&self.tapped, &self.inputs);
        let key = parts_key::of_run([(String::new(), model)], &run.resolved(), &self.runtime.version);
        replaced::say(console, &[self.tapped.digest.hash.to_hex().to_string()]);
        console.keep_parts(&run.output, key)
    }
}
