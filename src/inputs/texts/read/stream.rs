//! A source of texts as a stream of UTF-8: a file or standard input, gunzipped where its content says gzip, decoded
//! where it is UTF-16, with line feeds where lines end in carriage returns alone.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::delimiter;
use super::utf16::{self, Utf16};
use crate::inputs::error::Error;

/// Bytes read at a time, and looked at to see what a file is.
const BUFFER: usize = 1 << 16;

/// The largest Parquet file that is taken from standard input, which has to be held in memory.
const LARGEST_PIPE: u64 = 4 << 30;

/// How the records of a source are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Lines,
    JsonLines,
    /// One JSON array of texts or objects.
    JsonArray,
    /// Separated values, and the delimiter.
    Separated(u8),
}

impl Format {
    /// The ending decides (before `.gz`), and the content where an ending has several forms. `start` is the start of the
    /// file; a stream without a name is a table where `columns` are asked for. Files with other endings have one text
    /// per line.
    fn of(path: &Path, start: &[u8], columns: bool) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let ending = name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.').map(|(_, ending)| ending);
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        match (ending, first) {
            (Some("jsonl" | "ndjson" | "json"), Some(b'[')) if !lines_of_arrays(start) => Format::JsonArray,
            (Some("jsonl" | "ndjson" | "json"), _) => Format::JsonLines,
            (Some("csv"), _) => Format::Separated(delimiter::of(start, b',')),
            (Some("tsv"), _) => Format::Separated(delimiter::of(start, b'\t')),
            _ if path != Path::new("-") || !columns => Format::Lines,
            (_, Some(b'{')) => Format::JsonLines,
            (_, Some(b'[')) => Format::JsonArray,
            _ => Format::Separated(delimiter::of(start, b',')),
        }
    }
}

/// Whether the first line is a JSON array of its own, as in JSON Lines that hold no objects.
fn lines_of_arrays(start: &[u8]) -> bool {
    let mut lines = start.split(|byte| *byte == b'\n');
    let whole = lines.next().is_some_and(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok());
    whole && lines.next().is_some_and(|line| line.trim_ascii_start().starts_with(b"["))
}

/// An opened source.
pub(crate) enum Opened {
    /// UTF-8 at its first byte after any byte order mark.
    Text {
        bytes: Box<dyn BufRead>,
        format: Format,
        encoding: &'static str,
    },
    Parquet(File),
}

/// Opens `path`; `-` is standard input, which is a table where `columns` are asked for.
///
/// # Errors
/// The path is missing or a folder, or cannot be read.
pub(crate) fn open(path: &Path, columns: bool) -> Result<Opened, Error> {
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        if path.is_dir() {
            return Err(Error::Kind { path: path.to_owned(), is: "a folder", wanted: "a file of texts" });
        }
        Box::new(File::open(path).map_err(|error| Error::at(path, error))?)
    };
    from_bytes(raw, path, columns).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            Error::malformed(path, format!("cannot be read: {error}"))
        }
        _ => Error::at(path, error),
    })
}

fn from_bytes(raw: Box<dyn Read>, path: &Path, columns: bool) -> io::Result<Opened> {
    let (start, raw) = peek(raw, 4)?;
    if start == *b"PAR1" {
        return Ok(Opened::Parquet(on_disk(raw, path)?));
    }
    let raw = BufReader::with_capacity(BUFFER, raw);
    let plain: Box<dyn Read> =
        if start.starts_with(&[0x1f, 0x8b]) { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let (start, plain) = peek(plain, BUFFER as u64)?;
    let (text, encoding): (Box<dyn Read>, _) = match utf16::sniff(&start) {
        Some(order) => (Box::new(Utf16::new(plain, order)), order.name()),
        None => (plain, "UTF-8"),
    };
    let (mut start, mut text) = peek(text, BUFFER as u64)?;
    if start.starts_with("\u{feff}".as_bytes()) {
        text.read_exact(&mut [0; 3])?;
        start.drain(..3);
    }
    let format = Format::of(path, &start, columns);
    // Separated values end their records in either way.
    let returns = start.contains(&b'\r') && !start.contains(&b'\n') && !matches!(format, Format::Separated(_));
    let text = if returns { Box::new(ReturnsAsFeeds(text)) } else { text };
    Ok(Opened::Text { bytes: Box::new(BufReader::with_capacity(BUFFER, text)), format, encoding })
}

/// A Parquet file that can be read at any place: standard input goes to a temporary file first.
fn on_disk(mut raw: Box<dyn Read>, path: &Path) -> io::Result<File> {
    if path != Path::new("-") {
        return File::open(path);
    }
    let mut file = tempfile::tempfile()?;
    if io::copy(&mut raw.by_ref().take(LARGEST_PIPE), &mut file)? == LARGEST_PIPE {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a Parquet file on standard input is longer than 4 GiB",
        ));
    }
    Ok(file)
}

/// The first `len` bytes (fewer at the end), and a reader that still gives them. A pipe may hand over one at a time.
fn peek(mut reader: Box<dyn Read>, len: u64) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut start = Vec::new();
    reader.by_ref().take(len).read_to_end(&mut start)?;
    let whole = Cursor::new(start.clone()).chain(reader);
    Ok((start, Box::new(whole)))
}

/// Gives line feeds for carriage returns.
struct ReturnsAsFeeds(Box<dyn Read>);

impl Read for ReturnsAsFeeds {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        buffer[..read].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        Ok(read)
    }
}
