//! Rows of named cells on their way to texts: the first ones wait until it is settled which columns are read.

use std::path::Path;

use super::columns::{Column, Columns, SAMPLE, Wanted, settle};
use super::text::{Record, Text, record};
use crate::inputs::error::Error;

/// One row of a table.
pub(super) trait Row {
    /// The text in a column, or the reason why there is none.
    fn cell(&self, column: &Column) -> Result<String, String>;
}

/// What a line holds that is no row. It waits as rows do, so that records keep the order of the file.
#[derive(Debug, Clone)]
pub(super) enum NoRow {
    Blank,
    Bad(String),
    /// A text that stands alone.
    Text(String),
}

impl From<NoRow> for Record {
    fn from(line: NoRow) -> Self {
        match line {
            NoRow::Blank => Record::Blank,
            NoRow::Bad(reason) => Record::Bad(reason),
            NoRow::Text(text) => record(Ok(Text { first: text, second: None })),
        }
    }
}

/// A line with its row, if it holds one.
pub(super) type Line<R> = (u64, Result<R, NoRow>);

/// Takes the texts of one table out of its rows.
pub(super) struct Table<'a, R> {
    path: &'a Path,
    wanted: &'a Wanted,
    /// Rows that came before the columns were settled.
    waiting: Vec<Line<R>>,
    columns: Option<Columns>,
}

impl<'a, R: Row> Table<'a, R> {
    pub(super) fn new(path: &'a Path, wanted: &'a Wanted) -> Self {
        Table { path, wanted, waiting: Vec::new(), columns: None }
    }

    /// Takes the next row. `names` gives the columns of the rows that wait.
    pub(super) fn push(
        &mut self,
        line: Line<R>,
        names: impl Fn(&[Line<R>]) -> Vec<String>,
        each: &mut dyn FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(columns) = &self.columns {
            return each(line.0, taken(columns, &line.1));
        }
        self.waiting.push(line);
        if self.waiting.len() == SAMPLE { self.settle(names, each) } else { Ok(()) }
    }

    /// Settles the columns, if that is still open, and hands over the rows that waited. `None` where there was no row.
    pub(super) fn finish(
        mut self,
        names: impl Fn(&[Line<R>]) -> Vec<String>,
        each: &mut dyn FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<Option<Columns>, Error> {
        if self.columns.is_none() {
            self.settle(names, each)?;
        }
        Ok(self.columns)
    }

    fn settle(
        &mut self,
        names: impl Fn(&[Line<R>]) -> Vec<String>,
        each: &mut dyn FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.iter().all(|(_, row)| row.is_err()) {
            // Nothing to guess from: every line has its own reason.
            let mut lines = waiting.into_iter().filter_map(|(line, row)| Some((line, row.err()?)));
            return lines.try_for_each(|(line, no_row)| each(line, no_row.into()));
        }
        let values = |column: &Column| {
            waiting.iter().filter_map(|(_, row)| row.as_ref().ok()?.cell(column).ok()).collect::<Vec<String>>()
        };
        let columns = settle(self.wanted, &names(&waiting), values, self.path)?;
        for (line, row) in &waiting {
            each(*line, taken(&columns, row))?;
        }
        self.columns = Some(columns);
        Ok(())
    }
}

fn taken<R: Row>(columns: &Columns, row: &Result<R, NoRow>) -> Record {
    let text = |row: &R| {
        let first = row.cell(&columns.text)?;
        let second = columns.pair.as_ref().map(|column| row.cell(column)).transpose()?;
        Ok(Text { first, second })
    };
    match row {
        Ok(row) => record(text(row)),
        Err(no_row) => no_row.clone().into(),
    }
}
