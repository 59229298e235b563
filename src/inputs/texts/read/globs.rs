//! Patterns that the shell did not expand, because they were quoted.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::inputs::error::Error;

const WILD: [char; 4] = ['*', '?', '[', '{'];

/// The paths with every pattern replaced by the files that match it, sorted. A path that is there is not a pattern.
///
/// # Errors
/// A pattern that no file matches, or that cannot be read.
pub(crate) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut all = Vec::new();
    for path in paths {
        match path.to_str() {
            Some(pattern) if pattern.contains(WILD) && !path.exists() => all.extend(matches(pattern, path)?),
            _ => all.push(path.clone()),
        }
    }
    Ok(all)
}

fn matches(pattern: &str, path: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error: globset::Error| Error::malformed(path, format!("is not a pattern: {}", error.kind()));
    let matcher = GlobBuilder::new(pattern).literal_separator(true).build().map_err(unreadable)?.compile_matcher();
    // The walk starts in the folders before the first part with a wildcard.
    let fixed: String = pattern.split_inclusive('/').take_while(|part| !part.contains(WILD)).collect();
    let wild = &pattern[fixed.len()..];
    // `**` stands for any number of folders; a tree deeper than this is a circle of links.
    let depth = if wild.contains("**") { 32 } else { wild.split('/').count() };
    let mut found = Vec::new();
    below(Path::new(&fixed), depth, &matcher, &mut found);
    found.sort();
    if found.is_empty() { Err(Error::Missing(path.to_owned())) } else { Ok(found) }
}

fn below(folder: &Path, depth: usize, matcher: &GlobMatcher, found: &mut Vec<PathBuf>) {
    let read = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in std::fs::read_dir(read).into_iter().flatten().flatten() {
        let path = folder.join(entry.file_name());
        if path.is_dir() {
            if depth > 1 {
                below(&path, depth - 1, matcher, found);
            }
        } else if matcher.is_match(&path) {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_expanded_and_paths_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("deep/er")).unwrap();
        for name in ["b.txt", "a.txt", "c.csv", "deep/d.txt", "deep/er/e.txt", "odd[1].txt"] {
            std::fs::write(at(name), "x").unwrap();
        }
        let expanded = |pattern: &str| expand(&[at(pattern)]).map(|found| found.len()).ok();
        assert_eq!(expand(&[at("?.txt"), at("c.csv")]).unwrap(), [at("a.txt"), at("b.txt"), at("c.csv")]);
        assert_eq!(expanded("*/*.txt"), Some(1));
        assert_eq!(expanded("**/*.txt"), Some(5));
        assert_eq!(expanded("*/er/*.txt"), Some(1));
        assert_eq!(expanded("odd[1].txt"), Some(1), "a file of that very name");
        assert!(matches!(expand(&[at("*.none")]), Err(Error::Missing(_))));
        assert!(matches!(expand(&[at("[")]), Err(Error::Malformed { .. })));
        assert_eq!(expand(&[at("gone.txt")]).unwrap(), [at("gone.txt")], "not a pattern: named when it is opened");
    }
}
