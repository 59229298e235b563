//! JSON as people have it: one object or text per line, or one array of them; `NaN` and `Infinity`, which Python writes
//! and JSON lacks, count as no value.

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::columns::Column;
use super::lines::LONGEST;
use super::table::Row;

/// An object, or a text that stands alone.
#[derive(Debug)]
pub(super) enum Element {
    Object(Map<String, Value>),
    Text(String),
}

impl Row for Map<String, Value> {
    fn cell(&self, column: &Column) -> Result<String, String> {
        match self.get(&column.name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Null) => Ok(String::new()),
            Some(_) => Err(format!("'{}' is not a string", column.name)),
            None => Err(format!("has no '{}'", column.name)),
        }
    }
}

/// Reads one element.
pub(super) fn element(text: &str) -> Result<Element, String> {
    let parsed = serde_json::from_str(text).or_else(|error| match without_nan(text) {
        Some(repaired) => serde_json::from_str(&repaired),
        None => Err(error),
    });
    match parsed {
        Ok(Value::Object(object)) => Ok(Element::Object(object)),
        Ok(Value::String(text)) => Ok(Element::Text(text)),
        Ok(_) => Err("is neither a JSON object nor a string".to_owned()),
        Err(error) => Err(format!("not JSON: {error} (within the record)")),
    }
}

/// The text with `null` for every NaN and Infinity outside of strings; `None` if there are none.
fn without_nan(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let (mut rest, mut within, mut found) = (text, false, false);
    while let Some(next) = rest.chars().next() {
        let token = ["-Infinity", "Infinity", "NaN"].iter().find(|token| !within && rest.starts_with(**token));
        let taken = match (next, token) {
            (_, Some(token)) => {
                repaired.push_str("null");
                found = true;
                token.len()
            }
            ('\\', None) if within => {
                let len = rest.chars().take(2).map(char::len_utf8).sum();
                repaired.push_str(&rest[..len]);
                len
            }
            (_, None) => {
                within ^= next == '"';
                repaired.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    found.then_some(repaired)
}

/// The elements of one array, as a stream: memory holds one element at a time.
pub(super) struct Elements<R> {
    reader: R,
    line: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    After,
}

/// What [`Elements::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// In the buffer; the element starts at this line.
    Element(u64),
    /// Longer than [`LONGEST`], and passed over.
    TooLong(u64),
    End,
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(reader: R) -> Self {
        Elements { reader, line: 1, state: State::Before }
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Reads the next element into `buffer`, whatever was in it.
    ///
    /// # Errors
    /// The array ends too soon, or something follows it.
    pub(super) fn next(&mut self, buffer: &mut Vec<u8>) -> io::Result<Next> {
        buffer.clear();
        let (mut depth, mut quoted, mut escaped, mut started, mut too_long) = (0usize, false, false, None, false);
        loop {
            let Some(byte) = self.byte()? else {
                return match (self.state, started) {
                    (State::After, _) => Ok(Next::End),
                    _ => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the array is not closed")),
                };
            };
            match (self.state, byte) {
                (State::Before, b'[') => {
                    self.state = State::Within;
                    continue;
                }
                (State::Before | State::After, byte) if byte.is_ascii_whitespace() => continue,
                (State::Before, _) => return Err(invalid("does not start with '['")),
                (State::After, _) => return Err(invalid("has something after its array")),
                (State::Within, _) => {}
            }
            let ends = depth == 0 && !quoted && matches!(byte, b',' | b']');
            if ends {
                self.state = if byte == b']' { State::After } else { State::Within };
                match started {
                    Some(line) if too_long => return Ok(Next::TooLong(line)),
                    Some(line) => return Ok(Next::Element(line)),
                    None if byte == b']' => continue,
                    None => return Err(invalid("has an element without a value")),
                }
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            if started.is_none() && !byte.is_ascii_whitespace() {
                started = Some(self.line);
            }
            if started.is_some() && !too_long {
                buffer.push(byte);
                too_long = buffer.len() > LONGEST;
            }
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.reader.fill_buf()?.first().copied();
        if let Some(byte) = byte {
            self.reader.consume(1);
            self.line += u64::from(byte == b'\n' && self.state != State::After);
        }
        Ok(byte)
    }
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> io::Result<Vec<(u64, String)>> {
        let (mut elements, mut buffer, mut found) = (Elements::new(text.as_bytes()), Vec::new(), Vec::new());
        loop {
            match elements.next(&mut buffer)? {
                Next::Element(line) => found.push((line, String::from_utf8_lossy(&buffer).trim().to_owned())),
                Next::TooLong(_) => {}
                Next::End => return Ok(found),
            }
        }
    }

    #[test]
    fn elements_come_with_the_line_on_which_they_start() {
        let found = all("[\n  {\"a\": \"x, ]\"},\n\n  \"say \\\"hi\\\", ok\", [1, [2]]\n]\n").unwrap();
        let expected = [(2, "{\"a\": \"x, ]\"}"), (4, "\"say \\\"hi\\\", ok\""), (4, "[1, [2]]")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
        assert_eq!(all("[]").unwrap(), []);
    }

    #[test]
    fn arrays_that_are_no_arrays_are_refused() {
        for text in ["", "[1", "{}", "[1,,2]", "[1] 2", "[\"open]"] {
            assert!(all(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn values_that_only_python_writes_count_as_none() {
        let object = |text: &str| match element(text) {
            Ok(Element::Object(object)) => object,
            other => panic!("{other:?}"),
        };
        let read = object(r#"{"text": "NaN is \" Infinity", "x": NaN, "y": [-Infinity, Infinity]}"#);
        assert_eq!(read["text"], "NaN is \" Infinity");
        assert!(read["x"].is_null() && read["y"][0].is_null() && read["y"][1].is_null());
        assert!(element("{\"x\": nan}").is_err() && element("3").is_err());
        assert!(matches!(element("\"alone\""), Ok(Element::Text(text)) if text == "alone"));
    }
}
