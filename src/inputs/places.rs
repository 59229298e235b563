//! Where each input of a run came from, so that what somebody knows of the inputs (their labels) finds its input after
//! some were not drawn, were skipped, or repeated an earlier one.

use serde::{Deserialize, Serialize};

/// The places of the inputs of a run, in the order in which they were measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The files of texts in the order in which they were read, the folder of images, or the file of arrays.
    pub files: Vec<PlacesFile>,
    /// Which of the files each input is in; empty where there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file: Vec<usize>,
    /// The record of each input in its file, counted from 1: a line, a row of a table or an array, or a place in the list
    /// of images.
    pub record: Vec<u64>,
    /// The path of each image, relative to the folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// What inputs were drawn from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacesFile {
    pub path: String,
    /// The number of its last record that is an input.
    pub records: u64,
}

impl Places {
    /// All `records` of one file.
    pub fn all_of(path: String, records: usize) -> Places {
        let record = (1..=records as u64).collect();
        Places { files: vec![PlacesFile { path, records: records as u64 }], record, ..Places::default() }
    }

    /// Some rows, counted from 0, of one file.
    pub(crate) fn rows_of(path: String, records: usize, rows: impl Iterator<Item = usize>) -> Places {
        let record = rows.map(|row| row as u64 + 1).collect();
        Places { files: vec![PlacesFile { path, records: records as u64 }], record, ..Places::default() }
    }

    /// Of each input the place of its file in `files`, and its record counted from 0. `None` where the places do not fit
    /// together.
    pub fn records(&self) -> Option<Vec<(usize, usize)>> {
        let file = |input: usize| if self.file.is_empty() { Some(0) } else { self.file.get(input).copied() };
        let one = |(input, &record): (usize, &u64)| {
            let file = file(input)?;
            let before =
                record.checked_sub(1).filter(|_| self.files.get(file).is_some_and(|of| record <= of.records))?;
            Some((file, usize::try_from(before).ok()?))
        };
        self.record.iter().enumerate().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_within_their_files() {
        let places = Places::all_of("a.npz".into(), 2);
        assert_eq!(places.records(), Some(vec![(0, 0), (0, 1)]));
        let files = vec![PlacesFile { path: "a".into(), records: 3 }, PlacesFile { path: "b".into(), records: 1 }];
        let two = Places { files, file: vec![0, 1], record: vec![3, 1], names: Vec::new() };
        assert_eq!(two.records(), Some(vec![(0, 2), (1, 0)]));
        for wrong in [
            Places { record: vec![3, 2], ..two.clone() },
            Places { record: vec![0, 1], ..two.clone() },
            Places { file: vec![0, 2], ..two.clone() },
            Places { file: vec![0], ..two.clone() },
        ] {
            assert_eq!(wrong.records(), None, "{wrong:?}");
        }
    }
}
