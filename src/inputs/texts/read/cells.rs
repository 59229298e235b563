//! Columns of a table as they stand, whatever is in them: what people know of their inputs beside the texts.
//!
//! In: a path of a file that texts could be read from. Out: the names of its columns, or the cells of some of them, record
//! by record. Records are counted as for texts, blank ones included, so that record n here is record n there.

use std::io::BufRead;
use std::path::Path;

use serde_json::Value;

use super::columns::{Column, Wanted};
use super::json::{self, Element};
#[cfg(feature = "parquet")]
use super::parquet;
use super::records::Reading;
use super::stream::{Format, Opened, open};
use super::table::Row;
use crate::inputs::error::Error;

/// A cell: numbers and truth values as they are written; `None` where there is nothing but white space.
pub type Cell = Option<String>;

/// The names of a file's columns, in their order; none where it has one value per line.
///
/// # Errors
/// The file is missing or damaged.
pub fn names(path: &Path) -> Result<Vec<String>, Error> {
    let (bytes, format) = match open(path, true)? {
        Opened::Text { bytes, format, .. } => (bytes, format),
        #[cfg(feature = "parquet")]
        Opened::Parquet(file) => return parquet::names(&file, path),
        #[cfg(not(feature = "parquet"))]
        Opened::Parquet(_) => return Err(not_read(path)),
    };
    let mut names: Vec<String> = Vec::new();
    let mut keys = |content: Result<Element, String>| {
        if let Ok(Element::Object(object)) = content {
            let new: Vec<String> = object.into_iter().map(|(key, _)| key).filter(|key| !names.contains(key)).collect();
            names.extend(new);
        }
    };
    let wanted = Wanted::default();
    let reading = reading(path, &wanted);
    match format {
        Format::Lines => {}
        Format::Separated(mark) => names = reading.each_separated(bytes, mark, |_, _| Ok(()))?,
        Format::JsonLines | Format::JsonArray => elements(&reading, bytes, format, &mut |content| {
            keys(content);
            Ok(())
        })?,
    }
    Ok(names)
}

/// The cells of these columns, a list per record; without columns the value of each line. A record that cannot be read
/// has none.
///
/// # Errors
/// The file is missing or damaged.
pub fn cells(path: &Path, columns: &[String]) -> Result<Vec<Vec<Cell>>, Error> {
    let mut records: Vec<Vec<Cell>> = Vec::new();
    let (bytes, format) = match open(path, !columns.is_empty())? {
        Opened::Text { bytes, format, .. } => (bytes, format),
        #[cfg(feature = "parquet")]
        Opened::Parquet(file) => {
            parquet::cells(&file, path, columns, &mut |cells| records.push(cells.into_iter().map(filled).collect()))?;
            return Ok(records);
        }
        #[cfg(not(feature = "parquet"))]
        Opened::Parquet(_) => return Err(not_read(path)),
    };
    let width = columns.len().max(1);
    let wanted = Wanted::default();
    let reading = reading(path, &wanted);
    match format {
        Format::Lines => reading.each_line(bytes, |_, content| {
            records.push(vec![content.and_then(|bytes| reading.utf8(bytes)).ok().and_then(filled)]);
            Ok(())
        })?,
        Format::Separated(mark) => {
            reading.each_separated(bytes, mark, |names, (_, row)| {
                let place = |name: &String| names.iter().position(|other| other == name);
                let cell = |name: &String| {
                    let column = Column { name: name.clone(), place: place(name)? };
                    row.as_ref().ok()?.cell(&column).ok().and_then(filled)
                };
                records.push(columns.iter().map(cell).collect());
                Ok(())
            })?;
        }
        Format::JsonLines | Format::JsonArray => elements(&reading, bytes, format, &mut |content| {
            records.push(match content {
                Ok(Element::Object(object)) => columns.iter().map(|name| value(object.get(name)?)).collect(),
                Ok(Element::Text(text)) if columns.is_empty() => vec![filled(text)],
                _ => vec![None; width],
            });
            Ok(())
        })?,
    }
    Ok(records)
}

fn reading<'a>(path: &'a Path, wanted: &'a Wanted) -> Reading<'a> {
    Reading { path, wanted, lossy: true }
}

#[cfg(not(feature = "parquet"))]
fn not_read(path: &Path) -> Error {
    Error::malformed(path, "is a Parquet file, which this build of probe does not read")
}

/// Calls `each` with every JSON element, blank lines included.
fn elements(
    reading: &Reading<'_>,
    bytes: impl BufRead,
    format: Format,
    each: &mut dyn FnMut(Result<Element, String>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut one =
        |_: u64, content: Result<&[u8], String>| each(content.and_then(|bytes| json::element(&reading.utf8(bytes)?)));
    match format {
        Format::JsonArray => reading.each_element(bytes, one),
        _ => reading.each_line(bytes, &mut one),
    }
}

fn value(value: &Value) -> Cell {
    match value {
        Value::String(text) => filled(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn filled(text: String) -> Cell {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str, columns: &[&str]) -> (Vec<String>, Vec<Vec<Cell>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        (names(&path).unwrap(), cells(&path, &columns).unwrap())
    }

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
    }

    #[test]
    fn every_format_has_its_cells_by_record() {
        let (names, cells) = read("a.txt", "F\n\n M \n", &[]);
        assert_eq!((names.len(), cells), (0, vec![row(&["F"]), row(&[""]), row(&["M"])]));

        let text = "text,n,g\n\"a\nb\",1,F\nc,,M\n,3,\nd,4,F,too many\n";
        let (names, cells) = read("a.csv", text, &["g", "n"]);
        assert_eq!(names, ["text", "n", "g"]);
        assert_eq!(cells, [row(&["F", "1"]), row(&["M", ""]), row(&["", "3"]), row(&["", ""])]);

        let text = "{\"a\": 1, \"b\": true}\n\n{\"a\": \"x\", \"c\": [1]}\nno json\n{\"b\": null, \"a\": 0.5}\n";
        let (names, cells) = read("a.jsonl", text, &["a", "b"]);
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(cells, [row(&["1", "true"]), row(&["", ""]), row(&["x", ""]), row(&["", ""]), row(&["0.5", ""])]);

        let (names, cells) = read("a.json", "[{\"a\": 1},{\"a\": 2}]", &["a"]);
        assert_eq!((names, cells), (vec!["a".to_owned()], vec![row(&["1"]), row(&["2"])]));
        let (names, cells) = read("a.json", "[\"x\", \"y\"]", &[]);
        assert_eq!((names.len(), cells), (0, vec![row(&["x"]), row(&["y"])]));
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn a_parquet_file_has_the_cells_of_its_rows() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/texts.parquet"));
        let names = names(path).unwrap();
        let rows = cells(path, &names).unwrap();
        let texts = super::super::super::drawn::Selection {
            samples: crate::inputs::Samples::All,
            seed: 0,
            columns: Wanted::default(),
            lossy: false,
            keep_repeats: false,
        };
        let texts = super::super::super::drawn::Texts::read(&[path.to_owned()], &texts).unwrap();
        let text = texts.found[0].columns.as_ref().unwrap().text.name.clone();
        let place = names.iter().position(|name| *name == text).unwrap();
        let records = texts.places(&(0..texts.len()).collect::<Vec<_>>()).records().unwrap();
        assert!(!records.is_empty());
        for (row, (_, record)) in records.into_iter().enumerate() {
            let expected = texts.get(row).unwrap().map(|text| text.first.trim().to_owned());
            assert_eq!(rows[record][place], expected, "row {row}");
        }
    }
}
