//! Lines out of a stream of bytes, however long a line claims to be.

use std::io::{self, BufRead, Read};

/// The longest line or record that is kept: a text of a million words. A longer one is skipped.
pub(crate) const LONGEST: usize = 8 << 20;

/// Where reading gives up: this is no text but a device without end, or a bomb.
const HOPELESS: u64 = 1 << 30;

/// What `next` found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// In the buffer, without its line feed or the carriage return before that.
    Whole,
    /// Longer than [`LONGEST`], and passed over.
    TooLong,
    End,
}

/// A reader of lines that counts them from 1.
pub(crate) struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Lines { reader, number: 0 }
    }

    /// The number of the line that was read last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line into `buffer`, whatever was in it.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>) -> io::Result<Line> {
        buffer.clear();
        if self.reader.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', buffer)? == 0 {
            return Ok(Line::End);
        }
        self.number += 1;
        if buffer.last() == Some(&b'\n') {
            buffer.pop();
            if buffer.last() == Some(&b'\r') {
                buffer.pop();
            }
        } else if buffer.len() > LONGEST {
            // Not a byte of it is of use; let the memory go before the rest is passed over.
            *buffer = Vec::new();
            if self.reader.by_ref().take(HOPELESS).skip_until(b'\n')? as u64 == HOPELESS {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "one line is longer than 1 GiB"));
            }
            return Ok(Line::TooLong);
        }
        Ok(Line::Whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Vec<u8>> {
        let (mut lines, mut buffer, mut found) = (Lines::new(bytes), Vec::new(), Vec::new());
        while lines.next(&mut buffer).unwrap() == Line::Whole {
            found.push(buffer.clone());
        }
        assert_eq!(lines.number() as usize, found.len());
        found
    }

    #[test]
    fn line_ends() {
        assert_eq!(all(b"a\nb\r\n\r\n c\r"), [&b"a"[..], b"b", b"", b" c\r"]);
        assert_eq!(all(b""), [b""; 0]);
        assert_eq!(all(b"\n"), [b""]);
    }

    #[test]
    fn a_line_too_long_is_passed_over_and_those_beside_it_stay() {
        let mut bytes = b"short\n".to_vec();
        bytes.resize(bytes.len() + 2 * LONGEST, b'x');
        bytes.extend_from_slice(b"\nlast");
        let (mut lines, mut buffer) = (Lines::new(&bytes[..]), Vec::new());
        assert_eq!(lines.next(&mut buffer).unwrap(), Line::Whole);
        assert_eq!(lines.next(&mut buffer).unwrap(), Line::TooLong);
        assert!(buffer.capacity() == 0);
        assert_eq!(lines.next(&mut buffer).unwrap(), Line::Whole);
        assert_eq!((&buffer[..], lines.number()), (&b"last"[..], 3));
        assert_eq!(lines.next(&mut buffer).unwrap(), Line::End);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut lines = Lines::new(io::BufReader::with_capacity(1 << 20, io::repeat(0)));
        assert!(lines.next(&mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn lines_joined_are_the_bytes(pieces in prop::collection::vec("[ab\\u{e9}\r]{0,5}", 0..20)) {
            let bytes = pieces.iter().map(|piece| format!("{piece}\n")).collect::<String>();
            let expected: Vec<Vec<u8>> =
                pieces.iter().map(|piece| piece.strip_suffix('\r').unwrap_or(piece).as_bytes().to_vec()).collect();
            prop_assert_eq!(all(bytes.as_bytes()), expected);
        }
    }
}
