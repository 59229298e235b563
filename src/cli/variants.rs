//! What stands behind `LABEL=` in a comparison: a path, or a glob whose matches are training seeds of one recipe.

use std::path::{Path, PathBuf};

use super::Error;

/// The label of a variant that is given by its path alone: the name of its file or folder, without `.onnx` or `.npz`.
pub fn label_of(path: &str) -> &str {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    [".onnx", ".npz", ".npy"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// The models of one variant: a path as it is, or what a glob matches, sorted.
///
/// # Errors
/// The glob is none, or nothing matches it.
pub fn replicates(pattern: &str) -> Result<Vec<PathBuf>, Error> {
    if !pattern.contains(['*', '?', '[', '{']) || PathBuf::from(pattern).exists() {
        return Ok(vec![pattern.into()]);
    }
    let matcher = globset::GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|source| Error::Pattern { pattern: pattern.into(), source })?
        .compile_matcher();
    // The fixed folders before the first part with a wildcard are where the walk starts.
    let fixed: PathBuf = pattern.split_inclusive('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).collect();
    let depth = pattern.split('/').count() - fixed.components().filter(|c| c.as_os_str() != "/").count();
    let mut found = Vec::new();
    matches_below(&fixed, depth, &matcher, &mut found);
    found.sort();
    if found.is_empty() { Err(Error::NoReplicates { pattern: pattern.into() }) } else { Ok(found) }
}

fn matches_below(folder: &Path, depth: usize, matcher: &globset::GlobMatcher, found: &mut Vec<PathBuf>) {
    let read = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in std::fs::read_dir(read).into_iter().flatten().flatten() {
        let path = folder.join(entry.file_name());
        if matcher.is_match(&path) {
            found.push(path);
        } else if depth > 1 && path.is_dir() {
            matches_below(&path, depth - 1, matcher, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_names_the_replicates_of_a_variant() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["s1.onnx", "s0.onnx", "notes.txt", "deeper/s2.onnx"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let within = |pattern: &str| replicates(&format!("{}/{pattern}", folder.path().display()));
        assert_eq!(within("s*.onnx").unwrap(), [folder.path().join("s0.onnx"), folder.path().join("s1.onnx")]);
        assert_eq!(within("*/s?.onnx").unwrap(), [folder.path().join("deeper/s2.onnx")]);
        assert!(matches!(within("t*.onnx"), Err(Error::NoReplicates { .. })));
    }
}
