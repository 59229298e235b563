//! The process that talks to the user is not the one that runs the model.
//!
//! ONNX Runtime is a large C++ library that is fed files from the internet: where it aborts or runs into a segmentation
//! fault there is nothing left to catch. Arrays are mapped, and one that is shortened meanwhile ends the process that
//! reads it. So a command that does either is run again as a child; the parent waits, passes Ctrl-C on, ends a child that
//! does not stop in time, and says what happened when the child dies.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Signal, getppid};

use super::interrupt::{self, Interrupt};
use super::invocation::Invocation;
use super::{exit, messages};
use crate::runtime::NO_TELEMETRY;

/// The name under which the child is started, followed by the parent's process id. An interpreter keeps its own, by which it
/// finds its packages.
const CHILD: &str = "probe-run-by-";

/// The variable that tells the child the same. What runs a program of another processor, or looks into one, gives it a name
/// of its own choice; a child that took itself for a parent would start a child, and that one the next.
const PARENT: &str = "PROBE_RUN_BY";

/// What a command is about, for what is said if the process that runs it dies.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The models, or the file that is measured.
    pub name: String,
    /// The run's folder.
    pub folder: Option<std::path::PathBuf>,
}

/// Runs this very command as a child and gives its exit code; `None` in the child itself, or where no child can be
/// had, and then the command is to be run here.
///
/// # Errors
/// The thread that waits for signals cannot be started.
pub fn supervise(invocation: &Invocation, subject: &Subject) -> io::Result<Option<u8>> {
    if let Some(parent) = supervisor(invocation.name(), std::env::var_os(PARENT).as_deref(), parent_process()) {
        die_with(parent);
        interrupt::listen_as_child()?;
        return Ok(None);
    }
    let Some(mut child) = again(invocation) else {
        interrupt::listen_alone()?;
        return Ok(None);
    };
    // Signals are listened for first: one that comes while the child starts is passed on when it is there.
    let interrupt = interrupt::listen_as_parent()?;
    let Ok(child) = child.spawn() else {
        interrupt.run_here();
        return Ok(None);
    };
    Ok(Some(watch(child, &interrupt, subject)))
}

fn watch(mut child: Child, interrupt: &Interrupt, subject: &Subject) -> u8 {
    interrupt.pass_on_to(&child);
    let status = child.wait();
    interrupt.child_is_gone();
    match status {
        Ok(status) => conclude(status, interrupt.has_come(), subject),
        Err(error) => {
            let what = format!("lost sight of the process that runs {}: {error}", subject.name);
            messages::error(exit::ENVIRONMENT, &what, None);
            exit::ENVIRONMENT
        }
    }
}

/// This very command, to be run as a child.
fn again(invocation: &Invocation) -> Option<Command> {
    let mut command = invocation.again()?;
    if invocation.name().is_some() {
        command.arg0(format!("{CHILD}{}", std::process::id()));
    }
    command.env(PARENT, std::process::id().to_string());
    command.envs(NO_TELEMETRY);
    Some(command)
}

/// Who supervises a process of this name, with this in [`PARENT`] and this parent. Anybody may have set the variable, so it
/// counts only where it names the parent.
fn supervisor(name: Option<&OsStr>, variable: Option<&OsStr>, parent: Option<u32>) -> Option<u32> {
    let named = name.and_then(OsStr::to_str).and_then(|name| name.strip_prefix(CHILD)?.parse().ok());
    let told = variable.and_then(OsStr::to_str).and_then(|pid| pid.parse().ok());
    named.or_else(|| told.filter(|_| told == parent))
}

fn parent_process() -> Option<u32> {
    getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok())
}

fn conclude(status: ExitStatus, interrupted: bool, subject: &Subject) -> u8 {
    let (how, advice) = match status.signal() {
        Some(number) => {
            let death = Death::of(number);
            if death.is_a_request || (interrupted && number == Signal::KILL.as_raw()) {
                return exit::interrupted(subject.folder.as_deref());
            }
            (format!("died of signal {number} ({})", death.name), death.advice)
        }
        None => {
            let code = status.code().unwrap_or_default();
            if let Some(code) = u8::try_from(code).ok().filter(|&code| exit::is_ours(code)) {
                return code;
            }
            (format!("ended with exit code {code}, which is none of probe's"), NOT_OURS)
        }
    };
    let what = format!("the process that ran {} {how}", subject.name);
    messages::error(exit::ENVIRONMENT, &what, Some(&exit::with_resume(advice, subject.folder.as_deref())));
    exit::ENVIRONMENT
}

/// What a signal says of the process that died of it.
struct Death {
    name: &'static str,
    advice: &'static str,
    /// Somebody asked it to end, before it could listen.
    is_a_request: bool,
}

/// The C library does so with 127, where it cannot get the memory for a library or a thread.
const NOT_OURS: &str = "a library that it loads ended it, most likely for want of memory: a line above may say why; try fewer \
     threads, or raise `ulimit -v`";

const IN_ONNX_RUNTIME: &str = "the crash is most likely in ONNX Runtime or a library it loads: try another version (`probe doctor` shows which is \
     used), or run the model through onnxruntime alone";

impl Death {
    fn of(number: i32) -> Death {
        let request = |name| Death { name, advice: "", is_a_request: true };
        let death = |name, advice| Death { name, advice, is_a_request: false };
        match Signal::from_named_raw(number) {
            Some(Signal::INT) => request("SIGINT"),
            Some(Signal::TERM) => request("SIGTERM"),
            Some(Signal::HUP) => request("SIGHUP"),
            Some(Signal::QUIT) => request("SIGQUIT"),
            Some(Signal::KILL) => death(
                "SIGKILL",
                "it was killed from outside, most likely for want of memory: try fewer inputs or layers",
            ),
            Some(Signal::BUS) => death(
                "SIGBUS",
                "a file that it reads in place (arrays, a model's weights, activations) was shortened meanwhile, or its \
                 disk failed: run again when nothing writes to the inputs",
            ),
            Some(Signal::XFSZ) => death(
                "SIGXFSZ",
                "a file became larger than this shell lets a file be (`ulimit -f`): raise the limit, or ask for less",
            ),
            Some(Signal::XCPU) => death(
                "SIGXCPU",
                "it took more processor time than this shell allows (`ulimit -t`): raise the limit, or ask for less",
            ),
            Some(Signal::SYS) => death("SIGSYS", "a sandbox does not allow a system call that it needs"),
            Some(Signal::ABORT) => death(
                "SIGABRT",
                "a line above says why, where the memory ran out (try fewer inputs or layers, or raise `ulimit -v`); \
                 otherwise ONNX Runtime gave up: try another version (`probe doctor` shows which is used)",
            ),
            Some(Signal::SEGV) => death("SIGSEGV", IN_ONNX_RUNTIME),
            Some(Signal::ILL) => death("SIGILL", IN_ONNX_RUNTIME),
            Some(Signal::FPE) => death("SIGFPE", IN_ONNX_RUNTIME),
            Some(Signal::TRAP) => death("SIGTRAP", IN_ONNX_RUNTIME),
            _ => death("which probe does not know", "somebody sent it, or a limit of this system did"),
        }
    }
}

/// Makes this process die with its parent, so that nothing keeps running, and writing, after a `kill -9`.
#[cfg(target_os = "linux")]
fn die_with(parent: u32) {
    use rustix::process::set_parent_process_death_signal;
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // The parent may have died before the line above took effect.
    if parent_process() != Some(parent) {
        std::process::exit(i32::from(exit::ENVIRONMENT));
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with(_parent: u32) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names are those of ONNX Runtime's documentation; it reads them before anything of ours can call it.
    #[test]
    fn the_child_starts_with_telemetry_turned_off() {
        let child = again(&Invocation::of_program()).unwrap();
        let set: Vec<_> =
            child.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
        assert!(set.contains(&("ORT_DISABLE_TELEMETRY", "1")), "{set:?}");
        assert!(set.contains(&("ORT_TELEMETRY_DISABLED", "1")), "{set:?}");
    }

    #[test]
    fn a_child_knows_its_supervisor_whatever_it_is_called() {
        let (me, other) = (Some(OsStr::new("/usr/bin/probe")), Some(OsStr::new("41")));
        assert_eq!(supervisor(Some(OsStr::new("probe-run-by-41")), None, Some(41)), Some(41));
        assert_eq!(supervisor(Some(OsStr::new("probe-run-by-41")), None, Some(1)), Some(41), "whose parent is gone");
        assert_eq!(supervisor(me, other, Some(41)), Some(41), "an emulator renames it");
        for parent in [Some(40), Some(1), None] {
            assert_eq!(supervisor(me, other, parent), None, "a variable that somebody left behind");
        }
        assert_eq!(supervisor(me, None, Some(41)), None);
    }

    /// The dynamic loader ends a process with 127, whoever runs it.
    #[test]
    fn a_process_that_a_library_ends_is_the_environments_fault() {
        let status = |code: i32| ExitStatus::from_raw(code << 8);
        let subject = Subject { name: "a.onnx".to_owned(), folder: None };
        for (code, given) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (130, 130), (127, 4), (5, 4), (101, 4)] {
            let concluded = conclude(status(code), false, &subject);
            assert_eq!(concluded, given, "{code}");
        }
    }

    #[test]
    fn a_signal_is_named_for_what_it_is() {
        for (signal, name) in [(Signal::BUS, "SIGBUS"), (Signal::XFSZ, "SIGXFSZ"), (Signal::SEGV, "SIGSEGV")] {
            let death = Death::of(signal.as_raw());
            assert_eq!(death.name, name);
            assert_eq!(death.advice.contains("ONNX Runtime"), name == "SIGSEGV", "{}", death.advice);
        }
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            assert!(Death::of(signal.as_raw()).is_a_request);
        }
    }
}
