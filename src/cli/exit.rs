//! Exit codes: 0 done, 1 a gate tripped, 2 usage, 3 bad model or input, 4 environment, 130 interrupted.

use std::error::Error;
use std::process::ExitCode;

use super::messages;
use crate::base::advise::{Advise, Fault};

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// A `--fail-if` gate tripped.
    Tripped,
}

/// Usage errors, as clap has them.
pub const USAGE: u8 = 2;
/// The machine's fault; also used where the process that runs the model dies.
pub const ENVIRONMENT: u8 = 4;

impl Fault {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Fault::Usage => USAGE,
            Fault::Input => 3,
            Fault::Environment => ENVIRONMENT,
            Fault::Interrupted => 130,
        }
    }
}

/// Ends a command: prints its error, if any, and gives the exit code.
pub fn conclude(result: Result<Outcome, crate::Error>) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Tripped) => ExitCode::from(1),
        // A reader that went away (`probe … | head`) has what it wanted.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            messages::error(&error.to_string(), error.advice().as_deref());
            ExitCode::from(error.fault().code())
        }
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
