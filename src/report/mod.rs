//! Reports: the table in the terminal, `report.json`, `measures.npz`, and one HTML page.
//!
//! In: what was run on what, and the measures. Out: text and files.

use crate::error::{Advise, Fault};

/// What can go wrong while a report is written or read again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a run's folder.
    #[error("{} holds no report.json", .0.display())]
    NotARun(std::path::PathBuf),
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Input
    }
}
