//! A list of neurons in a file.

use std::collections::HashSet;
use std::path::Path;

use super::error::Error;
use super::neuron::{Neuron, Scope};
use crate::base::text::layer_and_index;

/// A list longer than this is no list of neurons.
const LONGEST: u64 = 64 << 20;

/// Reads `LAYER:INDEX` per line. Empty lines and those that start with `#` are passed over.
pub fn read(path: &Path, scope: &Scope) -> Result<Vec<Neuron>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LONGEST {
        return Err(unreadable(std::io::ErrorKind::FileTooLarge.into()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let mut neurons = Vec::new();
    let mut seen = HashSet::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |reason: String| Error::Line { path: path.to_owned(), line: number + 1, reason };
        let (label, index) = layer_and_index(line).map_err(|why| wrong(format!("'{line}': {why}")))?;
        let known = scope.masked.iter().copied().find(|&layer| scope.labels[layer] == label);
        let layer = known.ok_or_else(|| {
            let labels: Vec<&str> = scope.masked.iter().map(|&layer| scope.labels[layer].as_str()).collect();
            wrong(format!("there is no layer '{label}' among {}", labels.join(", ")))
        })?;
        let neurons_there = scope.ranges[layer].len();
        if index >= neurons_there {
            return Err(wrong(format!("'{label}' has {neurons_there} neurons, counted from 0")));
        }
        if !seen.insert((layer, index)) {
            return Err(wrong(format!("'{line}' is there twice")));
        }
        neurons.push(Neuron { layer, index });
    }
    if neurons.is_empty() { Err(Error::EmptyList(path.to_owned())) } else { Ok(neurons) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Result<Vec<(usize, usize)>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("neurons.txt");
        std::fs::write(&path, text).unwrap();
        let labels = ["fc1", "a:b", "out"].map(str::to_owned);
        let scope = Scope { labels: &labels, ranges: &[0..4, 4..6, 6..9], masked: &[0, 1] };
        Ok(read(&path, &scope)?.into_iter().map(|neuron| (neuron.layer, neuron.index)).collect())
    }

    #[test]
    fn a_list_keeps_its_order() {
        assert_eq!(listed("\u{feff}# two layers\na:b:1\r\n\n fc1:3 \n").unwrap(), [(1, 1), (0, 3)]);
    }

    #[test]
    fn a_line_that_is_no_neuron_is_named() {
        for (text, line) in
            [("fc1:0\nfc1", 2), ("fc1:x", 1), ("fc1:4", 1), ("\n\nout:0", 3), ("fc1:1\nfc1:1", 2), ("fc1:-1", 1)]
        {
            let error = listed(text).unwrap_err();
            assert!(matches!(error, Error::Line { line: found, .. } if found == line), "{text:?}: {error}");
        }
        assert!(matches!(listed("# nothing\n"), Err(Error::EmptyList(_))));
        let scope = Scope { labels: &[], ranges: &[], masked: &[] };
        assert!(matches!(read(Path::new("none.txt"), &scope), Err(Error::Unreadable { .. })));
    }
}
