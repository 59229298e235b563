//! Records out of an opened file: a text, a pair of texts, a blank, or the reason why a record cannot be used.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::columns::{Column, Columns, Wanted};
use super::delimiter;
use super::json::{self, Element, Elements, Next};
use super::lines::{LONGEST, Line, Lines};
#[cfg(feature = "parquet")]
use super::parquet;
use super::quotes::QuoteWatch;
use super::stream::{Format, Opened};
use super::table::{self, NoRow, Row, Table};
use super::text::{Record, Text, record};
use crate::inputs::error::Error;

/// How the records of a source are read.
pub(crate) struct Reading<'a> {
    pub(crate) path: &'a Path,
    pub(crate) wanted: &'a Wanted,
    /// Whether bytes that are not UTF-8 are replaced instead of the record being skipped.
    pub(crate) lossy: bool,
}

/// What was found out about a file while it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The format, and the delimiter of separated values.
    pub(crate) format: String,
    pub(crate) encoding: &'static str,
    /// The columns that were read, where the file has columns.
    pub(crate) columns: Option<Columns>,
}

type Each<'e> = dyn FnMut(u64, Record) -> Result<(), Error> + 'e;

impl Reading<'_> {
    /// Calls `each` with the line and content of every record, until the end or the first error.
    pub(crate) fn records(&self, opened: Opened, each: &mut Each) -> Result<Found, Error> {
        let (bytes, format, encoding) = match opened {
            Opened::Text { bytes, format, encoding } => (bytes, format, encoding),
            Opened::Parquet(file) => {
                let columns = self.parquet(&file, each)?;
                return Ok(Found { format: "Parquet".to_owned(), encoding: "UTF-8", columns: Some(columns) });
            }
        };
        let (name, columns) = match format {
            Format::Lines if self.wanted.any() => return Err(Error::NoColumns(self.path.to_owned())),
            Format::Lines => ("lines".to_owned(), self.lines(bytes, each).map(|()| None)?),
            Format::JsonLines => ("JSON Lines".to_owned(), self.json_lines(bytes, each)?),
            Format::JsonArray => ("JSON array".to_owned(), self.json_array(bytes, each)?),
            Format::Separated(mark) => {
                let name = format!("separated by {}s", delimiter::name(mark));
                (name, self.separated(bytes, mark, each)?)
            }
        };
        Ok(Found { format: name, encoding, columns })
    }

    #[cfg(feature = "parquet")]
    fn parquet(&self, file: &File, each: &mut Each) -> Result<Columns, Error> {
        parquet::read(file, self.path, self.wanted, each)
    }

    #[cfg(not(feature = "parquet"))]
    fn parquet(&self, _file: &File, _each: &mut Each) -> Result<Columns, Error> {
        Err(Error::malformed(self.path, "is a Parquet file, which this build of probe does not read"))
    }

    fn lines(&self, bytes: impl BufRead, each: &mut Each) -> Result<(), Error> {
        self.each_line(bytes, |line, content| {
            each(line, record(content.and_then(|bytes| Ok(Text { first: self.utf8(bytes)?, second: None }))))
        })
    }

    fn json_lines(&self, bytes: impl BufRead, each: &mut Each) -> Result<Option<Columns>, Error> {
        let mut objects = Objects::new(self);
        self.each_line(bytes, |line, content| objects.push(line, content, each))?;
        objects.finish(each)
    }

    fn json_array(&self, bytes: impl BufRead, each: &mut Each) -> Result<Option<Columns>, Error> {
        let mut objects = Objects::new(self);
        self.each_element(bytes, |line, content| objects.push(line, content, each))?;
        objects.finish(each)
    }

    /// Calls `each` with the line and bytes of every element of a JSON array.
    pub(super) fn each_element(
        &self,
        bytes: impl BufRead,
        mut each: impl FnMut(u64, Result<&[u8], String>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut elements, mut buffer) = (Elements::new(bytes), Vec::new());
        loop {
            match elements.next(&mut buffer).map_err(|error| self.broken(elements.line(), error))? {
                Next::End => return Ok(()),
                Next::TooLong(line) => each(line, Err(too_long()))?,
                Next::Element(line) => each(line, Ok(&buffer))?,
            }
        }
    }

    /// Calls `each` with the number and bytes of every line.
    pub(super) fn each_line(
        &self,
        bytes: impl BufRead,
        mut each: impl FnMut(u64, Result<&[u8], String>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut lines, mut buffer) = (Lines::new(bytes), Vec::new());
        loop {
            match lines.next(&mut buffer).map_err(|error| self.broken(lines.number(), error))? {
                Line::End => return Ok(()),
                Line::TooLong => each(lines.number(), Err(too_long()))?,
                Line::Whole => each(lines.number(), Ok(&buffer))?,
            }
        }
    }

    pub(super) fn utf8(&self, bytes: &[u8]) -> Result<String, String> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) if self.lossy => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Err(error) => Err(format!("not UTF-8 from byte {} of the text on", error.valid_up_to() + 1)),
        }
    }

    fn separated(&self, bytes: impl Read, mark: u8, each: &mut Each) -> Result<Option<Columns>, Error> {
        let mut table = Table::new(self.path, self.wanted);
        let names = self.each_separated(bytes, mark, |names, line| table.push(line, |_| names.to_vec(), each))?;
        table.finish(|_| names.clone(), each)
    }

    /// Calls `each` with the header and every record of separated values; returns the header.
    pub(super) fn each_separated<'s>(
        &'s self,
        bytes: impl Read,
        mark: u8,
        mut each: impl FnMut(&[String], table::Line<Cells<'s>>) -> Result<(), Error>,
    ) -> Result<Vec<String>, Error> {
        let (watched, quotes) = QuoteWatch::new(bytes, mark);
        let mut reader = csv::ReaderBuilder::new().delimiter(mark).flexible(true).from_reader(watched);
        let header = reader.byte_headers().map_err(|error| self.csv_broken(1, error))?;
        let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let open = |line: Option<u64>| match line {
            Some(line) => Err(Error::OpenQuote { path: self.path.to_owned(), line }),
            None => Ok(()),
        };
        match &names[..] {
            [] => return open(quotes.open_since()).map(|()| names),
            [only] if quotes.open_since().is_none() => self.check_header(only)?,
            _ => {}
        }
        loop {
            quotes.next_record();
            let at = reader.position().byte();
            let mut row = csv::ByteRecord::new();
            let more = reader.read_byte_record(&mut row);
            let line = quotes.line_of(row.position().map_or(at, csv::Position::byte));
            if !more.map_err(|error| self.csv_broken(line, error))? {
                return open(quotes.open_since()).map(|()| names);
            }
            let cells = match row.len() > names.len() {
                true => Err(NoRow::Bad(format!("has {} columns of {}: is a quote missing?", row.len(), names.len()))),
                false => Ok(Cells { row, reading: self, names: names.len() }),
            };
            each(&names, (line, cells))?;
        }
    }

    /// Refuses a header of one column that holds a delimiter: the records would be read as texts, delimiters included.
    fn check_header(&self, header: &str) -> Result<(), Error> {
        match delimiter::DELIMITERS.into_iter().find(|mark| header.as_bytes().contains(mark)) {
            Some(mark) => Err(Error::HeaderDelimiter {
                path: self.path.to_owned(),
                header: header.to_owned(),
                delimiter: delimiter::name(mark),
            }),
            None => Ok(()),
        }
    }

    fn broken(&self, line: u64, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Error::malformed(self.path, format!("cannot be read on after line {line}: {error}"))
            }
            _ => Error::at(self.path, error),
        }
    }

    fn csv_broken(&self, line: u64, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => self.broken(line, error),
            other => Error::malformed(self.path, format!("line {line}: {other:?}")),
        }
    }
}

fn too_long() -> String {
    format!("longer than {} MiB", LONGEST >> 20)
}

/// Objects, whose columns are settled by the first ones, or texts that stand alone.
struct Objects<'a> {
    reading: &'a Reading<'a>,
    table: Table<'a, Map<String, Value>>,
}

impl<'a> Objects<'a> {
    fn new(reading: &'a Reading<'a>) -> Self {
        Objects { reading, table: Table::new(reading.path, reading.wanted) }
    }

    fn push(&mut self, line: u64, content: Result<&[u8], String>, each: &mut Each) -> Result<(), Error> {
        if content.as_ref().is_ok_and(|bytes| bytes.trim_ascii().is_empty()) {
            return self.table.push((line, Err(NoRow::Blank)), names, each);
        }
        let element = content.and_then(|bytes| json::element(&self.reading.utf8(bytes)?));
        match element {
            Ok(Element::Text(_)) if self.reading.wanted.any() => Err(Error::NoColumns(self.reading.path.to_owned())),
            Ok(Element::Text(text)) => self.table.push((line, Err(NoRow::Text(text))), names, each),
            Ok(Element::Object(object)) => self.table.push((line, Ok(object)), names, each),
            Err(reason) => self.table.push((line, Err(NoRow::Bad(reason))), names, each),
        }
    }

    fn finish(self, each: &mut Each) -> Result<Option<Columns>, Error> {
        self.table.finish(names, each)
    }
}

/// The keys of the objects that wait, in the order in which they first appear.
fn names(waiting: &[table::Line<Map<String, Value>>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in waiting.iter().filter_map(|(_, row)| row.as_ref().ok()).flat_map(Map::keys) {
        if !names.contains(key) {
            names.push(key.clone());
        }
    }
    names
}

/// A record of separated values.
pub(super) struct Cells<'a> {
    row: csv::ByteRecord,
    reading: &'a Reading<'a>,
    /// Columns of the header.
    names: usize,
}

impl Row for Cells<'_> {
    fn cell(&self, column: &Column) -> Result<String, String> {
        match self.row.get(column.place) {
            Some(bytes) => self.reading.utf8(bytes),
            None => Err(format!("has {} columns of {}", self.row.len(), self.names)),
        }
    }
}
