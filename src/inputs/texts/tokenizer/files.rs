//! Which files make the tokenizer, and one [`tokenizers::Tokenizer`] out of them.

use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use super::class::Family;
use super::config::TokenizerConfig;
use super::older;
use crate::base::guard::guarded;
use crate::inputs::context::ModelContext;
use crate::inputs::error::Error;
use crate::inputs::side_files::SideFiles;

/// Names of SentencePiece models, which have to be converted first.
const SENTENCE_PIECE: [&str; 4] = ["spm.model", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model"];

/// A tokenizer as loaded, and where it came from.
pub(super) struct Loaded {
    pub(super) tokenizer: Tokenizer,
    /// The file that holds the vocabulary.
    pub(super) file: PathBuf,
    pub(super) config: TokenizerConfig,
    /// The family of the form in which it was left, where that settles it.
    pub(super) family: Option<Family>,
}

/// Finds and loads a tokenizer: `given` (a file, or a folder), else next to the model.
pub(super) fn load(given: Option<&Path>, context: &ModelContext, files: &mut SideFiles) -> Result<Loaded, Error> {
    let found = match given {
        Some(path) if path.is_dir() => in_folder(path).ok_or_else(|| none(&[path.to_owned()]))?,
        Some(path) if path.exists() => named(path),
        Some(path) => return Err(Error::Missing(path.to_owned())),
        None => context.folders.iter().find_map(|folder| in_folder(folder)).ok_or_else(|| none(&context.folders))?,
    };
    let folder = found.path().parent().unwrap_or(Path::new("")).to_owned();
    // A named tokenizer brings its own settings; one that was found is the model's, and so are the settings above it.
    let above = if given.is_some() { &[][..] } else { &context.folders[..] };
    let config = TokenizerConfig::read(&folder, above, files)?;
    let bytes = match &found {
        Found::Serialized(path) => files.read(path)?,
        Found::BytePairs(path) => older::byte_pairs(path, &config, files)?,
        Found::WordPiece(path) => older::word_piece(path, &config, files)?,
    };
    let unusable = |reason| Error::malformed(found.path(), format!("is not a tokenizer that can be loaded: {reason}"));
    let build = || Tokenizer::from_bytes(&bytes).map_err(|error| error.to_string());
    let tokenizer = guarded(build).flatten().map_err(unusable)?;
    let family = match &found {
        Found::Serialized(_) => None,
        Found::BytePairs(_) => Some(Family::ByteLevel { prefix_space: false }),
        Found::WordPiece(_) => Some(Family::WordPiece),
    };
    Ok(Loaded { tokenizer, file: found.path().to_owned(), config, family })
}

/// The form in which a tokenizer was left, with the file of its vocabulary.
enum Found {
    Serialized(PathBuf),
    BytePairs(PathBuf),
    WordPiece(PathBuf),
}

impl Found {
    fn path(&self) -> &Path {
        match self {
            Found::Serialized(path) | Found::BytePairs(path) | Found::WordPiece(path) => path,
        }
    }
}

fn named(path: &Path) -> Found {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("vocab.txt") => Found::WordPiece(path.to_owned()),
        Some("vocab.json" | "merges.txt") => Found::BytePairs(path.with_file_name("vocab.json")),
        _ => Found::Serialized(path.to_owned()),
    }
}

fn in_folder(folder: &Path) -> Option<Found> {
    let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    if let Some(path) = there("tokenizer.json") {
        return Some(Found::Serialized(path));
    }
    if let (Some(vocab), Some(_)) = (there("vocab.json"), there("merges.txt")) {
        return Some(Found::BytePairs(vocab));
    }
    there("vocab.txt").map(Found::WordPiece)
}

fn none(folders: &[PathBuf]) -> Error {
    let models = folders.iter().flat_map(|folder| SENTENCE_PIECE.map(|name| folder.join(name)));
    match models.into_iter().find(|path| path.is_file()) {
        Some(path) => Error::SentencePieceOnly(path),
        None => Error::NoTokenizer { folders: folders.to_vec() },
    }
}
