//! Files of texts, read record by record.
//!
//! In: a path (`-` is standard input). Out: for every record its line and its [`text::Text`], or the reason why it cannot
//! be used.
//!
//! `globs` finds the files, `stream` opens one and decides on its format (with `utf16` and `delimiter`), `records` reads
//! its records: `lines` and `json`, separated values (with `quotes` and `line_starts`) and `parquet`. Where a file has
//! columns, `table` takes the texts out of its rows and `columns` settles which column holds them; `cells` takes other columns
//! as they stand.

pub mod cells;
mod columns;
mod delimiter;
pub(super) mod globs;
mod json;
mod line_starts;
pub(super) mod lines;
#[cfg(feature = "parquet")]
mod parquet;
mod quotes;
pub(super) mod records;
pub(super) mod stream;
mod table;
pub(super) mod text;
mod utf16;

pub(super) use columns::Wanted;
