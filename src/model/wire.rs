//! Protobuf's wire format, read as a stream: varints, fields, and messages that know where they end.
//!
//! Nothing is read ahead of need and no declared length is believed before it has been compared with the end of the
//! message it stands in, so memory stays bounded whatever a file claims.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// What is wrong with the bytes.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The source could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A field continues past the end of the file.
    #[error("cut short at {len} bytes: what starts at byte {at} continues to byte {needed}")]
    CutShort { len: u64, at: u64, needed: u64 },
    /// The bytes are not protobuf, or not this message.
    #[error("malformed at byte {at}: {what}")]
    Malformed { at: u64, what: &'static str },
    /// An external tensor whose offset or length is not a number.
    #[error("tensor '{tensor}' has an offset or a length in '{location}' that is not a number")]
    Claim { tensor: String, location: String },
    /// Messages within messages beyond any real model.
    #[error("graphs nested more than {limit} deep at byte {at}")]
    TooDeep { at: u64, limit: usize },
    /// The description of the graph, weights left out, is larger than any real model's.
    #[error("its structure takes more than {limit} bytes of memory without the weights")]
    TooLarge { limit: u64 },
}

/// The type of a field's value on the wire, with the value where it is a number and the length where it is bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Varint(u64),
    Fixed64(u64),
    /// Bytes, a string, packed numbers or a message; `end` is the position after it.
    Bytes {
        start: u64,
        end: u64,
    },
    Fixed32(u32),
}

/// One field: its number and value.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub number: u32,
    /// Where the field's tag starts.
    pub at: u64,
    pub value: Value,
}

/// A source of protobuf bytes that counts its position and what its reader keeps.
pub struct Wire<R> {
    source: BufReader<R>,
    at: u64,
    len: u64,
    kept: u64,
    limit: u64,
}

/// No graph of the largest published models comes near this without its weights.
const KEPT_LIMIT: u64 = 512 << 20;

impl<R: Read + Seek> Wire<R> {
    /// Starts at the source's beginning.
    pub fn new(mut source: R) -> Result<Self, WireError> {
        let len = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        Ok(Self { source: BufReader::with_capacity(1 << 16, source), at: 0, len, kept: 0, limit: KEPT_LIMIT })
    }

    /// Bytes in the source.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn at(&self) -> u64 {
        self.at
    }

    /// Counts `bytes` of what the caller keeps, so that a small file cannot unfold into a large graph.
    pub fn keep(&mut self, bytes: usize) -> Result<(), WireError> {
        self.kept += bytes as u64;
        if self.kept > self.limit { Err(WireError::TooLarge { limit: self.limit }) } else { Ok(()) }
    }

    /// The next field of a message that ends at `end`, or `None` at its end. The caller reads or skips a `Bytes` value.
    pub fn field(&mut self, end: u64) -> Result<Option<Field>, WireError> {
        if self.at >= end {
            return Ok(None);
        }
        let at = self.at;
        let tag = self.varint(end)?;
        let number = u32::try_from(tag >> 3).ok().filter(|&n| n != 0 && n < 1 << 29);
        let number = number.ok_or(WireError::Malformed { at, what: "a field number that cannot be" })?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint(end)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array(end)?)),
            2 => {
                let length = self.varint(end)?;
                let start = self.at;
                let stop = start.checked_add(length);
                match stop {
                    Some(stop) if stop <= end => Value::Bytes { start, end: stop },
                    // Only the file's own end can cut a message; a child longer than its parent is nonsense.
                    Some(needed) if end == self.len => return Err(WireError::CutShort { len: self.len, at, needed }),
                    _ => return Err(WireError::Malformed { at, what: "a field longer than its message" }),
                }
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array(end)?)),
            _ => return Err(WireError::Malformed { at, what: "a wire type that ONNX does not use" }),
        };
        Ok(Some(Field { number, at, value }))
    }

    /// A base-128 number of at most ten bytes.
    pub fn varint(&mut self, end: u64) -> Result<u64, WireError> {
        let at = self.at;
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.array(end)?;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Malformed { at, what: "a number of more than ten bytes" })
    }

    fn array<const N: usize>(&mut self, end: u64) -> Result<[u8; N], WireError> {
        let needed = self.at.saturating_add(N as u64);
        if needed > end {
            return Err(if end == self.len {
                WireError::CutShort { len: self.len, at: self.at, needed }
            } else {
                WireError::Malformed { at: self.at, what: "a value longer than its message" }
            });
        }
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.at = needed;
        Ok(bytes)
    }

    /// The bytes of a field whose length has been compared with its message. `most` bounds what is believed of it.
    pub fn bytes(&mut self, end: u64, most: u64) -> Result<Vec<u8>, WireError> {
        let length = end.saturating_sub(self.at);
        if length > most {
            return Err(WireError::Malformed { at: self.at, what: "a name or value of unbelievable length" });
        }
        self.keep(length as usize)?;
        let mut bytes = Vec::new();
        let mut rest = length as usize;
        while rest > 0 {
            let ready = self.source.fill_buf()?;
            if ready.is_empty() {
                return Err(WireError::CutShort { len: self.at, at: self.at, needed: end });
            }
            let take = ready.len().min(rest);
            bytes.extend_from_slice(&ready[..take]);
            self.source.consume(take);
            self.at += take as u64;
            rest -= take;
        }
        Ok(bytes)
    }

    /// A string; bytes that are not UTF-8 are replaced, since a name is only ever compared and shown.
    pub fn text(&mut self, end: u64) -> Result<String, WireError> {
        /// Longer than any path an exporter writes; long texts (doc strings) are never asked for.
        const LONGEST: u64 = 1 << 16;
        let bytes = self.bytes(end, LONGEST)?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// Goes to `end`, past weights and whatever else is not wanted.
    pub fn skip_to(&mut self, end: u64) -> Result<(), WireError> {
        let mut rest = end.saturating_sub(self.at);
        while rest > 0 {
            let step = rest.min(i64::MAX as u64);
            self.source.seek_relative(step as i64)?;
            rest -= step;
        }
        self.at = end.max(self.at);
        Ok(())
    }

    /// Skips a field's value.
    pub fn skip(&mut self, field: &Field) -> Result<(), WireError> {
        match field.value {
            Value::Bytes { end, .. } => self.skip_to(end),
            _ => Ok(()),
        }
    }
}
