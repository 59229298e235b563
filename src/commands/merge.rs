//! `probe merge DIR`: puts the parts of all shards together, as one process would have done it.
//!
//! In: the folder that the shards wrote into, which holds the command of the first of them. That command is run again, and
//! finds every part made.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::Error;
use crate::base::share::Place;
use crate::cli::exit::Outcome;
use crate::cli::settings::MergeCommand;
use crate::cli::{self, Args, Command, messages};
use crate::report::export::Format;
use crate::store::{self, Shards, names};
use crate::{activations, measures};

use super::{compare, measure, score};

/// Puts the parts together. Where that was done before, nothing happens.
pub fn merge(command: &MergeCommand) -> Result<Outcome, Error> {
    let Some(shards) = Shards::read(&command.run) else { return merged_before(command) };
    let failed = |path: &Path, source| store::Error::Folder { path: path.to_owned(), source };
    let run = fs::canonicalize(&command.run).map_err(|source| failed(&command.run, source))?;
    // Paths stand in the report as they were typed, so they have to start where they started.
    std::env::set_current_dir(&shards.folder).map_err(|source| failed(&shards.folder, source))?;
    let words = ["probe".to_owned()].into_iter().chain(shards.arguments.iter().cloned());
    let unknown = || Error::from(store::Error::OtherShards { folder: run.clone(), differs: vec!["probe".into()] });
    let mut of_shard = Args::read(words).map_err(|_| unknown())?;
    // Which shard it was does not matter, and whoever merges may be no task of a scheduler.
    of_shard.forget_shard();
    let mut of_shard = cli::resolve::resolve(of_shard)?;
    MergeCommand { run: run.clone(), ..command.clone() }.put_together(&mut of_shard);
    if let Some(threads) = of_shard.threads() {
        cli::threads::limit(threads)?;
    }
    let done = match &of_shard {
        Command::Score(command) => score::score(command),
        Command::Compare(command) => compare::compare(command),
        Command::Measure(command) => measure::measure(command),
        _ => return Err(unknown()),
    };
    done.map_err(|error| match missing(&error) {
        [] => error,
        places => {
            let mut absent: Vec<usize> = places.iter().map(|place| place.owner(shards.of)).collect();
            absent.sort_unstable();
            absent.dedup();
            shards.unfinished(&run, absent).into()
        }
    })
}

/// The parts that a stage has missed: a shard was finished, and something of it was removed or damaged since.
fn missing(error: &Error) -> &[Place] {
    match error {
        Error::Activations(error) => match &**error {
            activations::Error::Missing { missing } => missing,
            _ => &[],
        },
        Error::Measures(error) => match &**error {
            measures::Error::Missing { missing } => missing,
            _ => &[],
        },
        _ => &[],
    }
}

/// A folder that holds results and no parts was merged before.
fn merged_before(command: &MergeCommand) -> Result<Outcome, Error> {
    let Ok(report) = fs::read(command.run.join(names::REPORT)) else {
        return Err(store::Error::NoShards(command.run.clone()).into());
    };
    if command.format == Format::Json {
        std::io::stdout().write_all(&report).map_err(cli::Error::from)?;
    } else if !command.quiet {
        messages::note(&format!("{} is merged already", command.run.display()));
    }
    Ok(Outcome::Done)
}
