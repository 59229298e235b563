//! Exit codes: 0 done, 1 a gate tripped, 2 usage, 3 bad model or input, 4 environment, 130 interrupted.

use std::error::Error;
use std::path::Path;

use super::messages;
use crate::base::advise::{Advise, Fault};
use crate::store::{self, Shards};

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// A `--fail-if` gate tripped.
    Tripped,
}

impl Outcome {
    /// The outcome of a command that was decided before its results were `delivered` (written and printed). A gate that
    /// tripped stays tripped: a reader that went away, a full disk or a page that cannot be made is said, and does not
    /// let a model through.
    pub fn after(self, delivered: Result<(), crate::Error>) -> Result<Outcome, crate::Error> {
        match (self, delivered) {
            (Outcome::Tripped, Err(error)) => {
                say(&error);
                Ok(Outcome::Tripped)
            }
            (outcome, delivered) => delivered.map(|()| outcome),
        }
    }
}

/// The command did what was asked.
const DONE: u8 = 0;
/// A gate tripped.
const TRIPPED: u8 = 1;
/// Usage errors, as clap has them.
pub const USAGE: u8 = 2;
/// The user stopped the run.
pub const INTERRUPTED: u8 = 130;
/// The machine's fault; also used where the process that runs the model dies.
pub const ENVIRONMENT: u8 = 4;

/// Whether a command ends with this code.
pub fn is_ours(code: u8) -> bool {
    code <= ENVIRONMENT || code == INTERRUPTED
}

impl Fault {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Fault::Usage => USAGE,
            Fault::Input => 3,
            Fault::Environment => ENVIRONMENT,
            Fault::Interrupted => INTERRUPTED,
        }
    }
}

/// Ends a command: prints its error, if any, and gives the exit code. `folder` is the run's, if it has one.
pub fn conclude(result: Result<Outcome, crate::Error>, folder: Option<&Path>) -> u8 {
    match result {
        Ok(Outcome::Done) => DONE,
        Ok(Outcome::Tripped) => TRIPPED,
        Err(error) if is_broken_pipe(&error) => DONE,
        Err(error) if error.fault() == Fault::Interrupted => interrupted(folder),
        Err(error) => {
            let advice = with_resume(&error.advice().unwrap_or_default(), folder);
            messages::error(error.fault().code(), &error.to_string(), Some(&advice));
            error.fault().code()
        }
    }
}

/// Ends a command that the user stopped.
pub fn interrupted(folder: Option<&Path>) -> u8 {
    let advice = match folder {
        Some(_) => with_resume("", folder),
        None => "with --out DIR, finished work is kept, and --resume continues".to_owned(),
    };
    messages::error(INTERRUPTED, "interrupted", Some(&advice));
    INTERRUPTED
}

/// The advice, and that the run can be resumed where something of it is finished.
pub fn with_resume(advice: &str, folder: Option<&Path>) -> String {
    let kept = folder.filter(|folder| store::has_parts(folder));
    let resume = kept.map(|folder| match Shards::read(folder) {
        Some(_) => "what the shards have finished is kept",
        None => "what is finished is kept: run the same command with --resume to continue",
    });
    let lines: Vec<&str> = [advice].into_iter().filter(|advice| !advice.is_empty()).chain(resume).collect();
    lines.join("\n")
}

/// Prints an error, unless it is a reader that went away (`probe … | head`): that one has what it wanted.
fn say(error: &crate::Error) {
    if !is_broken_pipe(error) {
        messages::error(error.fault().code(), &error.to_string(), error.advice().as_deref());
    }
}

fn is_broken_pipe(error: &crate::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe) {
            return true;
        }
        cause = error.source();
    }
    false
}
