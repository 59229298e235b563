//! Where results go, and who makes them.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::activations::Precision;
use crate::base::share::Share;
use crate::report::export::Format;

/// Where results go.
#[derive(Debug, Clone)]
pub struct OutputSettings {
    pub out: Option<PathBuf>,
    /// In which numbers the activations are saved, if they are.
    pub save_activations: Option<Precision>,
    pub resume: bool,
    /// Which parts of the run this process makes.
    pub share: Share,
    /// What was typed, without the name of the program: shards keep it for `probe merge`.
    pub typed: Vec<OsString>,
    pub dry_run: bool,
    pub format: Format,
    pub quiet: bool,
    pub verbose: bool,
}

impl OutputSettings {
    /// Nothing is written and nothing is printed.
    pub fn silent() -> Self {
        OutputSettings {
            out: None,
            save_activations: None,
            resume: false,
            share: Share::All,
            typed: Vec::new(),
            dry_run: false,
            format: Format::Json,
            quiet: true,
            verbose: false,
        }
    }
}
