//! Ctrl-C, SIGTERM and SIGHUP: the first asks to stop, and what does not stop in time is ended.
//!
//! A stage looks at [`has_come`] once per batch or tile, and stops with what is finished kept. But a stage may be waiting
//! for input that never comes, or be within a library: then the process that listens ends it, after [`PATIENCE`], or at
//! the second signal. Nothing is lost by that: files are written whole or not at all.

use std::io;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::exit;

/// How long a stage may take to stop. With what it takes to start and end a process, all is over within two seconds.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Whether somebody asked this process to stop.
static COME: AtomicBool = AtomicBool::new(false);

/// Whether a signal asked this process to stop.
pub fn has_come() -> bool {
    COME.load(Ordering::Relaxed)
}

/// Notes that a signal came; gives whether it is the first.
fn note() -> bool {
    !COME.swap(true, Ordering::Relaxed)
}

/// In a child the parent decides when the time is up. A terminal sends Ctrl-C to both, so a second signal here says nothing.
///
/// # Errors
/// The thread that waits for signals cannot be started.
pub fn listen_as_child() -> io::Result<()> {
    listen(|| {
        note();
    })
}

/// In a process that runs a command by itself.
///
/// # Errors
/// As [`listen_as_child`].
pub fn listen_alone() -> io::Result<()> {
    listen(stop_this_process)
}

/// In the parent of a child that is about to be started.
///
/// # Errors
/// As [`listen_as_child`].
pub fn listen_as_parent() -> io::Result<Interrupt> {
    let interrupt = Interrupt(Arc::new(AtomicI32::new(NO_CHILD_YET)));
    let heard = interrupt.clone();
    listen(move || heard.hear())?;
    Ok(interrupt)
}

fn listen(mut hear: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(move || hear()).map_err(|error| match error {
        ctrlc::Error::System(error) => error,
        other => io::Error::other(other),
    })
}

/// Does something when [`PATIENCE`] is over; at once where no thread can be started to wait.
fn when_patience_is_over(act: impl Fn() + Clone + Send + 'static) {
    let late = act.clone();
    let waiting = thread::Builder::new().spawn(move || {
        thread::sleep(PATIENCE);
        late();
    });
    if waiting.is_err() {
        act();
    }
}

fn stop_this_process() {
    let end = || std::process::exit(i32::from(exit::INTERRUPTED));
    if note() { when_patience_is_over(end) } else { end() }
}

/// What a parent does with signals: the child's process id, or one of the values below.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<AtomicI32>);

const NO_CHILD_YET: i32 = 0;
const GONE: i32 = -1;
/// No child could be started, and the command runs in this process.
const HERE: i32 = -2;

impl Interrupt {
    /// From now on signals are for this child; one that came before is passed on now.
    pub fn pass_on_to(&self, child: &Child) {
        self.0.store(i32::try_from(child.id()).unwrap_or(GONE), Ordering::SeqCst);
        if has_come() {
            self.send(Signal::INT);
            self.end_child_later();
        }
    }

    /// The child has ended and been waited for: its process id may be another's.
    pub fn child_is_gone(&self) {
        self.0.store(GONE, Ordering::SeqCst);
    }

    /// The command runs in this process.
    pub fn run_here(&self) {
        self.0.store(HERE, Ordering::SeqCst);
    }

    /// Whether a signal asked to stop.
    pub fn has_come(&self) -> bool {
        has_come()
    }

    fn hear(&self) {
        match self.0.load(Ordering::SeqCst) {
            HERE => stop_this_process(),
            GONE => {}
            NO_CHILD_YET => {
                note();
            }
            _ if note() => {
                self.send(Signal::INT);
                self.end_child_later();
            }
            _ => self.send(Signal::KILL),
        }
    }

    fn end_child_later(&self) {
        let later = self.clone();
        when_patience_is_over(move || later.send(Signal::KILL));
    }

    fn send(&self, signal: Signal) {
        let child = self.0.load(Ordering::SeqCst);
        if let Some(child) = Some(child).filter(|&child| child > 0).and_then(Pid::from_raw) {
            // It may have ended by itself just now.
            let _ = kill_process(child, signal);
        }
    }
}
