//! Long work on a thread of its own. The calling thread lets go of Python's lock, and looks now and then whether Ctrl-C was
//! pressed and what there is to show.

use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use probe::bindings::Caller;
use probe::{Error, Job, Stage};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors;

/// How often the calling thread looks: often enough for a person, and seldom enough to cost nothing.
const LOOK: Duration = Duration::from_millis(50);

/// As large as a main thread has it: the command does the same work there.
const STACK: usize = 8 << 20;

/// Does `work` and gives its result. `progress` is called with the stage's name (or `None` where none is under way), what is
/// done and the total; an exception that it raises stops the work as Ctrl-C does.
pub fn run<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(Caller) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let watched = Arc::new(Watched::default());
    let caller: Caller = watched.clone();
    let (send, receive) = mpsc::channel();
    let receive = Mutex::new(receive);
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("onnxprobe".into()).stack_size(STACK);
        let worker = worker
            .spawn_scoped(scope, move || {
                // Nobody has stopped listening: the calling thread waits until the work is over.
                let _ = send.send(work(caller));
            })
            .map_err(|error| PyRuntimeError::new_err(format!("cannot start a thread: {error}")))?;
        let mut raised = None;
        let mut shown = None;
        let done = loop {
            match py.detach(|| wait(&receive)) {
                Ok(done) => break done,
                Err(RecvTimeoutError::Disconnected) => {
                    let panicked = worker.join().err();
                    panic::resume_unwind(panicked.unwrap_or_else(|| Box::new("the work gave no result")));
                }
                Err(RecvTimeoutError::Timeout) if raised.is_some() => {}
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = look(py, progress.as_ref(), &watched, &mut shown) {
                        watched.stop.store(true, Ordering::Relaxed);
                        raised = Some(error);
                    }
                }
            }
        };
        if let Some(progress) = &progress {
            let over = progress.call1(py, (None::<&str>, 0, 0));
            raised = raised.or(over.err());
        }
        match raised {
            Some(error) => Err(error),
            None => done.map_err(|error| errors::raised(py, &error)),
        }
    })
}

fn wait<T>(receive: &Mutex<Receiver<T>>) -> Result<T, RecvTimeoutError> {
    receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LOOK)
}

type Shown = (Option<&'static str>, u64, u64);

fn look(py: Python<'_>, progress: Option<&Py<PyAny>>, watched: &Watched, shown: &mut Option<Shown>) -> PyResult<()> {
    py.check_signals()?;
    let Some(progress) = progress else { return Ok(()) };
    let now = watched.now();
    if now.0.is_some() && shown.replace(now) != Some(now) {
        progress.call1(py, now)?;
    }
    Ok(())
}

/// What the working threads say, and what they are told.
#[derive(Default)]
struct Watched {
    /// The stage and its total.
    stage: Mutex<Option<(Stage, u64)>>,
    done: AtomicU64,
    stop: AtomicBool,
}

impl Watched {
    fn now(&self) -> Shown {
        match *self.stage.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((stage, total)) => (Some(stage.name()), self.done.load(Ordering::Relaxed).min(total), total),
            None => (None, 0, 0),
        }
    }

    fn set(&self, stage: Option<(Stage, u64)>) {
        let mut now = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        self.done.store(0, Ordering::Relaxed);
        *now = stage;
    }
}

impl Job for Watched {
    fn begin(&self, stage: Stage, total: u64) {
        self.set(Some((stage, total)));
    }

    fn advance(&self, by: u64) {
        self.done.fetch_add(by, Ordering::Relaxed);
    }

    fn end(&self) {
        self.set(None);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
