//! The texts drawn from files, in one pass.
//!
//! In: paths. Out: [`Texts`], the inputs drawn, in the order of the files, each with its place; the blank records; the
//! inputs that cannot be used, with the reasons. The draw needs no count, so one pass serves for files and pipes alike;
//! the texts drawn go to a [`Spool`], and memory grows with their number by a few dozen bytes per text.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::read::Wanted;
use super::read::globs;
use super::read::records::{Found, Reading};
use super::read::stream::open;
use super::read::text::{Record, Text};
use crate::inputs::batch::shortened;
use crate::inputs::draw::Draw;
use crate::inputs::error::Error;
use crate::inputs::ledger::{Blanks, Skipped};
use crate::inputs::places::{Places, PlacesFile};
use crate::inputs::settings::Samples;
use crate::inputs::spool::Spool;

/// What decides which texts are read.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) samples: Samples,
    pub(crate) seed: u64,
    pub(crate) columns: Wanted,
    pub(crate) lossy: bool,
    pub(crate) keep_repeats: bool,
}

/// The texts drawn.
#[derive(Debug)]
pub(crate) struct Texts {
    paths: Vec<PathBuf>,
    rows: Vec<Row>,
    spool: Spool,
    /// Inputs in all the files, blanks aside.
    pub(crate) available: u64,
    pub(crate) blanks: Blanks,
    /// Inputs drawn that cannot be used.
    pub(crate) skipped: Vec<Skipped>,
    /// Rows whose text is that of an earlier one, unless they are to be kept. Texts that only get the same tokens are found later.
    pub(crate) repeats: HashSet<usize>,
    /// What was found out about each file.
    pub(crate) found: Vec<Found>,
    /// By file, the number of its last record that is an input, blank ones counted.
    records: Vec<u64>,
}

/// Where one input drawn came from, and where its bytes are.
#[derive(Debug, Clone, Copy)]
struct Row {
    position: u64,
    place: Place,
    kept: Kept,
}

/// A record in one of the files.
#[derive(Debug, Clone, Copy)]
struct Place {
    path: u32,
    line: u64,
    /// Counted from 1, blank records too.
    record: u64,
}

#[derive(Debug, Clone, Copy)]
enum Kept {
    Text {
        offset: u64,
        first: u32,
        second: Option<u32>,
    },
    /// A reason instead of a text.
    Reason {
        offset: u64,
        len: u32,
    },
}

impl Texts {
    /// Reads the files once and keeps what is drawn. Patterns among the paths are expanded.
    ///
    /// # Errors
    /// A file is missing or damaged, has no column of texts, or holds nothing that can be used.
    pub(crate) fn read(paths: &[PathBuf], selection: &Selection) -> Result<Self, Error> {
        let paths = globs::expand(paths)?;
        let mut texts = Texts {
            paths: paths.clone(),
            rows: Vec::new(),
            spool: Spool::default(),
            available: 0,
            blanks: Blanks::default(),
            skipped: Vec::new(),
            repeats: HashSet::new(),
            found: Vec::new(),
            records: Vec::new(),
        };
        let mut draw = Draw::new(selection.samples, selection.seed);
        for (path, index) in paths.iter().zip(0u32..) {
            let opened = open(path, selection.columns.any())?;
            let reading = Reading { path, wanted: &selection.columns, lossy: selection.lossy };
            texts.records.push(0);
            let mut number = 0;
            let found = reading.records(opened, &mut |line, record| {
                number += 1;
                texts.offer(&mut draw, Place { path: index, line, record: number }, record)
            })?;
            texts.found.push(found);
        }
        texts.available = draw.seen();
        texts.rows.sort_unstable_by_key(|row| row.position);
        texts.settle()?;
        if !selection.keep_repeats {
            texts.repeats = texts.repeated()?;
        }
        Ok(texts)
    }

    fn offer(&mut self, draw: &mut Draw, place: Place, record: Record) -> Result<(), Error> {
        if record == Record::Blank {
            self.blanks.add(&self.paths[place.path as usize].to_string_lossy(), place.line);
            return Ok(());
        }
        if let Some(last) = self.records.last_mut() {
            *last = place.record;
        }
        let position = draw.seen();
        if let Some(slot) = draw.offer() {
            let kept = keep(&self.spool, &record).map_err(|source| Error::Scratch { source })?;
            let row = Row { position, place, kept };
            match self.rows.get_mut(slot) {
                Some(place) => *place = row,
                None => self.rows.push(row),
            }
        }
        Ok(())
    }

    /// Takes the reasons out of the spool, and refuses a draw of which nothing is left.
    fn settle(&mut self) -> Result<(), Error> {
        for row in &self.rows {
            if let Kept::Reason { offset, len } = row.kept {
                let reason = String::from_utf8_lossy(&self.bytes(offset, len)?).into_owned();
                let source = self.path(row).to_string_lossy().into_owned();
                self.skipped.push(Skipped { source, line: Some(row.place.line), reason });
            }
        }
        let path = || self.paths.first().cloned().unwrap_or_default();
        match self.skipped.first() {
            _ if self.rows.is_empty() => Err(Error::Empty(path())),
            Some(first) if self.skipped.len() == self.rows.len() => {
                let reason = format!("{} line {}: {}", first.source, first.line.unwrap_or_default(), first.reason);
                Err(Error::NothingUsable { path: path(), drawn: self.rows.len(), reason })
            }
            _ => Ok(()),
        }
    }

    fn repeated(&self) -> Result<HashSet<usize>, Error> {
        let (mut seen, mut repeated) = (HashSet::new(), HashSet::new());
        for row in 0..self.len() {
            if let Some(text) = self.get(row)?
                && !seen.insert(shortened(&text.digest()))
            {
                repeated.insert(row);
            }
        }
        Ok(repeated)
    }

    /// How many inputs were drawn, those that cannot be used included.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The text of a row; `None` if it cannot be used.
    pub(crate) fn get(&self, row: usize) -> Result<Option<Text>, Error> {
        match self.rows.get(row).map(|row| row.kept) {
            Some(Kept::Text { offset, first, second }) => {
                let text =
                    |offset, len| Ok::<_, Error>(String::from_utf8_lossy(&self.bytes(offset, len)?).into_owned());
                let second = second.map(|len| text(offset + u64::from(first), len)).transpose()?;
                Ok(Some(Text { first: text(offset, first)?, second }))
            }
            _ => Ok(None),
        }
    }

    /// The file and line of a row.
    pub(crate) fn place(&self, row: usize) -> Option<(&Path, u64)> {
        self.rows.get(row).map(|row| (self.path(row), row.place.line))
    }

    /// The places of some rows.
    pub(crate) fn places(&self, rows: &[usize]) -> Places {
        let files = self.paths.iter().zip(&self.records);
        let places = || rows.iter().filter_map(|row| self.rows.get(*row)).map(|row| row.place);
        Places {
            files: files.map(|(path, &records)| PlacesFile { path: path.display().to_string(), records }).collect(),
            file: places().map(|place| place.path as usize).collect(),
            record: places().map(|place| place.record).collect(),
            names: Vec::new(),
        }
    }

    fn path(&self, row: &Row) -> &Path {
        self.paths.get(row.place.path as usize).map(PathBuf::as_path).unwrap_or(Path::new(""))
    }

    fn bytes(&self, offset: u64, len: u32) -> Result<Vec<u8>, Error> {
        self.spool.read(offset, len as usize).map_err(|source| Error::Scratch { source })
    }
}

/// Lengths fit 32 bits because records are at most [`super::read::lines::LONGEST`] bytes.
fn keep(spool: &Spool, record: &Record) -> std::io::Result<Kept> {
    Ok(match record {
        Record::Text(text) => {
            let second = text.second.as_deref();
            let offset = spool.push(&[text.first.as_bytes(), second.unwrap_or_default().as_bytes()].concat())?;
            Kept::Text { offset, first: text.first.len() as u32, second: second.map(|text| text.len() as u32) }
        }
        Record::Bad(reason) => Kept::Reason { offset: spool.push(reason.as_bytes())?, len: reason.len() as u32 },
        Record::Blank => Kept::Reason { offset: 0, len: 0 },
    })
}
