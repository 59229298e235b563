//! Results that are kept in memory, written into a folder when the program asks for it.

use std::path::Path;
use std::sync::Arc;

use crate::Error;
use crate::activations::{Activations, Precision};
use crate::cli::Console;
use crate::cli::OutputSettings;
use crate::commands::{self, Kept};

/// Writes the folder of one model's run.
pub(super) fn save(kept: &Kept, activations: Option<(&Activations, Precision)>, folder: &Path) -> Result<(), Error> {
    let console = into(folder)?;
    let Some(mut files) = console.folder().map(|folder| folder.batch()) else { return Ok(()) };
    commands::save(&mut kept.built.clone(), &kept.figures(), activations, &mut files, "")?;
    Ok(console.commit(files)?)
}

/// A console whose run's folder is this one.
pub(super) fn into(folder: &Path) -> Result<Console, Error> {
    let output = OutputSettings { out: Some(folder.to_owned()), ..OutputSettings::silent() };
    Ok(Console::for_caller(&output, Arc::new(()))?)
}
