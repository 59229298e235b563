//! Records out of an opened file: a text, a pair of texts, a blank, or the reason why a record cannot be used.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::columns::{Columns, Wanted, settle};
use super::lines::{LONGEST, Line, Lines};
use super::quotes::{QuoteState, QuoteWatch};
use super::stream::{Format, Opened};
use crate::inputs::error::Error;

/// A text, or a pair of sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) first: String,
    pub(crate) second: Option<String>,
}

/// The content of a line or a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    Text(Text),
    /// Not an input: an empty line, or a text of nothing but white space.
    Blank,
    /// An input that cannot be used, and why.
    Bad(String),
}

/// How the records of a source are read.
pub(crate) struct Reading<'a> {
    pub(crate) path: &'a Path,
    pub(crate) wanted: &'a Wanted,
    /// Whether bytes that are not UTF-8 are replaced instead of the record being skipped.
    pub(crate) lossy: bool,
}

impl Reading<'_> {
    /// Calls `each` with the line and content of every record, until the end or the first error.
    pub(crate) fn records(
        &self,
        opened: Opened,
        mut each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match opened.format {
            Format::Lines if self.wanted.any() => Err(Error::NoColumns(self.path.to_owned())),
            Format::Lines => self.lines(opened.bytes, |bytes| Ok(self.decode(bytes)), each),
            Format::JsonLines => {
                let mut columns = None;
                self.lines(opened.bytes, |bytes| self.json(bytes, &mut columns), each)
            }
            Format::Separated(separator) => self.separated(opened.bytes, separator, &mut each),
        }
    }

    fn lines(
        &self,
        bytes: impl BufRead,
        mut parse: impl FnMut(&[u8]) -> Result<Result<Text, String>, Error>,
        mut each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut lines, mut buffer) = (Lines::new(bytes), Vec::new());
        loop {
            let record = match lines.next(&mut buffer).map_err(|error| self.broken(lines.number(), error))? {
                Line::End => return Ok(()),
                Line::TooLong => Record::Bad(format!("longer than {} MiB", LONGEST >> 20)),
                Line::Whole if buffer.trim_ascii().is_empty() => Record::Blank,
                Line::Whole => record(parse(&buffer)?),
            };
            each(lines.number(), record)?;
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<Text, String> {
        Ok(Text { first: self.utf8(bytes)?, second: None })
    }

    fn utf8(&self, bytes: &[u8]) -> Result<String, String> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) if self.lossy => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Err(error) => Err(format!("not UTF-8 from byte {} of the text on", error.valid_up_to() + 1)),
        }
    }

    fn json(&self, bytes: &[u8], columns: &mut Option<Columns>) -> Result<Result<Text, String>, Error> {
        let parsed = self.utf8(bytes).and_then(|line| {
            serde_json::from_str(&line).map_err(|error| format!("not JSON: {error} (within the line)"))
        });
        let object = match parsed {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Ok(Err("not a JSON object".to_owned())),
            Err(reason) => return Ok(Err(reason)),
        };
        let columns = match columns {
            Some(columns) => columns,
            unsettled => {
                // The first object decides for the file.
                let all: Vec<String> = object.keys().cloned().collect();
                let likely: Vec<String> =
                    object.iter().filter(|(_, value)| value.is_string()).map(|(name, _)| name.clone()).collect();
                unsettled.insert(settle(self.wanted, &all, &likely, self.path)?)
            }
        };
        let field = |name: &str| match object.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Null) => Ok(String::new()),
            Some(_) => Err(format!("'{name}' is not a string")),
            None => Err(format!("has no '{name}'")),
        };
        let text = field(&columns.text).and_then(|first| {
            let second = columns.pair.as_deref().map(field).transpose()?;
            Ok(Text { first, second })
        });
        Ok(text)
    }

    fn separated(
        &self,
        bytes: impl Read,
        separator: u8,
        each: &mut impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (watched, quotes) = QuoteWatch::new(bytes, separator);
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(watched);
        let header = reader.byte_headers().map_err(|error| self.csv_broken(1, error))?;
        let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        if names.is_empty() {
            return self.closed(&quotes);
        }
        let columns = settle(self.wanted, &names, &names, self.path)?;
        let place = |wanted: &str| names.iter().position(|name| name == wanted).unwrap_or(names.len());
        let (first, second) = (place(&columns.text), columns.pair.as_deref().map(place));
        let mut row = csv::ByteRecord::new();
        loop {
            quotes.next_record();
            let from = reader.position().line();
            if !reader.read_byte_record(&mut row).map_err(|error| self.csv_broken(from, error))? {
                return self.closed(&quotes);
            }
            let field = |place: usize| match row.get(place) {
                Some(bytes) => self.utf8(bytes),
                None => Err(format!("has {} columns of {}", row.len(), names.len())),
            };
            let text = field(first).and_then(|first| Ok(Text { first, second: second.map(field).transpose()? }));
            each(row.position().map_or(from, csv::Position::line), record(text))?;
        }
    }

    /// Refuses a file that ended within quotes: all that follows the quote was read as one text.
    fn closed(&self, quotes: &QuoteState) -> Result<(), Error> {
        quotes.open_since().map_or(Ok(()), |line| Err(Error::OpenQuote { path: self.path.to_owned(), line }))
    }

    fn broken(&self, line: u64, error: io::Error) -> Error {
        let path: PathBuf = self.path.to_owned();
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Error::malformed(path, format!("cannot be read on after line {line}: {error}"))
            }
            _ => Error::at(path, error),
        }
    }

    fn csv_broken(&self, line: u64, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => self.broken(line, error),
            other => Error::malformed(self.path, format!("line {line}: {other:?}")),
        }
    }
}

/// A pair is blank only if both are: one empty side may be meant.
fn record(text: Result<Text, String>) -> Record {
    match text {
        Ok(text) if text.first.trim().is_empty() && text.second.as_deref().unwrap_or_default().trim().is_empty() => {
            Record::Blank
        }
        Ok(text) => Record::Text(text),
        Err(reason) => Record::Bad(reason),
    }
}
