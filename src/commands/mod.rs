//! The commands of the program, one file each, and the flow of one model that they share.
//!
//! In: what was typed. Out: what was asked for on stdout, files, and an exit code.
//!
//! ```text
//! model + inputs -> taps -> activations -> measures -> comparison -> report
//! ```
//!
//! [`run_model`] is that flow for one model; `score`, `compare` and `measure` call it.

mod ablate;
mod before;
mod clock;
mod coded;
mod compare;
mod completions;
mod deliver;
mod doctor;
mod dry_run;
mod found;
mod labels;
mod layers;
mod maskable;
mod measure;
mod member;
mod merge;
mod output;
mod parts_key;
mod replaced;
mod run_model;
mod same_inputs;
mod saved;
mod score;
mod shard;
mod tapped;
mod unlike;

use std::process::ExitCode;

use crate::Error;
use crate::cli::exit::{self, Outcome};
use crate::cli::{self, Args, Command, Invocation, supervisor};

pub(crate) use ablate::ablated;
pub(crate) use clock::Clock;
pub(crate) use coded::{Known, coded};
pub(crate) use compare::{Kept, compared, page_of, save_all};
pub(crate) use deliver::{keep, save};
pub(crate) use labels::Captured;
pub(crate) use measure::measured;
pub(crate) use run_model::FinishedRun;
pub(crate) use score::{captured, scored};

use deliver::deliver;
use output::{print, print_json, style};
use tapped::Tapped;

/// The program `probe`: runs the command line of this process, and gives its exit code.
pub fn main() -> ExitCode {
    command_line(&Invocation::of_program()).into()
}

/// Parses the arguments, resolves them into a command, and runs it, in a process of its own where it loads foreign code. Gives
/// the exit code.
pub(crate) fn command_line(invocation: &Invocation) -> u8 {
    let args = match Args::read(invocation.words()) {
        Ok(args) => args,
        Err(error) => match cli::misuse::meant(&error) {
            Some(meant) => {
                cli::messages::error(exit::USAGE, &meant, Some("`probe --help` shows all flags"));
                return exit::USAGE;
            }
            None => {
                // A reader that went away has what it wanted.
                let _ = error.print();
                return u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
            }
        },
    };
    cli::messages::set_up(args.terminal(), args.json());
    let command = match cli::resolve::resolve(args) {
        Ok(command) => command,
        Err(error) => return exit::conclude(Err(error.into()), None),
    };
    let Some(subject) = command.subject() else { return exit::conclude(run(&command), None) };
    match supervisor::supervise(invocation, &subject) {
        Ok(Some(code)) => code,
        Ok(None) => exit::conclude(run(&command), subject.folder.as_deref()),
        Err(error) => exit::conclude(Err(cli::Error::Thread(error).into()), None),
    }
}

fn run(command: &Command) -> Result<Outcome, Error> {
    if let Some(threads) = command.threads() {
        cli::threads::limit(threads)?;
    }
    match command {
        Command::Score(command) => score::score(command),
        Command::Compare(command) => compare::compare(command),
        Command::Layers(command) => layers::layers(command),
        Command::Measure(command) => measure::measure(command),
        Command::Labels(command) => labels::labels(command),
        Command::Ablate(command) => ablate::ablate(command),
        Command::Merge(command) => merge::merge(command),
        Command::Examples(command) => saved::examples(command),
        Command::Report(command) => saved::report(command),
        Command::Doctor(command) => doctor::doctor(command),
        Command::Completions(shell) => completions::completions(*shell),
        Command::Man => completions::manual(),
    }
}
