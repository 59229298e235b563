//! The line of a byte, as an editor counts: CR LF ends one line, and so do LF or CR alone.

use std::collections::VecDeque;

/// Where the lines of a stream start, from the oldest that may still be asked for.
#[derive(Debug)]
pub(super) struct LineStarts {
    /// Bytes seen.
    seen: u64,
    /// Whether the last byte was a CR, whose line end an LF may still belong to.
    returned: bool,
    /// The offset of each start, and how many bytes its line end has.
    starts: VecDeque<(u64, u64)>,
    /// The line that holds the byte before the oldest start.
    line: u64,
}

impl LineStarts {
    pub(super) fn new() -> Self {
        LineStarts { seen: 0, returned: false, starts: VecDeque::new(), line: 1 }
    }

    /// Sees the next byte.
    pub(super) fn pass(&mut self, byte: u8) {
        match (self.returned, byte) {
            (true, b'\n') => self.starts.push_back((self.seen + 1, 2)),
            (true, _) => self.starts.push_back((self.seen, 1)),
            (false, b'\n') => self.starts.push_back((self.seen + 1, 1)),
            (false, _) => {}
        }
        self.returned = byte == b'\r';
        self.seen += 1;
    }

    /// The line of the record that starts at byte `at` or after the line ends there. Offsets must not fall from one call
    /// to the next.
    pub(super) fn line_of(&mut self, at: u64) -> u64 {
        let mut at = at;
        // A parser may leave a line end, or blank lines, to the record that follows.
        while let Some((start, len)) = self.starts.front().copied() {
            if start <= at || start - len <= at {
                at = at.max(start);
                self.starts.pop_front();
                self.line += 1;
            } else {
                break;
            }
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, at: &[u64]) -> Vec<u64> {
        let mut starts = LineStarts::new();
        text.bytes().for_each(|byte| starts.pass(byte));
        at.iter().map(|at| starts.line_of(*at)).collect()
    }

    #[test]
    fn every_line_end_counts_once() {
        assert_eq!(lines("a\nb\nc", &[0, 2, 4]), [1, 2, 3]);
        assert_eq!(lines("a\r\nb\r\nc", &[0, 3, 6]), [1, 2, 3]);
        assert_eq!(lines("a\rb\rc", &[0, 2, 4]), [1, 2, 3]);
    }

    #[test]
    fn a_record_may_begin_with_the_end_of_the_line_before() {
        assert_eq!(lines("a\r\nb\r\n\r\nc", &[0, 2, 5]), [1, 2, 4], "at the LF of a CR LF, and before a blank line");
        assert_eq!(lines("a\n\n\nb", &[0, 1]), [1, 4]);
    }
}
