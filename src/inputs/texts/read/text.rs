//! What a record is, whatever the format of its file.

/// A text, or a pair of sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) first: String,
    pub(crate) second: Option<String>,
}

impl Text {
    /// BLAKE3 of the content.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digest = blake3::Hasher::new();
        digest.update(self.first.as_bytes());
        if let Some(second) = &self.second {
            // 0xff is in no UTF-8, so a pair is no single text.
            digest.update(&[0xff]).update(second.as_bytes());
        }
        *digest.finalize().as_bytes()
    }
}

/// The content of a line or a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    Text(Text),
    /// Not an input: an empty line, or a text of nothing but white space.
    Blank,
    /// An input that cannot be used, and why.
    Bad(String),
}

/// A record out of its text. A pair is blank only if both texts are: one empty side may be meant.
pub(super) fn record(text: Result<Text, String>) -> Record {
    match text {
        Ok(text) if text.first.trim().is_empty() && text.second.as_deref().unwrap_or_default().trim().is_empty() => {
            Record::Blank
        }
        Ok(text) => Record::Text(text),
        Err(reason) => Record::Bad(reason),
    }
}
