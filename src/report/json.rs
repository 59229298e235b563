//! `report.json`, to and from.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Error;
use super::schema::SCHEMA_VERSION;

/// Writes a report (or anything beside it) as indented JSON with a newline at its end.
pub fn write(value: &impl Serialize, mut to: impl Write) -> Result<(), Error> {
    serde_json::to_writer_pretty(&mut to, value).map_err(std::io::Error::from)?;
    to.write_all(b"\n")?;
    to.flush()?;
    Ok(())
}

/// Reads a file of schema version 1.
///
/// # Errors
/// The file cannot be read, is no JSON, lacks a key, or a newer schema wrote it.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| Error::malformed(path, e))?;
    match value.get("schema_version").and_then(Value::as_u64) {
        Some(SCHEMA_VERSION) => serde_json::from_value(value).map_err(|e| Error::malformed(path, e)),
        Some(found) => Err(Error::Newer { path: path.to_owned(), found }),
        None => Err(Error::malformed(path, "it has no schema_version")),
    }
}
