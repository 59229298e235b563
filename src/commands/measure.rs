//! `probe measure FILE`: activations that another program captured.

use crate::Error;
use crate::activations::{self, Activations};
use crate::base::share::Share;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::MeasureCommand;
use crate::inputs;
use crate::measures;

use super::dry_run::{self, Plan};
use super::run_model::{FinishedRun, Subject, run_model};
use super::{Clock, deliver, parts_key, replaced, shard};

/// Measures a file of activations, without any model.
pub fn measure(command: &MeasureCommand) -> Result<Outcome, Error> {
    let clock = Clock::start();
    let console = Console::open(&command.output)?;
    let draw = |rows: usize| inputs::positions(rows, command.samples, command.measures.seed);
    let activations = activations::load(&command.file, &|_| true, &draw, &console)?;
    if command.output.dry_run {
        let plan = Plan::of_activations(command.file.display().to_string(), &activations, &command.measures)?;
        return dry_run::show("file", &plan, command.threads);
    }
    if let Share::Of(shard) = command.output.share {
        keep_parts(command, &activations, &console)?;
        measures::share(activations.rows(), &activations.ranges(), &command.measures, &console)?;
        return shard::finish(shard, &console, &command.output);
    }
    let mut finished = measured(command, activations, clock, &console)?;
    deliver(&mut finished, &console, &command.output)?;
    Ok(Outcome::Done)
}

/// Measures activations that are there, whether they come from the command's file or from another program's memory.
///
/// # Errors
/// Too few inputs.
pub fn measured(
    command: &MeasureCommand,
    activations: Activations,
    mut clock: Clock,
    console: &Console,
) -> Result<FinishedRun, Error> {
    keep_parts(command, &activations, console)?;
    clock.loaded();
    let subject = Subject::File { path: &command.file, activations };
    run_model(subject, &command.measures, command.resolved(), command.output.resume, clock, console)
}

fn keep_parts(command: &MeasureCommand, activations: &Activations, console: &Console) -> Result<(), Error> {
    replaced::say(console, &[blake3::Hash::from_bytes(activations.digest).to_hex().to_string()]);
    let key = parts_key::of_activations(activations.digest, &command.resolved());
    console.keep_parts(&command.output, key)
}
