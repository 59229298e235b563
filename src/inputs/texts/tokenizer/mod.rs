//! Tokenizers as exporters leave them, giving the ids that transformers gives.
//!
//! In: the files next to the model and a text. Out: [`Encoded`], cut to the maximum length, not padded.
//!
//! `files` finds the tokenizer and loads it (`older` writes the older forms as a `tokenizer.json`), `config` reads the
//! settings next to it, `class` and `settings` apply those that stand above `tokenizer.json`, `length` settles the
//! maximum length, and `growth` refuses a normalizer that would blow texts up.

mod class;
mod config;
mod files;
mod growth;
mod length;
mod older;
mod settings;

use std::borrow::Cow;
use std::path::PathBuf;

use tokenizers::{EncodeInput, Encoding, TruncationDirection, TruncationParams};

use super::read::text::Text;
use crate::base::guard::guarded;
use crate::inputs::context::ModelContext;
use crate::inputs::error::Error;
use crate::inputs::provenance::{Origin, Preparation};
use crate::inputs::settings::Settings;
use crate::inputs::side_files::SideFiles;
use config::TokenizerConfig;
pub(crate) use length::positions_after_padding;

/// The ids of one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) ids: Vec<u32>,
    /// Which sentence of a pair each token belongs to; empty where all is one.
    pub(crate) segments: Vec<u32>,
    pub(crate) truncated: bool,
}

/// A tokenizer with all of its settings resolved.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The file that holds the vocabulary.
    pub(crate) file: PathBuf,
    pub(crate) max_length: usize,
    /// Every file that it was made from, and every value that was settled.
    pub(crate) preparation: Preparation,
    /// The id that fills up the shorter inputs of a batch.
    pub(crate) pad: u32,
    from_left: bool,
    /// Whether texts are put into lower case before anything else, as sentence-transformers does on request.
    lowercase: bool,
}

/// Bytes of text that are tried first for each token that is kept; English has about five.
const BYTES_PER_TOKEN: usize = 16;

/// Tokens beyond the maximum that make sure a text cut short gives the same ids as the whole one.
const SLACK: usize = 64;

impl Tokenizer {
    /// Finds, loads and settles. `fixed` is the length of the model's inputs, where it is fixed.
    ///
    /// # Errors
    /// No tokenizer, a damaged file, a length that cannot be had.
    pub(crate) fn open(settings: &Settings, context: &ModelContext, fixed: Option<usize>) -> Result<Self, Error> {
        let mut read = SideFiles::default();
        let loaded = files::load(settings.tokenizer.as_deref(), context, &mut read)?;
        let files::Loaded { tokenizer: mut inner, file, config, family } = loaded;
        let mut resolved = Preparation::default();
        let class = config.class().or(context.config.tokenizer_class.as_deref());
        let family = family.unwrap_or_else(|| class::family(class, context.config.model_type.as_deref()));
        let unusable = |reason| Error::malformed(&file, format!("is not a tokenizer that can be used: {reason}"));
        let mut apply = || {
            growth::check(&inner)?;
            settings::apply(&mut inner, &config, family, &mut resolved)
        };
        guarded(&mut apply).flatten().map_err(unusable)?;
        let unknown = settings::add_tokens(&mut inner, &config);
        if !unknown.is_empty() {
            resolved.set("added_tokens", unknown, Origin::file("tokenizer_config.json"));
        }
        let length = length::maximum(settings.max_length, fixed, &context.config, &config, &inner)?;
        resolved.set("max_length", length.most, length.from.clone());
        if let Some(most) = length.of_model {
            resolved.set("most_of_model", most, Origin::Model);
        }
        let from_left = truncates_left(&inner, &config, &mut resolved);
        let pad = padding(&inner, &config, context, &mut resolved);
        let lowercase = config.sentence("do_lower_case");
        if let Some((value, name)) = lowercase {
            resolved.set("sentence_lower_case", value.clone(), Origin::file(name));
        }
        let lowercase = lowercase.is_some_and(|(value, _)| value.as_bool() == Some(true));
        inner.with_padding(None);
        let specials = specials(&mut inner, settings.text_pair_column.is_some()).map_err(unusable)?;
        resolved.set("tokenizer", digest(&inner), Origin::file(file.file_name().unwrap_or_default().to_string_lossy()));
        truncate(&mut inner, length.most, from_left, settings.text_pair_column.is_some(), specials)?;
        resolved.files = read.into_record();
        Ok(Tokenizer { inner, file, max_length: length.most, preparation: resolved, pad, from_left, lowercase })
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
        let text = match self.lowercase {
            true => Cow::Owned(Text {
                first: text.first.to_lowercase(),
                second: text.second.as_deref().map(str::to_lowercase),
            }),
            false => Cow::Borrowed(text),
        };
        guarded(|| self.encode_start(&text)).flatten()
    }

    fn encode_start(&self, text: &Text) -> Result<Encoded, String> {
        let mut bytes = (self.max_length + SLACK).saturating_mul(BYTES_PER_TOKEN);
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

/// Whether long texts lose their start: the configuration says so, or the cut that the tokenizer was saved with.
fn truncates_left(inner: &tokenizers::Tokenizer, config: &TokenizerConfig, resolved: &mut Preparation) -> bool {
    let saved = inner.get_truncation().map(|cut| matches!(cut.direction, TruncationDirection::Left));
    let (left, from) = match (config.text("truncation_side"), saved) {
        (Some(side), _) => (side == "left", config.origin("truncation_side")),
        (None, Some(left)) => (left, Origin::file("tokenizer.json")),
        (None, None) => (false, Origin::Default),
    };
    resolved.set("truncation_side", if left { "left" } else { "right" }, from);
    left
}

/// The id that fills up shorter texts: the tokenizer's padding token, else the one of its saved padding, else the
/// model's, else the token that ends a text, as far as the model has embeddings for it.
fn padding(
    inner: &tokenizers::Tokenizer,
    config: &TokenizerConfig,
    context: &ModelContext,
    resolved: &mut Preparation,
) -> u32 {
    let role = |role: &str| Some((inner.token_to_id(config.role(role)?)?, config.origin(role)));
    let saved = || Some((inner.get_padding()?.pad_id, Origin::file("tokenizer.json")));
    let of_model = || Some((context.config.pad_token_id?.try_into().ok()?, Origin::file("config.json")));
    let id = role("pad_token").or_else(saved).or_else(of_model).or_else(|| role("eos_token"));
    let known = id.filter(|(id, _)| context.embeddings.is_none_or(|rows| u64::from(*id) < rows));
    let (id, from) = known.unwrap_or((0, Origin::Default));
    resolved.set("pad_token_id", id, from);
    id
}

/// The number of special tokens that are put around a text, or a pair; the error says what is wrong with the tokenizer (a
/// template with a token that the vocabulary does not have makes the library panic).
fn specials(inner: &mut tokenizers::Tokenizer, pairs: bool) -> Result<usize, String> {
    inner.with_truncation(None).map_err(|error| error.to_string())?;
    let nothing: EncodeInput = if pairs { ("", "").into() } else { "".into() };
    guarded(|| inner.encode(nothing, true).map(|encoded| encoded.len()).map_err(|error| error.to_string())).flatten()
}

/// Has the tokenizer cut texts to `most` tokens.
///
/// # Errors
/// The special tokens leave no room for a text.
fn truncate(
    inner: &mut tokenizers::Tokenizer,
    most: usize,
    from_left: bool,
    pairs: bool,
    specials: usize,
) -> Result<(), Error> {
    let unusable = |problem| Error::Length { asked: most, problem };
    // At least one id has to be left for each text, or the library fails on the longer ones.
    let texts = if pairs { 2 } else { 1 };
    if most < specials + texts {
        return Err(unusable(format!("too short: {specials} of them would be special tokens")));
    }
    let direction = if from_left { TruncationDirection::Left } else { TruncationDirection::Right };
    let cut = TruncationParams { max_length: most, direction, ..Default::default() };
    inner.with_truncation(Some(cut)).map_err(|error| unusable(error.to_string()))?;
    Ok(())
}

/// BLAKE3 of the tokenizer with all settings applied, but for how it cuts and pads, which are values of their own. Files that differ and give the same tokenizer have the same one.
fn digest(inner: &tokenizers::Tokenizer) -> String {
    let mut hasher = blake3::Hasher::new();
    // A hasher takes every byte; a tokenizer that was loaded from JSON can be written as JSON.
    let _ = serde_json::to_writer(&mut hasher, inner);
    hasher.finalize().to_hex().to_string()
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
