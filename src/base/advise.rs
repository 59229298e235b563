//! What every error of a stage can say of itself: whose fault it is, and what to do next.

use std::io;

/// Whose fault an error is, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The command line asks for something that does not exist or does not fit together (exit 2).
    Usage,
    /// The model or the inputs are unusable (exit 3).
    Input,
    /// The machine is: no runtime, a full disk, no permission (exit 4).
    Environment,
    /// The user stopped the run (exit 130).
    Interrupted,
}

impl Fault {
    /// Whose fault it is that a file cannot be opened or read: the file's where it is not there, is of another kind or
    /// ends too early; the machine's where rights, handles, memory or the disk are at fault.
    pub fn of_reading(error: &io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other => Fault::Input,
            _ => Fault::Environment,
        }
    }
}

/// What to do where a thread cannot be started.
pub const FEWER_THREADS: &str = "raise the limit on processes and threads (`ulimit -u`), or ask for fewer --threads";
/// What to do where memory cannot be had.
pub const LESS_MEMORY: &str = "take fewer --samples or layers, or a smaller --batch-size, or raise the limit on memory";

/// An error of a stage. Its `Display` is one line: what is wrong and where (file, tensor, line).
pub trait Advise: std::error::Error {
    /// Whose fault it is.
    fn fault(&self) -> Fault;

    /// What to do next, in one or a few lines, where there is something to do.
    fn advice(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_blamed_for_what_the_machine_lacks() {
        let fault = |number| Fault::of_reading(&io::Error::from_raw_os_error(number));
        // ENOENT, EISDIR; then EIO, EACCES, EMFILE, ENOMEM, ENOSPC, EAGAIN, with the numbers of Linux.
        assert!([2, 21].into_iter().all(|number| fault(number) == Fault::Input));
        #[cfg(target_os = "linux")]
        assert!([5, 13, 24, 12, 28, 11].into_iter().all(|number| fault(number) == Fault::Environment));
    }
}
