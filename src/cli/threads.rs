//! How many cores a run may keep busy.

use std::error::Error as _;
use std::io;

use super::Error;

/// The most threads that can be asked for: more than any machine has cores, and few enough to be started.
pub const MOST: i64 = 1024;

/// Gives our own threads (preparing inputs, measuring) this number; ONNX Runtime is told with each session. To be called
/// before anything runs.
///
/// # Errors
/// The system does not let them be started.
pub fn limit(threads: usize) -> Result<(), Error> {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build_global() {
        // Without a cause, the pool was there already, and has the number that was asked for first.
        Err(error) if error.source().is_some() => Err(Error::Thread(io::Error::other(error.to_string()))),
        _ => Ok(()),
    }
}
