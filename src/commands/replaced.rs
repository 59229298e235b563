//! What a run puts in the place of earlier results.

use crate::base::job::Job;
use crate::cli::Console;
use crate::report::saved::Subjects;

/// Warns where the run's folder holds the results of other models (or of another file) than these, given by their BLAKE3
/// hashes: they are replaced when the run is finished.
pub fn say(console: &Console, hashes: &[String]) {
    let Some(folder) = console.folder().map(|folder| folder.path()) else { return };
    let Some(earlier) = Subjects::of(folder).filter(|earlier| earlier.hashes != hashes) else { return };
    let of = earlier.paths.join(", ");
    console.warn(&format!("{} holds the results of {of}, which this run replaces", folder.display()));
}
