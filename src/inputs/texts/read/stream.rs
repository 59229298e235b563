//! A source of texts as a stream of bytes: a file or standard input, gunzipped where its content says gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::inputs::error::Error;

/// Bytes read at a time.
const BUFFER: usize = 1 << 16;

/// How the records of a source are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Lines,
    JsonLines,
    /// Separated values, and the separator.
    Separated(u8),
}

impl Format {
    /// The ending decides (before `.gz`); what has none that we know is one text a line.
    pub(crate) fn of(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        match name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.').map(|(_, ending)| ending) {
            Some("jsonl" | "ndjson") => Format::JsonLines,
            Some("csv") => Format::Separated(b','),
            Some("tsv") => Format::Separated(b'\t'),
            _ => Format::Lines,
        }
    }

    /// The format of a stream without a name, by its first line, where columns are asked for.
    fn sniff(start: &[u8]) -> Self {
        let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match line.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Format::JsonLines,
            _ if line.contains(&b'\t') => Format::Separated(b'\t'),
            _ => Format::Separated(b','),
        }
    }
}

/// An opened source, at its first byte after any byte order mark.
pub(crate) struct Opened {
    pub(crate) bytes: Box<dyn BufRead>,
    pub(crate) format: Format,
}

/// Opens `path`; `-` is standard input, whose format is looked for only where `columns` are asked for.
pub(crate) fn open(path: &Path, columns: bool) -> Result<Opened, Error> {
    let standard = path == Path::new("-");
    let raw: Box<dyn Read> = if standard {
        Box::new(io::stdin())
    } else {
        let folder = |is_dir| match is_dir {
            true => Err(Error::Kind { path: path.to_owned(), is: "a folder", wanted: "a file of texts" }),
            false => Ok(()),
        };
        folder(path.is_dir())?;
        Box::new(File::open(path).map_err(|error| Error::at(path, error))?)
    };
    from_bytes(raw, path, columns && standard).map_err(|error| match error {
        Refused::Io(error) => Error::at(path, error),
        Refused::Content(reason) => Error::malformed(path, reason),
    })
}

enum Refused {
    Io(io::Error),
    Content(&'static str),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Refused::Io(error)
    }
}

fn from_bytes(raw: Box<dyn Read>, path: &Path, sniff: bool) -> Result<Opened, Refused> {
    let (start, raw) = peek(raw, 2)?;
    let raw = BufReader::with_capacity(BUFFER, raw);
    let plain: Box<dyn Read> = if start == [0x1f, 0x8b] { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let (start, plain) = peek(plain, 3)?;
    if matches!(start[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(Refused::Content("is UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"));
    }
    let mut bytes: Box<dyn BufRead> = Box::new(BufReader::with_capacity(BUFFER, plain));
    if start == [0xef, 0xbb, 0xbf] {
        bytes.read_exact(&mut [0; 3])?;
    }
    let format = if sniff { Format::sniff(bytes.fill_buf()?) } else { Format::of(path) };
    Ok(Opened { bytes, format })
}

/// The first `len` bytes (fewer at the end), and a reader that still gives them. A pipe may hand over one at a time.
fn peek(mut reader: Box<dyn Read>, len: u64) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut start = Vec::new();
    reader.by_ref().take(len).read_to_end(&mut start)?;
    let whole = Cursor::new(start.clone()).chain(reader);
    Ok((start, Box::new(whole)))
}
