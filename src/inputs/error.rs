//! What can be wrong with the inputs, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::base::advise::{Advise, FEWER_THREADS, Fault};

/// What can be wrong with the inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere.
    #[error("there are no inputs at {}", .0.display())]
    Missing(PathBuf),
    /// A folder where a file is expected, or the other way round.
    #[error("{} is {is}, and {wanted} is needed", path.display())]
    Kind { path: PathBuf, is: &'static str, wanted: &'static str },
    /// The file cannot be opened, or not read to its end.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file can be read and makes no sense.
    #[error("{}: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    /// Separated values that end within quotes.
    #[error("{} line {line}: the quote that opens here is never closed", path.display())]
    OpenQuote { path: PathBuf, line: u64 },
    /// Not one input in it.
    #[error("there is not one input in {}", .0.display())]
    Empty(PathBuf),
    /// Every input drawn is unusable.
    #[error("none of the {drawn} inputs drawn from {} can be used; the first: {reason}", path.display())]
    NothingUsable { path: PathBuf, drawn: usize, reason: String },
    /// `--max-skipped` is exceeded.
    #[error("{skipped} of the {drawn} inputs drawn cannot be used, which is more than {most} %; the last: {last}")]
    TooManySkipped { skipped: usize, drawn: usize, most: f64, last: String },
    /// None or several of the columns look like texts.
    #[error("{}: it is not clear which column holds the texts; there are {}", path.display(), columns.join(", "))]
    WhichColumn { path: PathBuf, columns: Vec<String> },
    /// The column asked for is not there.
    #[error("{}: there is no column '{wanted}'; it has {}", path.display(), columns.join(", "))]
    NoColumn { path: PathBuf, wanted: String, columns: Vec<String> },
    /// One column whose name holds a delimiter: each record would be read as a text, delimiters included.
    #[error("{}: the header '{header}' holds a {delimiter}, and the records do not have as many columns", path.display())]
    HeaderDelimiter { path: PathBuf, header: String, delimiter: &'static str },
    /// Columns are asked of a file that has none.
    #[error("{} has one text per line and no columns", .0.display())]
    NoColumns(PathBuf),
    /// No tokenizer next to the model.
    #[error("no tokenizer was found in {}", folders.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(" or "))]
    NoTokenizer { folders: Vec<PathBuf> },
    /// A tokenizer in SentencePiece's own form only.
    #[error("the only tokenizer here is {}, a SentencePiece model, which is not read", .0.display())]
    SentencePieceOnly(PathBuf),
    /// `--max-length` cannot be had.
    #[error("a maximum length of {asked} tokens is {problem}")]
    Length { asked: usize, problem: String },
    /// The tokenizer is not the model's.
    #[error(
        "{origin} line {line}: token id {id} is beyond the model's {rows} embeddings; {} is not this model's tokenizer", tokenizer.display()
    )]
    Vocabulary { origin: String, line: u64, id: u32, rows: u64, tokenizer: PathBuf },
    /// A batch of no inputs.
    #[error("a batch must hold at least one input")]
    BatchSize,
    /// The arrays are not what the model takes.
    #[error("array '{array}' is {has}, and the model's input '{input}' takes {wants}")]
    ArrayMismatch { array: String, has: String, input: String, wants: String },
    /// A value that the model's element type cannot hold.
    #[error("array '{array}', row {row}: {value} cannot be written as {wants}, which the model's input takes")]
    Lossy { array: String, row: usize, value: String, wants: &'static str },
    /// Inputs of the model that the given inputs do not fill.
    #[error("nothing given fills the model's input {}", inputs.join(", "))]
    Unfilled { inputs: Vec<String>, given: String },
    /// Masks whose meaning their names do not tell.
    #[error("the name of the model's mask input {} does not tell what it means", inputs.join(", "))]
    UnknownMask { inputs: Vec<String> },
    /// Several inputs of the model would do.
    #[error("which of the model's inputs takes the {what}? It has {}", candidates.join(", "))]
    Ambiguous { what: &'static str, candidates: Vec<String> },
    /// A batch was fed twice, or was made by another kind of inputs than the feed.
    #[error("a batch was fed that this feed did not expect")]
    OtherKind,
    /// The batches were laid out for a model that takes more at once.
    #[error("the model's input '{input}' takes {wants} at once, and the inputs were prepared in {has}")]
    FixedShape { input: String, wants: String, has: String },
    /// A folder of images, or what says how to prepare them.
    #[error(transparent)]
    Images(#[from] super::images::error::Error),
    /// The model's `config.json`.
    #[error(transparent)]
    Model(#[from] crate::model::Error),
    /// The scratch file for prepared inputs.
    #[error("cannot keep prepared inputs in {}: {source}", std::env::temp_dir().display())]
    Scratch { source: io::Error },
    /// The system does not let a thread be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The thread that prepares inputs ended without a word.
    #[error("the thread that prepares the inputs stopped before batch {0}")]
    Worker(u64),
}

impl Error {
    /// An I/O error at a path, distinguished by whether the path is there at all.
    pub(crate) fn at(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::NotFound => Error::Missing(path),
            _ => Error::Unreadable { path, source },
        }
    }

    pub(crate) fn malformed(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Error::Malformed { path: path.into(), reason: reason.into() }
    }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::WhichColumn { .. } | Error::NoColumn { .. } | Error::NoColumns(_) | Error::BatchSize => Fault::Usage,
            Error::Scratch { .. } | Error::Thread(_) => Fault::Environment,
            Error::Unreadable { source, .. } => Fault::of_reading(source),
            Error::Images(error) => error.fault(),
            Error::Model(error) => error.fault(),
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        let advice = match self {
            Error::Images(error) => return error.advice(),
            Error::Model(error) => return error.advice(),
            Error::Missing(_) => "check the path, relative to the folder you are in".to_owned(),
            Error::Kind { is: "a folder", wanted: "a file of texts", .. } => {
                "give the files in it, one --texts each; for a folder of images use --images".to_owned()
            }
            Error::WhichColumn { .. } => "none or several of them look like texts: name one with --text-column".to_owned(),
            Error::NoColumn { columns, wanted, .. } => {
                let near = columns
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(a, wanted).total_cmp(&strsim::jaro_winkler(b, wanted)))?;
                format!("name one of them with --text-column, perhaps '{near}'")
            }
            Error::NoColumns(_) => {
                "leave --text-column out, or give a .jsonl, .json, .csv, .tsv or .parquet file".to_owned()
            }
            Error::HeaderDelimiter { .. } => {
                "put texts that hold a delimiter into quotes, or give a file with one text per line the ending .txt"
                    .to_owned()
            }
            Error::OpenQuote { .. } => {
                "close it; a quote within quotes is written twice, and a file without columns is better a .txt"
                    .to_owned()
            }
            Error::NoTokenizer { .. } => {
                "put tokenizer.json (or vocab.json and merges.txt, or vocab.txt) beside the model, or name it with \
                 --tokenizer PATH"
                    .to_owned()
            }
            Error::SentencePieceOnly(path) => {
                let folder = path.parent().unwrap_or(path).display().to_string();
                format!(
                    "write tokenizer.json next to it with transformers: python -c \"from transformers import \
                     AutoTokenizer; AutoTokenizer.from_pretrained('{folder}').save_pretrained('{folder}')\""
                )
            }
            Error::Vocabulary { .. } => "name the model's own tokenizer with --tokenizer PATH".to_owned(),
            Error::NothingUsable { .. } => {
                "the reason is that of the first text; --lossy keeps bytes that are not UTF-8, with a mark in their place"
                    .to_owned()
            }
            Error::TooManySkipped { .. } => "fix or remove them, or allow more with --max-skipped PCT".to_owned(),
            Error::Unfilled { inputs, given } if inputs.iter().any(|input| input.contains("past")) => format!(
                "given are {given}; export the model without past keys and values (use_cache=False, --no-past), or give \
                 all inputs by name with --arrays FILE.npz"
            ),
            Error::Unfilled { given, .. } => format!("given are {given}; --arrays FILE.npz fills any input by name"),
            Error::UnknownMask { .. } => {
                "export the model with attention_mask (1 at tokens), key_padding_mask (1 at padding) or \
                 global_attention_mask (1 at the first token), or give all inputs by name with --arrays FILE.npz"
                    .to_owned()
            }
            Error::Ambiguous { .. } => "give them by name: --arrays FILE.npz with one array per model input".to_owned(),
            Error::FixedShape { .. } => "set --batch-size and --max-length to what every model takes".to_owned(),
            Error::Thread(_) => FEWER_THREADS.to_owned(),
            Error::Scratch { .. } => "make room there, or set TMPDIR to a folder that has some".to_owned(),
            _ => return None,
        };
        Some(advice)
    }
}
