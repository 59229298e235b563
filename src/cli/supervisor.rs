//! The process that talks to the user is not the one that runs the model.
//!
//! ONNX Runtime is a large C++ library that is fed files from the internet: where it aborts or runs into a segmentation
//! fault there is nothing left to catch. So a command that loads it is run again as a child; the parent waits, passes
//! Ctrl-C on, and says what happened when the child dies.

use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use super::{exit, messages};
use crate::runtime::NO_TELEMETRY;

/// Set in the child, to the parent's process id.
const MARK: &str = "PROBE_SUPERVISED_BY";

/// Runs this very command as a child and gives its exit code; `None` in the child itself, or where no child can be
/// had, and then the command is to be run here. `subject` is what the command is about (the model), for the message.
pub fn supervise(subject: &str) -> Option<ExitCode> {
    if let Some(parent) = std::env::var_os(MARK) {
        die_with(&parent.to_string_lossy());
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let mut child = again(&program).spawn().ok()?;
    pass_signals_on(child.id());
    match child.wait() {
        Ok(status) => Some(conclude(status, subject)),
        Err(error) => {
            messages::error(&format!("lost sight of the process that runs {subject}: {error}"), None);
            Some(ExitCode::from(exit::ENVIRONMENT))
        }
    }
}

/// This very command, to be run as a child.
fn again(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1));
    command.env(MARK, std::process::id().to_string());
    command.envs(NO_TELEMETRY);
    command
}

fn conclude(status: ExitStatus, subject: &str) -> ExitCode {
    match (status.code(), signal(status)) {
        (Some(code), _) => ExitCode::from(u8::try_from(code).unwrap_or(exit::ENVIRONMENT)),
        (None, Some((number, name))) => {
            let advice = match name {
                "SIGKILL" => "it was killed from outside, most likely for want of memory: try fewer inputs or layers",
                _ => {
                    "the crash is in ONNX Runtime or a library it loads: try another version (`probe doctor` shows \
                     which is used), or run the model through onnxruntime alone"
                }
            };
            let what = format!("the process that ran {subject} died of signal {number} ({name})");
            messages::error(&what, Some(advice));
            ExitCode::from(exit::ENVIRONMENT)
        }
        (None, None) => ExitCode::from(exit::ENVIRONMENT),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<(i32, &'static str)> {
    use std::os::unix::process::ExitStatusExt;
    let number = status.signal()?;
    // The numbers below are the same on Linux and macOS, but for SIGBUS.
    let name = match number {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 | 10 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        _ => "unnamed",
    };
    Some((number, name))
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<(i32, &'static str)> {
    None
}

/// Passes SIGINT, SIGTERM and SIGHUP on to the child, which stops in its own time and keeps what is finished.
fn pass_signals_on(child: u32) {
    // Where no handler can be set the child still hears a Ctrl-C, since it shares the terminal.
    let _ = ctrlc::set_handler(move || {
        #[cfg(unix)]
        if let Some(child) = i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(child, rustix::process::Signal::INT);
        }
        #[cfg(not(unix))]
        let _ = child;
    });
}

/// Makes this process die with its parent, so that nothing goes on running, and writing, after a `kill -9`.
#[cfg(target_os = "linux")]
fn die_with(parent: &str) {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // The parent may have died before the line above took effect.
    if getppid().map(|pid| pid.as_raw_nonzero().to_string()).as_deref() != Some(parent) {
        std::process::exit(i32::from(exit::ENVIRONMENT));
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with(_parent: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names are those of ONNX Runtime's documentation; it reads them before anything of ours can call it.
    #[test]
    fn the_child_starts_with_telemetry_turned_off() {
        let child = again(Path::new("probe"));
        let set: Vec<_> =
            child.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
        assert!(set.contains(&("ORT_DISABLE_TELEMETRY", "1")), "{set:?}");
        assert!(set.contains(&("ORT_TELEMETRY_DISABLED", "1")), "{set:?}");
    }
}
