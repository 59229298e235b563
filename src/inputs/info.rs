//! What a report says of the inputs: facts for its head, and single inputs for a person to read.

use std::path::PathBuf;

use serde::Serialize;

use super::images::Fact;
use super::{Error, Inputs, Kind, LengthFrom, Lengths, Material, Source, tokens};

/// What a report says of the inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    pub kind: Kind,
    pub paths: Vec<String>,
    /// Inputs that were there to draw from.
    pub available: u64,
    /// Inputs drawn, those skipped later included.
    pub drawn: usize,
    /// Blank lines, links in a circle: what is no input, but stands in the ledger.
    pub passed_over: u64,
    pub tokenizer: Option<PathBuf>,
    pub max_length: Option<usize>,
    pub max_length_from: Option<LengthFrom>,
    /// Inputs of a batch, where that is fixed.
    pub batch_size: Option<usize>,
    /// Tokens of a batch, where that decides.
    pub token_budget: Option<usize>,
    /// Of the texts tokenized so far: all of them after a pass over the batches.
    pub lengths: Option<Lengths>,
    /// How images are prepared, and who says so.
    pub preprocessing: Vec<Fact>,
    /// The file that says how images are prepared.
    pub preprocessor: Option<PathBuf>,
    /// What was left unused, one fact a line.
    pub notes: Vec<String>,
}

/// One input, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The file.
    pub source: String,
    /// The line of a text, or the row of an array.
    pub line: Option<u64>,
    /// The text itself; nothing for images and arrays.
    pub text: String,
}

/// The longest text of an excerpt, in bytes.
pub(super) const EXCERPT: usize = 4000;

impl Inputs {
    /// The inputs of some rows, for a person to read; a long text is cut.
    pub fn excerpts(&self, rows: &[usize]) -> Result<Vec<Excerpt>, Error> {
        rows.iter().map(|row| self.excerpt(*row)).collect()
    }

    fn excerpt(&self, row: usize) -> Result<Excerpt, Error> {
        match &*self.material {
            Material::Tokens(tokens) => {
                let text = tokens.texts.get(row)?;
                let place = tokens.texts.place(row);
                let mut text = text.map_or_else(String::new, |text| match text.second {
                    Some(second) => format!("{}\n{second}", text.first),
                    None => text.first,
                });
                text.truncate(text.floor_char_boundary(EXCERPT));
                let source = place.map_or_else(String::new, |(path, _)| path.to_string_lossy().into_owned());
                Ok(Excerpt { source, line: place.map(|(_, line)| line), text })
            }
            Material::Pixels(pixels) => {
                let source = pixels.path(row).map_or_else(String::new, |path| path.to_string_lossy().into_owned());
                Ok(Excerpt { source, line: None, text: String::new() })
            }
            Material::Arrays(arrays) => {
                let line = arrays.position(row).map(|position| position as u64);
                Ok(Excerpt { source: arrays.path().to_string_lossy().into_owned(), line, text: String::new() })
            }
        }
    }

    /// What a report says of the inputs.
    pub fn info(&self) -> Info {
        let paths = match &self.settings.source {
            Source::Texts(paths) => paths.clone(),
            Source::Images(path) | Source::Arrays(path) => vec![path.clone()],
        };
        let info = Info {
            kind: self.kind(),
            paths: paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
            available: 0,
            drawn: self.drawn(),
            passed_over: 0,
            tokenizer: None,
            max_length: None,
            max_length_from: None,
            batch_size: self.limits.rows.or(self.limits.fixed_rows),
            token_budget: None,
            lengths: None,
            preprocessing: Vec::new(),
            preprocessor: None,
            notes: Vec::new(),
        };
        match &*self.material {
            Material::Tokens(tokens) => Info {
                available: tokens.texts.available,
                passed_over: tokens.texts.blanks.count,
                tokenizer: Some(tokens.tokenizer.file.clone()),
                max_length: Some(tokens.tokenizer.max_length),
                max_length_from: Some(tokens.tokenizer.length_from),
                token_budget: info.batch_size.is_none().then_some(tokens::TOKEN_BUDGET),
                lengths: tokens.lengths(),
                ..info
            },
            Material::Pixels(pixels) => Info {
                available: pixels.available() as u64,
                passed_over: pixels.passed_over_count(),
                batch_size: Some(pixels.batch_size()),
                preprocessing: pixels.preprocess.facts(),
                preprocessor: pixels.preprocess.source().map(Into::into),
                ..info
            },
            Material::Arrays(arrays) => Info {
                available: arrays.available() as u64,
                batch_size: Some(arrays.batch_size()),
                notes: arrays.notes(),
                ..info
            },
        }
    }
}
