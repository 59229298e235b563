//! Parquet, the format of published data sets: the columns of strings, read row by row. The line of a text is its row,
//! counted from 1.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use super::columns::{Column, Columns, SAMPLE, Wanted, settle};
use super::lines::LONGEST;
use super::text::{Record, Text, record};
use crate::base::guard::guarded;
use crate::inputs::error::Error;

/// Reads every row of a file, and returns the columns that were read.
///
/// # Errors
/// The file is damaged, or it is not clear which column holds the texts.
pub(super) fn read(
    file: &File,
    path: &Path,
    wanted: &Wanted,
    each: &mut dyn FnMut(u64, Record) -> Result<(), Error>,
) -> Result<Columns, Error> {
    let at = |error| Error::at(path, error);
    let damaged = |reason: String| damaged(path, reason);
    let table = Rows { file: file.try_clone().map_err(at)? };
    let (all, strings) = table.names().map_err(damaged)?;
    let mut sample: Vec<Row> = Vec::new();
    let mut keep = |row| {
        sample.push(row);
        Ok(sample.len() < SAMPLE)
    };
    table.each(&strings, &mut keep, &damaged)?;
    let values = |column: &Column| sample.iter().filter_map(|row| cell(row, &column.name).ok()).collect();
    let columns = settle(wanted, &all, values, path)?;
    let read = [Some(&columns.text), columns.pair.as_ref()].into_iter().flatten();
    let chosen: Vec<String> = read.map(|column| column.name.clone()).collect();
    if let Some(name) = chosen.iter().find(|name| !strings.contains(name)) {
        return Err(Error::malformed(path, format!("column '{name}' does not hold strings")));
    }
    let mut number = 0;
    let mut take = |row: Row| {
        number += 1;
        let text = cell(&row, &columns.text.name).and_then(|first| {
            let second = columns.pair.as_ref().map(|column| cell(&row, &column.name)).transpose()?;
            Ok(Text { first, second })
        });
        each(number, record(text)).map(|()| true)
    };
    table.each(&chosen, &mut take, &damaged)?;
    Ok(columns)
}

/// The names of all columns.
///
/// # Errors
/// The file is damaged.
pub(super) fn names(file: &File, path: &Path) -> Result<Vec<String>, Error> {
    let table = Rows { file: file.try_clone().map_err(|error| Error::at(path, error))? };
    Ok(table.names().map_err(|reason| damaged(path, reason))?.0)
}

/// Calls `each` with the cells of these columns, row by row, whatever they hold; null and nested values are empty.
///
/// # Errors
/// The file is damaged.
pub(super) fn cells(
    file: &File,
    path: &Path,
    columns: &[String],
    each: &mut dyn FnMut(Vec<String>),
) -> Result<(), Error> {
    let table = Rows { file: file.try_clone().map_err(|error| Error::at(path, error))? };
    let any = |row: &Row, name: &String| match row.get_column_iter().find(|(column, _)| *column == name) {
        None | Some((_, Field::Null | Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_))) => {
            String::new()
        }
        Some((_, Field::Str(_) | Field::Bytes(_))) => cell(row, name).unwrap_or_default(),
        Some((_, other)) => other.to_string(),
    };
    let mut take = |row: Row| {
        each(columns.iter().map(|name| any(&row, name)).collect());
        Ok(true)
    };
    table.each(columns, &mut take, &|reason| damaged(path, reason))
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::malformed(path, format!("is not a Parquet file that can be read: {reason}"))
}

/// The rows of a file. Every pass reads it from its start.
struct Rows {
    file: File,
}

impl Rows {
    fn open(&self) -> Result<SerializedFileReader<File>, String> {
        let file = self.file.try_clone().map_err(|error| error.to_string())?;
        said(|| SerializedFileReader::new(file))
    }

    /// The names of all columns, and of those that hold strings.
    fn names(&self) -> Result<(Vec<String>, Vec<String>), String> {
        let reader = self.open()?;
        let schema = reader.metadata().file_metadata().schema();
        let fields = schema.get_fields();
        let is_string = |field: &&Arc<Type>| field.is_primitive() && field.get_physical_type() == Physical::BYTE_ARRAY;
        let name = |field: &Arc<Type>| field.name().to_owned();
        Ok((fields.iter().map(name).collect(), fields.iter().filter(is_string).map(name).collect()))
    }

    /// Calls `each` with every row, of these columns only, until it wants no more.
    fn each(
        &self,
        columns: &[String],
        each: &mut dyn FnMut(Row) -> Result<bool, Error>,
        damaged: &dyn Fn(String) -> Error,
    ) -> Result<(), Error> {
        if columns.is_empty() {
            return Ok(());
        }
        let reader = self.open().map_err(damaged)?;
        let schema = reader.metadata().file_metadata().schema();
        let fields: Vec<Arc<Type>> = schema
            .get_fields()
            .iter()
            .filter(|field| columns.iter().any(|name| name == field.name()))
            .cloned()
            .collect();
        let name = schema.name().to_owned();
        let projected = said(|| Type::group_type_builder(&name).with_fields(fields).build()).map_err(damaged)?;
        let mut rows = said(|| reader.get_row_iter(Some(projected))).map_err(damaged)?;
        loop {
            let Some(row) = said(|| rows.next().transpose()).map_err(damaged)? else { return Ok(()) };
            if !each(row)? {
                return Ok(());
            }
        }
    }
}

/// The text in a column; null counts as an empty text.
fn cell(row: &Row, name: &str) -> Result<String, String> {
    match row.get_column_iter().find(|(column, _)| *column == name) {
        Some((_, Field::Str(text))) if text.len() <= LONGEST => Ok(text.clone()),
        Some((_, Field::Str(_))) => Err(format!("longer than {} MiB", LONGEST >> 20)),
        Some((_, Field::Bytes(bytes))) => {
            std::str::from_utf8(bytes.data()).map(str::to_owned).map_err(|_| format!("'{name}' is not UTF-8"))
        }
        Some((_, Field::Null)) => Ok(String::new()),
        _ => Err(format!("'{name}' is not a string")),
    }
}

/// What the library does, with its errors and its panics in words.
fn said<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    guarded(work).and_then(|done| done.map_err(|error| error.to_string()))
}
