//! Tokenizers as exporters leave them, giving the ids that transformers gives.
//!
//! In: the files beside the model and a text. Out: [`Encoded`], cut to the maximum length, not padded.

mod files;
mod length;

use std::path::PathBuf;

use serde_json::Value;
use tokenizers::{EncodeInput, Encoding, TruncationDirection, TruncationParams};

use super::beside::Beside;
use super::texts::Text;
use super::{Error, Settings};
use crate::base::guard::guarded;
pub use length::LengthFrom;
pub(crate) use length::positions_after_padding;

/// The ids of one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) ids: Vec<u32>,
    /// Which sentence of a pair each token belongs to; empty where all is one.
    pub(crate) segments: Vec<u32>,
    pub(crate) truncated: bool,
}

/// A tokenizer with its length settled.
pub(crate) struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The file that holds the vocabulary.
    pub(crate) file: PathBuf,
    pub(crate) max_length: usize,
    pub(crate) length_from: LengthFrom,
    /// What shorter inputs of a batch are filled up with.
    pub(crate) pad: u32,
    from_left: bool,
}

/// Bytes of text that are tried first for each token that is kept; English has about five.
const BYTES_A_TOKEN: usize = 16;

/// Tokens beyond the maximum that make sure a text cut short gives the same ids as the whole one.
const SLACK: usize = 64;

impl Tokenizer {
    /// Finds, loads and settles. `fixed` is the length of the model's inputs, where it is fixed.
    pub(crate) fn open(settings: &Settings, beside: &Beside, fixed: Option<usize>) -> Result<Self, Error> {
        let files::Loaded { tokenizer: mut inner, file, config } = files::load(settings.tokenizer.as_deref(), beside)?;
        let (max_length, length_from) = length::maximum(settings.max_length, fixed, &beside.config, &config)?;
        let from_left = config.get("truncation_side").and_then(Value::as_str) == Some("left");
        let padding_of_file = inner.get_padding().map(|padding| padding.pad_id);
        inner.with_padding(None);
        let direction = if from_left { TruncationDirection::Left } else { TruncationDirection::Right };
        let unusable = |problem| Error::Length { asked: max_length, problem };
        // One id at least has to be left for each text, or the library fails on the longer ones.
        let texts = if settings.text_pair_column.is_some() { 2 } else { 1 };
        let nothing: EncodeInput = if texts == 2 { ("", "").into() } else { "".into() };
        let specials = guarded(|| inner.encode(nothing, true).map_err(|error| error.to_string()));
        let broken = |problem| Error::malformed(&file, format!("it cannot encode even an empty text: {problem}"));
        let specials = specials.flatten().map_err(broken)?.len();
        if max_length < specials + texts {
            let problem = format!("too short: {specials} of them would be special tokens");
            return Err(Error::Length { asked: max_length, problem });
        }
        let cut = TruncationParams { max_length, direction, ..Default::default() };
        inner.with_truncation(Some(cut)).map_err(|error| unusable(error.to_string()))?;
        let id = |role: &str| files::named(&config, role).and_then(|token| inner.token_to_id(token));
        let of_model = beside.config.pad_token_id.and_then(|id| u32::try_from(id).ok());
        let pad = id("pad_token").or(padding_of_file).or(of_model).or(id("eos_token"));
        let pad = pad.filter(|id| beside.embeddings.is_none_or(|rows| u64::from(*id) < rows)).unwrap_or(0);
        Ok(Tokenizer { inner, file, max_length, length_from, pad, from_left })
    }

    /// The largest id that it can give.
    pub(crate) fn largest_id(&self) -> u32 {
        self.inner.get_vocab(true).into_values().max().unwrap_or(0)
    }

    /// The ids of a text, at most `max_length`.
    ///
    /// Of a long text only as much is tokenized as its first tokens need, twice as much each time that it was too
    /// little: a line of a million words costs the memory of a few hundred.
    pub(crate) fn encode(&self, text: &Text) -> Result<Encoded, String> {
        guarded(|| self.encode_start(text)).flatten()
    }

    fn encode_start(&self, text: &Text) -> Result<Encoded, String> {
        let mut bytes = (self.max_length + SLACK).saturating_mul(BYTES_A_TOKEN);
        loop {
            let first = start(&text.first, bytes);
            let second = text.second.as_deref().map(|second| start(second, bytes));
            let whole = first.len() == text.first.len() && second.map(str::len) == text.second.as_deref().map(str::len);
            if whole || self.from_left {
                return self.encode_whole(&text.first, text.second.as_deref());
            }
            // Without truncation the number of tokens tells whether the start was long enough.
            let enough = |part: &str, full: &str| {
                part.len() == full.len() || self.tokens(part).is_ok_and(|count| count >= self.max_length + SLACK)
            };
            let second_enough = match (second, text.second.as_deref()) {
                (Some(part), Some(full)) => enough(part, full),
                _ => true,
            };
            if second_enough && enough(first, &text.first) {
                let encoded = self.encode_whole(first, second)?;
                return Ok(Encoded { truncated: true, ..encoded });
            }
            bytes = bytes.saturating_mul(2);
        }
    }

    fn encode_whole(&self, first: &str, second: Option<&str>) -> Result<Encoded, String> {
        let input: EncodeInput = match second {
            Some(second) => (first, second).into(),
            None => first.into(),
        };
        let encoding = self.inner.encode_fast(input, true).map_err(|error| error.to_string())?;
        let segments = encoding.get_type_ids();
        let segments = if segments.iter().any(|id| *id != 0) { segments.to_vec() } else { Vec::new() };
        let truncated = !encoding.get_overflowing().is_empty();
        Ok(Encoded { ids: encoding.get_ids().to_vec(), segments, truncated })
    }

    /// How many tokens a text has before it is cut, special ones left out.
    fn tokens(&self, text: &str) -> Result<usize, String> {
        let encoding = self.inner.encode_fast(text, false).map_err(|error| error.to_string())?;
        Ok(encoding.len() + encoding.get_overflowing().iter().map(Encoding::len).sum::<usize>())
    }
}

/// The start of a text, about `bytes` long, cut before white space where there is some.
fn start(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let head = &text[..text.floor_char_boundary(bytes)];
    match head.rfind(char::is_whitespace) {
        Some(end) if end > head.len() / 2 => &head[..end],
        _ => head,
    }
}

#[cfg(test)]
mod tests;
