//! What every error of a stage can say of itself: whose fault it is, and what to do next.

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

/// An error of a stage. Its `Display` is one line: what is wrong and where (file, tensor, line).
pub trait Advise: std::error::Error {
    /// Whose fault it is.
    fn fault(&self) -> Fault;

    /// What to do next, in one or a few lines, where there is something to do.
    fn advice(&self) -> Option<String> {
        None
    }
}
