//! Files of texts, read record by record.
//!
//! In: a path (`-` is standard input). Out: for every record its line and its text, or the reason why it cannot be used.
//! `stream` opens the file and decides on its format, `records` reads the records, with `lines`, `columns` (which column
//! holds the texts) and `quotes` (quotes that are never closed).

mod columns;
pub(super) mod lines;
mod quotes;
pub(super) mod records;
pub(super) mod stream;

pub(super) use columns::Wanted;
