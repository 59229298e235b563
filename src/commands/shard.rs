//! The end of a shard: what is left of its run, and what to do then.

use serde_json::json;

use crate::Error;
use crate::base::share::Shard;
use crate::base::text::{quoted, visible};
use crate::cli::Console;
use crate::cli::OutputSettings;
use crate::cli::exit::Outcome;
use crate::report::export::Format;

use super::{print, print_json};

/// Marks the shard as finished, and says which are not.
///
/// # Errors
/// The mark cannot be written.
pub fn finish(shard: Shard, console: &Console, output: &OutputSettings) -> Result<Outcome, Error> {
    let left = console.finish_shard(shard)?;
    if output.format == Format::Json {
        print_json(&json!({ "shard": shard.index, "of": shard.of, "left": left }))?;
        return Ok(Outcome::Done);
    }
    let folder = output.out.as_deref().map(|folder| folder.display().to_string()).unwrap_or_default();
    let merge = format!("probe merge {}", visible(&quoted(&folder)));
    let line = match &left[..] {
        [] => format!("shard {shard} is finished, and so are all others; next: {merge}\n"),
        left => format!("shard {shard} is finished; left: {}; then: {merge}\n", listed(left)),
    };
    if !output.quiet {
        print(&line)?;
    }
    Ok(Outcome::Done)
}

/// Numbers as people write them: `0-3, 6`.
fn listed(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let run = |run: &[usize]| match run {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    };
    runs.map(run).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_written_as_a_range() {
        assert_eq!(listed(&[0, 1, 2, 5, 7, 8]), "0-2, 5, 7-8");
        assert_eq!(listed(&[]), "");
    }
}
