//! `report.json`, to and from.

use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

use super::Error;
use super::schema::SCHEMA_VERSION;
use crate::base::text::acts;
use crate::store::open_regular;

/// Writes a report (or anything beside it) as indented JSON with a newline at its end. Characters that could steer a
/// terminal are written as `\u009b`: readers of JSON get the same text, and a terminal shows harmless letters.
pub fn write(value: &impl Serialize, mut to: impl Write) -> Result<(), Error> {
    value
        .serialize(&mut Serializer::with_formatter(&mut to, Harmless(PrettyFormatter::new())))
        .map_err(io::Error::from)?;
    to.write_all(b"\n")?;
    to.flush()?;
    Ok(())
}

/// Indented JSON with every character escaped that [`acts`]. JSON itself asks for that below U+0020 only, and leaves
/// out the other controls (U+009B starts an escape sequence as well) and the marks that reorder text.
struct Harmless<'a>(PrettyFormatter<'a>);

/// Passes the methods that lay the text out on to the formatter within.
macro_rules! as_within {
    ($($method:ident($($argument:ident: $kind:ty),*)),* $(,)?) => {
        $(fn $method<W: ?Sized + Write>(&mut self, to: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$method(to $(, $argument)*)
        })*
    };
}

impl Formatter for Harmless<'_> {
    as_within! {
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object(), end_object(), begin_object_key(first: bool), begin_object_value(), end_object_value(),
        write_char_escape(escape: CharEscape),
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut harmless = 0;
        for (at, c) in fragment.char_indices().filter(|&(_, c)| acts(c)) {
            to.write_all(&fragment.as_bytes()[harmless..at])?;
            // All of them lie below U+10000, so that one escape is enough.
            write!(to, "\\u{:04x}", u32::from(c))?;
            harmless = at + c.len_utf8();
        }
        to.write_all(&fragment.as_bytes()[harmless..])
    }
}

/// Reads a file of schema version 1.
///
/// # Errors
/// The file cannot be read, is no JSON, lacks a key, or a newer schema wrote it.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let mut bytes = Vec::new();
    open_regular(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|source| Error::read(path, source))?;
    parse(&bytes, path)
}

/// [`read`] of bytes that are there already; `path` is where they came from.
pub fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, Error> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| Error::malformed(path, e))?;
    match value.get("schema_version").and_then(Value::as_u64) {
        Some(SCHEMA_VERSION) => serde_json::from_value(value).map_err(|e| Error::malformed(path, e)),
        Some(found) => Err(Error::Newer { path: path.to_owned(), found }),
        None => Err(Error::malformed(path, "it has no schema_version")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_could_steer_a_terminal_is_escaped_and_comes_back() {
        let text = "a\u{9b}31m b\u{202e}c \u{7f} \u{2066}d\u{feff} naïve 漢字 🙂 \" \\ \x1b\n";
        let value = serde_json::json!({ "label": text, "empty": [], "list": [1, { "a\u{85}": null }] });
        let mut bytes = Vec::new();
        write(&value, &mut bytes).unwrap();
        let written = String::from_utf8(bytes).unwrap();
        assert!(written.chars().all(|c| c == '\n' || !acts(c)), "{written}");
        assert!(written.contains("a\\u009b31m b\\u202ec \\u007f \\u2066d\\ufeff naïve 漢字 🙂"), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        let plain = serde_json::json!({ "a": [1, 2], "b": {} });
        let mut bytes = Vec::new();
        write(&plain, &mut bytes).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), serde_json::to_string_pretty(&plain).unwrap() + "\n");
    }
}
