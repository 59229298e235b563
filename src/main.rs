//! The flow, from arguments to a report:
//!
//! ```text
//! model + inputs -> taps -> activations -> measures -> comparison -> report
//! ```

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use probe::cli::exit::{self, Outcome};
use probe::cli::settings::Score;
use probe::cli::{self, Args, Command, Desk, supervisor};
use probe::commands::{self, Clock, Tapped};
use probe::report::figures::Figures;
use probe::report::gather::{Ran, gather};
use probe::runtime::Runtime;
use probe::{Error, measures};

fn main() -> ExitCode {
    let args = Args::parse();
    cli::messages::set_up(args.terminal());
    let command = match cli::settings::resolve(args) {
        Ok(command) => command,
        Err(error) => return exit::conclude(Err(error.into())),
    };
    match command.crash_subject().and_then(|subject| supervisor::supervise(&subject)) {
        Some(code) => code,
        None => exit::conclude(run(&command)),
    }
}

fn run(command: &Command) -> Result<Outcome, Error> {
    if let Some(threads) = command.threads() {
        cli::threads::limit(threads);
    }
    match command {
        Command::Score(settings) => score(settings),
        Command::Compare(settings) => commands::compare(settings),
        Command::Layers(settings) => commands::layers(settings),
        Command::Measure(settings) => commands::measure(settings),
        Command::Examples(settings) => commands::examples(settings),
        Command::Report(settings) => commands::report(settings),
        Command::Doctor(settings) => commands::doctor(settings),
        Command::Completions(shell) => commands::completions(*shell),
        Command::Man => commands::manual(),
    }
}

/// The main job: one model over its inputs.
fn score(settings: &Score) -> Result<Outcome, Error> {
    let run = &settings.run;
    let mut clock = Clock::start();
    let desk = Desk::open(&run.output)?;
    let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
    let tapped = Tapped::open(&settings.model, &run.taps)?;
    let (session, inputs) = commands::load(&runtime, &tapped, run, &desk)?;
    if run.output.dry_run {
        return commands::dry_run(session, &tapped, &inputs, run);
    }
    desk.keep_parts(run.output.resume, commands::depends(&[("", &tapped)], &inputs, run, &runtime))?;
    clock.loaded();
    let activations = commands::capture(session, &tapped, &inputs, run, "", &desk)?;
    clock.captured();
    let measures = measures::measure(activations.rows(), &activations.ranges(), &run.measures, &desk)?;
    let gathered = gather(&Ran {
        model: Some(tapped.ran(&runtime, &inputs, run)),
        path: run.inputs.source.to_string(),
        activations: &activations,
        measures: &measures,
        settings: &run.measures,
        other_settings: commands::recorded(run),
        timing: clock.timing(&measures),
        resumed: run.output.resume,
    })?;
    let saved = run.output.save_activations.then_some(&activations);
    commands::deliver(&gathered, &Figures::of(measures.leading(), &activations.ranges()), saved, &desk, &run.output)?;
    Ok(Outcome::Done)
}
