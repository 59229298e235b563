//! `probe measure FILE`: activations that another program captured.

use std::path::Path;

use crate::Error;
use crate::activations::{self, Activations};
use crate::base::share::Share;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::MeasureCommand;
use crate::inputs;
use crate::measures;

use super::run_model::{FinishedRun, Subject, run_model};
use super::{Clock, deliver, dry_run, parts_key, replaced, shard};

/// Measures a file of activations, without any model.
pub fn measure(command: &MeasureCommand) -> Result<Outcome, Error> {
    let mut clock = Clock::start();
    let console = Console::open(&command.output)?;
    let draw = |rows: usize| inputs::positions(rows, command.samples, command.measures.seed);
    let activations = activations::load(&command.file, &|_| true, &draw, &console)?;
    if command.output.dry_run {
        return dry_run::of_file(&command.file, &activations, &command.measures, command.threads);
    }
    let resolved = command.resolved();
    replaced::say(&console, &[blake3::Hash::from_bytes(activations.digest).to_hex().to_string()]);
    console.keep_parts(&command.output, parts_key::of_activations(activations.digest, &resolved))?;
    if let Share::Of(shard) = command.output.share {
        measures::share(activations.rows(), &activations.ranges(), &command.measures, &console)?;
        return shard::finish(shard, &console, &command.output);
    }
    clock.loaded();
    let subject = Subject::File { path: &command.file, activations };
    let mut finished = run_model(subject, &command.measures, resolved, command.output.resume, clock, &console)?;
    deliver(&mut finished, &console, &command.output)?;
    Ok(Outcome::Done)
}

/// Measures activations for another program; `name` stands in the report as the path of the inputs.
///
/// # Errors
/// Too few inputs.
pub fn measured(
    name: &Path,
    activations: Activations,
    settings: &measures::Settings,
    console: &Console,
) -> Result<FinishedRun, Error> {
    let subject = Subject::File { path: name, activations };
    run_model(subject, settings, crate::cli::settings::named(settings), false, Clock::start(), console)
}
