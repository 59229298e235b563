//! Texts tokenized, one window at a time, and laid out in batches by length.
//!
//! In: the texts drawn and a tokenizer. Out: batches of [`TokenRows`], the longest of each window first.
//!
//! Texts of about the same length share a batch, so that little of it is padding; a window bounds how far ahead texts
//! are tokenized, and how much has to be tokenized again when an interrupted run is resumed. No window depends on another.
//! Tokens are kept, so a second pass (another model of a comparison) reads them back.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::drawn::Texts;
use super::feed::TokenRows;
use super::tokenizer::{Encoded, Tokenizer};
use crate::inputs::batch::{Batch, shortened};
use crate::inputs::context::ModelContext;
use crate::inputs::error::Error;
use crate::inputs::ledger::Skipped;
use crate::inputs::limits::Limits;
use crate::inputs::spool::Spool;

/// Texts that are sorted together.
pub(crate) const WINDOW: usize = 2048;

/// Tokens of a batch, padding included, where `--batch-size` says nothing. On two cores RoBERTa-base ran 2,490, 2,400,
/// 2,410 and 2,300 tokens per second with 512, 1,024, 2,048 and 4,096, a model of 2 M parameters 150,000, 161,000, 173,000
/// and 173,000: past 1,024 there is little to gain, and an interrupted run stops sooner.
pub(crate) const TOKEN_BUDGET: usize = 1024;

/// The texts per batch, and the length that the model's inputs are fixed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextLimits {
    pub(crate) batch: Limits,
    pub(crate) length: Option<usize>,
    /// Whether only texts of one length share a batch, because the model takes no mask and would read padding as text.
    pub(crate) equal_lengths: bool,
}

impl TextLimits {
    /// Rows of a batch whose longest text has `longest` tokens.
    fn rows(&self, longest: usize) -> usize {
        self.batch.rows(TOKEN_BUDGET / self.length.unwrap_or(longest).max(1))
    }
}

/// The texts of a run, as tokens.
#[derive(Debug)]
pub(crate) struct TokenWindows {
    pub(crate) texts: Texts,
    pub(crate) tokenizer: Tokenizer,
    limits: TextLimits,
    /// Rows of the model's embeddings.
    rows: Option<u64>,
    /// The windows; nothing in those that were not tokenized yet.
    windows: Vec<Mutex<Option<Arc<Window>>>>,
    spool: Spool,
}

/// A window's texts, longest first, and how they are cut into batches.
#[derive(Debug)]
struct Window {
    entries: Vec<Entry>,
    batches: Vec<Range<usize>>,
    skipped: Vec<Skipped>,
}

/// Where the tokens of a row are: 32 bytes of digest of the text, 16 of its tokens, the ids, the segments if there are any.
#[derive(Debug, Clone, Copy)]
struct Entry {
    row: u32,
    len: u32,
    offset: u64,
    segmented: bool,
    truncated: bool,
}

const DIGEST: usize = 32;
const ALIKE: usize = 16;

/// A row just tokenized, or the reason why it cannot be.
struct Row {
    row: usize,
    digest: [u8; DIGEST],
    encoded: Result<Encoded, String>,
}

impl TokenWindows {
    pub(crate) fn new(
        texts: Texts,
        tokenizer: Tokenizer,
        limits: TextLimits,
        context: &ModelContext,
    ) -> Result<Self, Error> {
        let rows = context.embeddings.or(context.config.vocab_size);
        let windows = (0..texts.len().div_ceil(WINDOW)).map(|_| Mutex::default()).collect();
        let tokens = TokenWindows { texts, tokenizer, limits, rows, windows, spool: Spool::default() };
        if tokens.rows.is_some_and(|rows| u64::from(tokens.tokenizer.largest_id()) >= rows) {
            // Some id would be out of range: find out before the run whether a text here has it.
            (0..tokens.windows.len()).try_for_each(|index| tokens.window(index).map(drop))?;
        }
        Ok(tokens)
    }

    /// How many texts each batch of a window has, those that could not be tokenized included.
    pub(crate) fn sizes(&self, window: usize) -> Result<Vec<usize>, Error> {
        let window = self.window(window)?;
        let mut sizes: Vec<usize> = window.batches.iter().map(Range::len).collect();
        if let Some(first) = sizes.first_mut() {
            *first += window.skipped.len();
        }
        Ok(sizes)
    }

    /// One batch of a window.
    pub(crate) fn batch(&self, window: usize, nth: usize) -> Result<Batch, Error> {
        let window = self.window(window)?;
        let entries = &window.entries[window.batches[nth].clone()];
        let mut ids = Vec::with_capacity(entries.len());
        let mut segments = Vec::with_capacity(entries.len());
        let mut digests = Vec::with_capacity(entries.len());
        let mut alike = Vec::with_capacity(entries.len());
        for entry in entries {
            let words = entry.len as usize * if entry.segmented { 2 } else { 1 };
            let bytes = self
                .spool
                .read(entry.offset, DIGEST + ALIKE + 4 * words)
                .map_err(|source| Error::Scratch { source })?;
            let (digest, words) = bytes.split_at(DIGEST);
            let (same, words) = words.split_at(ALIKE);
            let mut row: Vec<u32> =
                words.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
            segments.push(row.split_off(entry.len as usize));
            ids.push(row);
            digests.push(std::array::from_fn(|byte| digest[byte]));
            alike.push(std::array::from_fn(|byte| same[byte]));
        }
        Ok(Batch {
            rows: entries.iter().map(|entry| entry.row as usize).collect(),
            prepared: Some(Box::new(TokenRows { ids, segments, pad: self.tokenizer.pad })),
            digests,
            alike,
            skipped: if nth == 0 { window.skipped.clone() } else { Vec::new() },
            truncated: entries.iter().filter(|entry| entry.truncated).map(|entry| entry.row as usize).collect(),
            ..Batch::default()
        })
    }

    /// A window, tokenized if it was not yet.
    fn window(&self, index: usize) -> Result<Arc<Window>, Error> {
        // A panic elsewhere leaves a window as it was: it is put there when it is whole.
        let mut window = self.windows[index].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = &*window {
            return Ok(Arc::clone(window));
        }
        let tokenized = Arc::new(self.tokenize(index)?);
        *window = Some(Arc::clone(&tokenized));
        Ok(tokenized)
    }

    fn tokenize(&self, index: usize) -> Result<Window, Error> {
        let rows = index * WINDOW..((index + 1) * WINDOW).min(self.texts.len());
        let encoded: Vec<_> = rows.into_par_iter().map(|row| self.encode(row)).collect::<Result<_, Error>>()?;
        let mut window = Window { entries: Vec::new(), batches: Vec::new(), skipped: Vec::new() };
        for Row { row, digest, encoded } in encoded.into_iter().flatten() {
            match encoded {
                Ok(encoded) => window.entries.push(self.keep(row, &digest, &encoded)?),
                Err(reason) => {
                    let (source, line) = self.place(row);
                    window.skipped.push(Skipped { source, line: Some(line), reason });
                }
            }
        }
        // The longest first: the runtime's memory is largest at once, and is not outgrown later.
        window.entries.sort_by_key(|entry| (std::cmp::Reverse(entry.len), entry.row));
        let mut from = 0;
        while from < window.entries.len() {
            let longest = window.entries[from].len;
            let most = from.saturating_add(self.limits.rows(longest as usize)).min(window.entries.len());
            let equal = || window.entries[from..most].iter().take_while(|entry| entry.len == longest).count();
            let to = if self.limits.equal_lengths { from + equal() } else { most };
            window.batches.push(from..to);
            from = to;
        }
        if window.batches.is_empty() {
            // What was skipped comes with a batch, even where nothing else does.
            window.batches.push(0..0);
        }
        Ok(window)
    }

    fn place(&self, row: usize) -> (String, u64) {
        self.texts.place(row).map_or_else(Default::default, |(path, line)| (path.to_string_lossy().into_owned(), line))
    }

    /// The ids of a text; `None` if it could not even be read as one, or is known to repeat an earlier one.
    fn encode(&self, row: usize) -> Result<Option<Row>, Error> {
        if self.texts.repeats.contains(&row) {
            return Ok(None);
        }
        let Some(text) = self.texts.get(row)? else { return Ok(None) };
        let encoded = self.tokenizer.encode(&text);
        if let (Some(rows), Ok(encoded)) = (self.rows, &encoded)
            && let Some(id) = encoded.ids.iter().find(|id| u64::from(**id) >= rows)
        {
            let (origin, line) = self.place(row);
            return Err(Error::Vocabulary { origin, line, id: *id, rows, tokenizer: self.tokenizer.file.clone() });
        }
        Ok(Some(Row { row, digest: text.digest(), encoded }))
    }

    fn keep(&self, row: usize, digest: &[u8; DIGEST], encoded: &Encoded) -> Result<Entry, Error> {
        let words = encoded.ids.iter().chain(&encoded.segments);
        let alike = tokens_digest(encoded);
        let digests = digest.iter().chain(&alike).copied();
        let bytes: Vec<u8> = digests.chain(words.flat_map(|word| word.to_le_bytes())).collect();
        let offset = self.spool.push(&bytes).map_err(|source| Error::Scratch { source })?;
        let segmented = !encoded.segments.is_empty();
        // Rows and lengths are far below 2^32: a row costs more than a byte, and a length is at most 2^20.
        Ok(Entry { row: row as u32, len: encoded.ids.len() as u32, offset, segmented, truncated: encoded.truncated })
    }
}

/// A hash of the tokens of a text, for knowing repeats.
fn tokens_digest(encoded: &Encoded) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for words in [&encoded.ids, &encoded.segments] {
        hasher.update(&(words.len() as u64).to_le_bytes());
        for word in words {
            hasher.update(&word.to_le_bytes());
        }
    }
    shortened(hasher.finalize().as_bytes())
}
