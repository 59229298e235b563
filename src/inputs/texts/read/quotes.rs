//! Quotes that are never closed, seen on the bytes of separated values on their way to the parser. The parser itself
//! takes such a quote for a field that continues to the end of the file; here it is found with its line, and it cannot
//! fill the memory.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

use super::line_starts::LineStarts;
use super::lines::LONGEST;

/// What the reader of the records and the [`QuoteWatch`] share.
#[derive(Debug)]
pub(crate) struct QuoteState {
    /// Bytes that may still be read for this record.
    left: Cell<usize>,
    /// The line where a quote opened that has not been closed in what was read so far.
    open_since: Cell<Option<u64>>,
    starts: RefCell<LineStarts>,
}

impl QuoteState {
    /// A new record begins.
    pub(crate) fn next_record(&self) {
        self.left.set(LONGEST);
    }

    /// The line of the record that starts at this byte. Records are asked for in their order.
    pub(crate) fn line_of(&self, at: u64) -> u64 {
        self.starts.borrow_mut().line_of(at)
    }

    /// At the end of the file: where the quote stands that was never closed.
    pub(crate) fn open_since(&self) -> Option<u64> {
        self.open_since.get()
    }
}

/// A reader that follows the quotes in what is read, and gives up on a record that is too long.
pub(crate) struct QuoteWatch<R> {
    reader: R,
    state: Rc<QuoteState>,
    quotes: Quotes,
}

impl<R: Read> QuoteWatch<R> {
    pub(crate) fn new(reader: R, separator: u8) -> (Self, Rc<QuoteState>) {
        let state = Rc::new(QuoteState {
            left: Cell::new(LONGEST),
            open_since: Cell::new(None),
            starts: RefCell::new(LineStarts::new()),
        });
        let quotes = Quotes { separator, at: At::FieldStart, line: 1, opened: 1 };
        (QuoteWatch { reader, state: Rc::clone(&state), quotes }, state)
    }
}

impl<R: Read> Read for QuoteWatch<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let mut starts = self.state.starts.borrow_mut();
        for byte in &buffer[..read] {
            self.quotes.pass(*byte);
            starts.pass(*byte);
        }
        drop(starts);
        self.state.open_since.set(self.quotes.open_since());
        let left = self.state.left.get().checked_sub(read).ok_or_else(|| {
            let quote = self.quotes.open_since().map(|line| format!(" (the quote of line {line} is still open)"));
            let reason = format!("one record is longer than {} MiB{}", LONGEST >> 20, quote.unwrap_or_default());
            io::Error::new(io::ErrorKind::InvalidData, reason)
        })?;
        self.state.left.set(left);
        Ok(read)
    }
}

/// Where quotes open and close, as the parser sees it: only at the start of a field does a quote open one.
struct Quotes {
    separator: u8,
    at: At,
    line: u64,
    opened: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Field,
    Quoted,
    /// After a quote within quotes: the first of two that stand for one, or the end.
    QuoteInQuoted,
}

impl Quotes {
    fn pass(&mut self, byte: u8) {
        self.at = match (self.at, byte) {
            (At::FieldStart, b'"') => {
                self.opened = self.line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::QuoteInQuoted,
            (At::Quoted, _) | (At::QuoteInQuoted, b'"') => At::Quoted,
            (_, b'\n' | b'\r') => At::FieldStart,
            (_, byte) if byte == self.separator => At::FieldStart,
            _ => At::Field,
        };
        self.line += u64::from(byte == b'\n');
    }

    fn open_since(&self) -> Option<u64> {
        (self.at == At::Quoted).then_some(self.opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_since(text: &str) -> Option<u64> {
        let (mut watch, state) = QuoteWatch::new(text.as_bytes(), b',');
        io::copy(&mut watch, &mut io::sink()).unwrap();
        state.open_since()
    }

    #[test]
    fn a_quote_is_open_from_the_line_where_it_stands() {
        assert_eq!(open_since("text\n\"a\nb\nc"), Some(2));
        assert_eq!(open_since("a,b\n\"1\n2\",\"3\n"), Some(3), "not the line where its record begins");
        assert_eq!(open_since("a\r\n\"say \"\"hello\"\"\r\n"), Some(2));
    }

    #[test]
    fn quotes_that_are_closed_or_open_nothing() {
        for text in ["", "a\n\"b\"", "a\n\"b\"\"\"\n", "a\n5\" pipe\n", "a\n\"b\" \"c\n", "a\r\"b\"\r"] {
            assert_eq!(open_since(text), None, "{text:?}");
        }
    }
}
