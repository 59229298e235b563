//! For other languages: what the commands do, with their settings given as on the command line.
//!
//! In: flags, so that every language has the names, the checks and the defaults of the command line, and a [`Job`] that hears
//! of progress and may stop the work. Out: a [`Run`], a [`Comparison`], [`Captured`] activations, or the text of a JSON.
//!
//! Everything runs in the calling process, ONNX Runtime included: nothing starts the current executable again, which is another
//! program here. [`command_line`] alone is the program `probe` itself, told what to start in place of its own executable.
//!
//! - `view`: one model's results as text and numbers
//! - `folder`: results written into a folder
//! - `run`, `comparison`: what is given back

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;
use crate::activations::Activations;
use crate::base::job::Job;
use crate::cli::settings::LabelsCommand;
use crate::cli::{self, Args, Command, Console, Invocation, OutputSettings};
use crate::commands::{self, Clock};
use crate::inputs;
use crate::labels;
use crate::report;
use crate::report::saved::{Saved, SavedRun, model_folder};

mod comparison;
mod folder;
mod run;
mod view;

pub use crate::activations::Values;
pub use crate::runtime::{NO_TELEMETRY, module_is_in};
pub use comparison::Comparison;
pub use run::{Captured, Run};
pub use view::{Placed, RunView};

use view::as_json;

/// Who hears of progress, and may stop the work.
pub type Caller = Arc<dyn Job + Send>;

/// What a folder held.
pub enum Loaded {
    Run(Run),
    Comparison(Box<Comparison>),
}

/// Scores one model; `flags` are those of `probe --model …`.
///
/// # Errors
/// The flags are refused; the model, the inputs or ONNX Runtime cannot be used.
pub fn score(flags: Vec<OsString>, caller: Caller) -> Result<Run, Error> {
    let Command::Score(command) = command(&[], flags)? else { return Err(not_this_command()) };
    let console = console(command.run.runtime.threads, &command.run.output, caller)?;
    let mut finished = commands::scored(&command.model, &command.run, &console)?;
    commands::keep(&mut finished, &console, command.run.output.save_activations)?;
    Ok(Run::of(finished, None))
}

/// Measures activations, one array [inputs, neurons] per layer; `flags` are those of `probe measure` without the file.
///
/// # Errors
/// The flags are refused; the arrays have different numbers of inputs, or too few.
pub fn measure(layers: &[(&str, Values<'_>)], flags: Vec<OsString>, caller: Caller) -> Result<Run, Error> {
    let Command::Measure(command) = command(&["measure", "arrays"], flags)? else { return Err(not_this_command()) };
    let console = console(command.threads, &command.output, caller)?;
    let clock = Clock::start();
    let draw = |rows: usize| inputs::positions(rows, command.samples, command.measures.seed);
    let activations = Activations::from_arrays(layers, &draw, &console)?;
    let mut finished = commands::measured(&command, activations, clock, &console)?;
    commands::keep(&mut finished, &console, command.output.save_activations)?;
    Ok(Run::of(finished, layers.first().map(|(_, values)| values.rows())))
}

/// Compares variants with the one whose label is `baseline`, else with the first. `flags` are those of `probe compare`, and
/// `variants` are labels with the models, saved runs or files of activations of each.
///
/// # Errors
/// As [`score`]; the variants do not match.
pub fn compare(
    variants: Vec<(String, Vec<PathBuf>)>,
    baseline: Option<String>,
    flags: Vec<OsString>,
    caller: Caller,
) -> Result<Comparison, Error> {
    let twice = |at: usize| variants[..at].iter().any(|(label, _)| *label == variants[at].0);
    if let Some(at) = (0..variants.len()).find(|&at| twice(at)) {
        return Err(cli::Error::SameLabel(variants[at].0.clone()).into());
    }
    // On a command line a path may be a pattern, and a label has no equals sign; here both are taken as they are.
    let typed: Vec<OsString> = (0..variants.len()).map(|variant| format!("{variant}=…").into()).collect();
    let Command::Compare(mut command) = command(&["compare"], [typed, flags].concat())? else {
        return Err(not_this_command());
    };
    let labels = || variants.iter().map(|(label, _)| label.clone());
    command.baseline = match baseline {
        Some(baseline) if labels().all(|label| label != baseline) => {
            return Err(cli::Error::Baseline { baseline, labels: labels().collect() }.into());
        }
        Some(baseline) => baseline,
        None => labels().next().unwrap_or_default(),
    };
    command.variants = variants;
    let console = console(command.run.runtime.threads, &command.run.output, caller)?;
    let (report, finished) = commands::compared(&command, &console)?;
    Ok(Comparison::made(report, finished))
}

/// Captures the activations of one model and measures nothing; `flags` are those of `probe --model …`.
///
/// # Errors
/// As [`score`].
pub fn capture(flags: Vec<OsString>, caller: Caller) -> Result<Captured, Error> {
    let Command::Score(command) = command(&[], flags)? else { return Err(not_this_command()) };
    let console = console(command.run.runtime.threads, &OutputSettings::silent(), caller)?;
    Ok(Captured(commands::captured(&command.model, &command.run, &console)?))
}

/// Codes labels from each layer of a saved run or of a file of activations; `flags` are those of `probe labels`, the path first.
/// Gives what the command prints as JSON.
///
/// # Errors
/// The flags are refused; the labels are not those of these inputs, or cannot be coded.
pub fn labels(flags: Vec<OsString>, caller: Caller) -> Result<String, Error> {
    let Command::Labels(command) = command(&["labels"], flags)? else { return Err(not_this_command()) };
    let captured = commands::Captured::open(&command)?;
    let console = console(command.threads, &command.output, caller)?;
    as_json(&captured.coded(&command, &console)?)
}

/// As [`labels`], of a run in memory; `flags` are those of `probe labels` without the path.
///
/// # Errors
/// As [`labels`]; the run was loaded, so that its folder is what to code from.
pub fn labels_of_run(run: &Run, flags: Vec<OsString>, caller: Caller) -> Result<String, Error> {
    let (command, console) = of_memory(flags, caller)?;
    let (known, activations) = run.known()?;
    as_json(&commands::coded(&known, activations, &command, &console)?)
}

/// As [`labels_of_run`], of arrays [inputs, neurons], one per layer.
///
/// # Errors
/// As [`labels`]; the arrays have different numbers of inputs.
pub fn labels_of_arrays(layers: &[(&str, Values<'_>)], flags: Vec<OsString>, caller: Caller) -> Result<String, Error> {
    let (command, console) = of_memory(flags, caller)?;
    let activations = Activations::from_arrays(layers, &|rows| (0..rows).collect(), &console)?;
    let known = commands::Known::of_file(&command.activations, activations.samples);
    as_json(&commands::coded(&known, &activations, &command, &console)?)
}

/// Switches neurons of one model off; `flags` are those of `probe ablate`. Gives what the command prints as JSON.
///
/// # Errors
/// As [`score`]; neurons of a layer cannot be switched off; labels do not go with the model.
pub fn ablate(flags: Vec<OsString>, caller: Caller) -> Result<String, Error> {
    let Command::Ablate(command) = command(&["ablate"], flags)? else { return Err(not_this_command()) };
    let console = console(command.run.runtime.threads, &command.run.output, caller)?;
    as_json(&commands::ablated(&command, &console)?)
}

/// Reads the folder that a run or a comparison was saved in.
///
/// # Errors
/// It is not such a folder, or its files do not belong together.
pub fn load(folder: &Path) -> Result<Loaded, Error> {
    let saved = match Saved::read(folder)? {
        Saved::Run(run) => return Ok(Loaded::Run(Run::saved(*run))),
        Saved::Comparison(comparison) => comparison.report,
    };
    let of_variant = |variant: &report::compared::ComparedVariant| {
        let models = variant.replicates.len();
        (0..models).map(|model| SavedRun::read(&folder.join(model_folder(&variant.label, model, models)))).collect()
    };
    let members = saved.variants.iter().map(of_variant).collect::<Result<_, report::Error>>()?;
    Ok(Loaded::Comparison(Box::new(Comparison::saved(saved, members))))
}

/// The program `probe`: runs a command line, and gives its exit code. A command that is supervised runs in a process of its own:
/// `interpreter`, told what stands in `before` and then the arguments, has to end in this function again.
pub fn command_line(interpreter: Option<PathBuf>, before: Vec<OsString>, arguments: Vec<OsString>) -> u8 {
    let invocation = Invocation::of_module(interpreter, before, arguments);
    let code = panic::catch_unwind(|| commands::command_line(&invocation)).unwrap_or(PANICKED);
    // A program of Rust does so as it ends.
    let _ = io::stdout().flush();
    code
}

/// What a program of Rust ends with when it panics.
const PANICKED: u8 = 101;

/// The command that the flags make.
fn command(first: &[&str], flags: Vec<OsString>) -> Result<Command, Error> {
    let words = ["probe"].iter().chain(first).map(OsString::from).chain(flags);
    let args = Args::read(words).map_err(|error| cli::Error::Flags(cli::misuse::in_one_line(&error)))?;
    Ok(cli::resolve::resolve(args)?)
}

/// `probe labels` of activations that are in memory.
fn of_memory(flags: Vec<OsString>, caller: Caller) -> Result<(Box<LabelsCommand>, Console), Error> {
    let Command::Labels(command) = command(&["labels", "arrays"], flags)? else { return Err(not_this_command()) };
    if command.output.out.is_some() {
        return Err(labels::Error::InMemory.into());
    }
    let console = console(command.threads, &command.output, caller)?;
    Ok((command, console))
}

/// A flag made another command of this one.
fn not_this_command() -> Error {
    cli::Error::Flags("these flags belong to another command".into()).into()
}

/// Our own threads are as many as the first call asks for, and ONNX Runtime's as each call does. The figures are the same for
/// any number.
fn console(threads: usize, output: &OutputSettings, caller: Caller) -> Result<Console, Error> {
    cli::threads::limit(threads)?;
    Ok(Console::for_caller(output, caller)?)
}
