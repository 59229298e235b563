//! The ledger: what was skipped and why, and how much was blank.

use serde::{Deserialize, Serialize};

/// Blank lines that are listed one by one; a file of nothing else must not fill the memory.
const LISTED: u64 = 1000;

/// An input that was not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub source: String,
    /// The line, counted from 1, or the row of an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    pub reason: String,
}

/// Blank lines and blank texts. They are no inputs: they are passed over before the draw, are no part of the share
/// that `--max-skipped` looks at, and stand in the ledger all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blanks {
    pub count: u64,
    listed: Vec<Skipped>,
}

impl Blanks {
    pub(crate) fn add(&mut self, source: &str, line: u64) {
        self.count += 1;
        if self.count <= LISTED {
            self.listed.push(Skipped { source: source.to_owned(), line: Some(line), reason: "blank".to_owned() });
        }
    }

    /// The entries for `skipped.jsonl`: one a line up to a thousand, then one for the rest.
    pub fn entries(&self) -> Vec<Skipped> {
        let mut entries = self.listed.clone();
        if let (Some(more @ 1..), Some(last)) = (self.count.checked_sub(LISTED), entries.last().cloned()) {
            entries.push(Skipped { line: None, reason: format!("{more} more blank lines"), ..last });
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_blanks_are_counted_and_few_are_listed() {
        let mut blanks = Blanks::default();
        (1..=3).for_each(|line| blanks.add("a.txt", line));
        assert_eq!((blanks.count, blanks.entries().len()), (3, 3));
        (4..=5000).for_each(|line| blanks.add("a.txt", line));
        assert_eq!((blanks.count, blanks.entries().len()), (5000, 1001));
        assert_eq!(blanks.entries()[1000].reason, "4000 more blank lines");
    }
}
