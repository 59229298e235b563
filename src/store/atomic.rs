//! Files that are there whole or not at all: written beside their place, flushed to the disk, and renamed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::Error;

/// How the names of unfinished files begin; one that a killed run leaves behind is removed by the next.
pub(super) const UNFINISHED: &str = ".probe-unfinished-";

/// Writes a file through `write`, and puts it into its place when all of it is on the disk. If anything fails, what was
/// there before is as it was, and nothing is left behind.
pub fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<T>,
) -> Result<T, Error> {
    let (unfinished, value) = unfinished_in(folder_of(path), write).map_err(|source| failed(path, source))?;
    unfinished.persist(path).map_err(|error| failed(path, error.error))?;
    sync_folder(folder_of(path)).map_err(|source| failed(path, source))?;
    Ok(value)
}

/// Writes a file that is not there yet, and leaves one that is there as it is, also where several processes do so at once.
pub(super) fn write_new(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), Error> {
    let (unfinished, ()) = unfinished_in(folder_of(path), write).map_err(|source| failed(path, source))?;
    match unfinished.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(failed(path, error.error)),
        _ => sync_folder(folder_of(path)).map_err(|source| failed(path, source)),
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Write { path: path.to_owned(), source }
}

/// A complete file on the disk that does not have its name yet, in the folder. It is removed when it is dropped.
pub(super) fn unfinished_in<T>(
    folder: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<T>,
) -> io::Result<(NamedTempFile, T)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    // Temporary files are private to the user by default; results have the rights of any file of theirs.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut unfinished = builder.tempfile_in(folder)?;
    let mut writer = BufWriter::with_capacity(1 << 18, unfinished.as_file_mut());
    let value = write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    unfinished.as_file().sync_all()?;
    Ok((unfinished, value))
}

/// Makes renames in a folder last through a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot, and say so; the file itself is safe.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// The folder that holds `path`; of a bare name, the current one.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
        write_atomically(path, |file| file.write_all(bytes))
    }

    #[test]
    fn a_failed_write_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_bytes(&path, b"earlier").unwrap();
        let error = write_atomically(&path, |file| {
            file.write_all(&[7; 1 << 20])?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert!(error.to_string().starts_with("cannot write ") && error.to_string().contains("report.json"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"earlier");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_bytes(&path, b"a longer text").unwrap();
        assert_eq!(write_atomically(&path, |file| file.write_all(b"short").map(|()| 5)).unwrap(), 5);
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }

    #[cfg(unix)]
    #[test]
    fn results_are_as_readable_as_any_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_bytes(&ours, b"").unwrap();
        fs::write(&plain, b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(write_bytes(&folder.path().join("none/x"), b""), Err(Error::Write { .. })));
    }
}
