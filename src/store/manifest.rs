//! Which files belong together: a run's `report.json` lists its siblings with their BLAKE3 hashes, so that files of two
//! runs in one folder are never read as one, and what an earlier run wrote can be distinguished from the user's files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::error::Error;
use super::names::{OWNED, PAGE, REPORT};

/// Names relative to the run's folder (`models/0-0/measures.npz`), each with the file's hash in hexadecimal.
pub type Files = BTreeMap<String, String>;

/// Opens a file that a report lists, if it is the one that the report was written with.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if it is not listed or not there, [`io::ErrorKind::InvalidData`] if it is another file,
/// and the system's reasons.
pub fn open_listed(folder: &Path, files: &Files, name: &str) -> io::Result<File> {
    let listed = files.get(name).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("{REPORT} does not list it as a file of this run"))
    })?;
    let mut file = open_regular(&folder.join(name))?;
    if hash(&mut file)? != *listed {
        let reason = format!("it is not the file that {REPORT} was written with");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(file)
}

/// Opens a regular file. Opening a pipe would wait for a writer, and a device never ends.
pub fn open_regular(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// The hash of a whole file, which is then at its beginning again.
pub(super) fn hash(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut *file)?;
    file.rewind()?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether the file is there and has this hash. One that cannot be read may have it, so that is an error.
pub(super) fn has_hash(path: &Path, wanted: &str) -> io::Result<bool> {
    let Some(mut file) = open_if_there(path)? else { return Ok(false) };
    Ok(hash(&mut file)? == wanted)
}

/// Opens a regular file; `None` where there is none.
fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    match open_regular(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput => Ok(None),
            _ => Err(error),
        },
    }
}

/// What an earlier run left in a folder, as its report says.
#[derive(Debug)]
pub(super) struct Earlier {
    /// `None` in reports from before they listed their files.
    files: Option<Files>,
}

impl Earlier {
    /// Reads the report in the folder. `None` where there is none, or none that `probe` wrote.
    ///
    /// # Errors
    /// [`Error::Read`]: then nobody knows what is there.
    pub(super) fn read(folder: &Path) -> Result<Option<Earlier>, Error> {
        let path = folder.join(REPORT);
        let bytes = open_if_there(&path).and_then(|file| {
            let mut bytes = Vec::new();
            file.map(|mut file| file.read_to_end(&mut bytes)).transpose()?;
            Ok(bytes)
        });
        let bytes = bytes.map_err(|source| Error::Read { path, source })?;
        let report: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let files = report.get("files").and_then(|files| serde_json::from_value(files.clone()).ok());
        Ok(report.get("probe_version").map(|_| Earlier { files }))
    }

    /// The files of the earlier run that are as it left them. One that was changed since is the user's.
    ///
    /// # Errors
    /// [`Error::Read`] for one of which that cannot be told.
    pub(super) fn unchanged(&self, folder: &Path) -> Result<Vec<String>, Error> {
        let Some(files) = &self.files else { return Ok(OWNED.map(str::to_owned).into()) };
        let mut unchanged = [REPORT, PAGE].map(str::to_owned).to_vec();
        for (name, hash) in files {
            let Some(path) = within(folder, name) else { continue };
            if has_hash(&path, hash).map_err(|source| Error::Read { path, source })? {
                unchanged.push(name.clone());
            }
        }
        Ok(unchanged)
    }
}

/// Where a name from a file leads, if that is inside the folder: no absolute path, no `..`, and no link on the way.
pub(super) fn within(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    let mut parts = Path::new(name).components().peekable();
    parts.peek()?;
    while let Some(part) = parts.next() {
        let Component::Normal(part) = part else { return None };
        path.push(part);
        let is_last = parts.peek().is_none();
        if !is_last && fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_dir()) {
            return None;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &[u8])]) -> Files {
        entries.iter().map(|(name, bytes)| (name.to_string(), blake3::hash(bytes).to_hex().to_string())).collect()
    }

    #[test]
    fn only_the_file_that_the_report_was_written_with_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let listed = files(&[("measures.npz", b"numbers"), ("gone", b"")]);
        fs::write(folder.path().join("measures.npz"), "numbers").unwrap();
        fs::write(folder.path().join("other"), "numbers").unwrap();
        let open = |name| open_listed(folder.path(), &listed, name).map_err(|error| error.kind());
        let mut text = String::new();
        open("measures.npz").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "numbers");
        assert_eq!(open("other").unwrap_err(), io::ErrorKind::NotFound, "it is not listed");
        assert_eq!(open("gone").unwrap_err(), io::ErrorKind::NotFound);
        fs::write(folder.path().join("measures.npz"), "numberz").unwrap();
        assert_eq!(open("measures.npz").unwrap_err(), io::ErrorKind::InvalidData);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("measures.npz");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(open_regular(&pipe).is_err());
        assert!(!has_hash(&pipe, "").unwrap());
    }

    #[test]
    fn names_that_lead_out_of_the_folder_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "..", "../x", "a/../../x", "/etc/passwd", "a/.."] {
            assert_eq!(within(folder.path(), name), None, "{name}");
        }
        assert_eq!(within(folder.path(), "models/0-0/x"), Some(folder.path().join("models/0-0/x")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc", folder.path().join("models")).unwrap();
            assert_eq!(within(folder.path(), "models/passwd"), None);
        }
    }

    #[test]
    fn a_file_that_was_changed_since_is_the_users() {
        let folder = tempfile::tempdir().unwrap();
        let listed = files(&[("measures.npz", b"numbers"), ("activations.npz", b"many")]);
        assert!(Earlier::read(folder.path()).unwrap().is_none());
        let report = serde_json::json!({ "probe_version": "0.1.0", "files": listed });
        fs::write(folder.path().join(REPORT), report.to_string()).unwrap();
        fs::write(folder.path().join("measures.npz"), "numbers").unwrap();
        fs::write(folder.path().join("activations.npz"), "mine now").unwrap();
        let unchanged = Earlier::read(folder.path()).unwrap().unwrap().unchanged(folder.path()).unwrap();
        assert_eq!(unchanged, [REPORT, PAGE, "measures.npz"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            let many = folder.path().join("activations.npz");
            fs::remove_file(&many).unwrap();
            symlink("activations.npz", &many).unwrap();
            let error = Earlier::read(folder.path()).unwrap().unwrap().unchanged(folder.path()).unwrap_err();
            assert!(
                matches!(error, Error::Read { path, .. } if path == many),
                "a file that cannot be read may be the run's"
            );
        }
        fs::write(folder.path().join(REPORT), "{\"tests\": 3}").unwrap();
        assert!(Earlier::read(folder.path()).unwrap().is_none(), "another program's report");
    }
}
