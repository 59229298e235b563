//! Which files make the tokenizer, and one [`tokenizers::Tokenizer`] out of them.
//!
//! The older forms (`vocab.json` with `merges.txt`, `vocab.txt`) are written as the `tokenizer.json` that transformers
//! would make of them (`RobertaTokenizer`, `GPT2Tokenizer`, `BertTokenizer`), so that there is one way to load.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tokenizers::{AddedToken, Tokenizer};

use super::super::Error;
use super::super::beside::{Beside, read, read_json};
use crate::base::guard::guarded;

/// A tokenizer as loaded, and where it came from.
pub(super) struct Loaded {
    pub(super) tokenizer: Tokenizer,
    /// The file that holds the vocabulary.
    pub(super) file: PathBuf,
    /// `tokenizer_config.json` over `special_tokens_map.json`: whatever either says.
    pub(super) config: Map<String, Value>,
}

/// Finds and loads a tokenizer: `given` (a file, or a folder), else beside the model.
pub(super) fn load(given: Option<&Path>, beside: &Beside) -> Result<Loaded, Error> {
    match given {
        Some(path) if path.is_dir() => in_folder(path)?.ok_or_else(|| none(&[path.to_owned()])),
        Some(path) if path.exists() => {
            let folder = path.parent().unwrap_or(Path::new(""));
            match path.file_name().and_then(|name| name.to_str()) {
                Some("vocab.txt") => wordpiece(folder, path),
                Some("vocab.json" | "merges.txt") => bytepairs(folder, &folder.join("vocab.json")),
                _ => serialized(folder, path),
            }
        }
        Some(path) => Err(Error::Missing(path.to_owned())),
        None => {
            for folder in &beside.folders {
                if let Some(loaded) = in_folder(folder)? {
                    return Ok(loaded);
                }
            }
            Err(none(&beside.folders))
        }
    }
}

fn none(folders: &[PathBuf]) -> Error {
    Error::NoTokenizer { folders: folders.to_vec() }
}

fn in_folder(folder: &Path) -> Result<Option<Loaded>, Error> {
    let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    if let Some(path) = there("tokenizer.json") {
        return serialized(folder, &path).map(Some);
    }
    if let (Some(vocab), Some(_)) = (there("vocab.json"), there("merges.txt")) {
        return bytepairs(folder, &vocab).map(Some);
    }
    there("vocab.txt").map(|vocab| wordpiece(folder, &vocab)).transpose()
}

fn config(folder: &Path) -> Result<Map<String, Value>, Error> {
    let mut config = Map::new();
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
        let path = folder.join(name);
        if path.is_file() {
            match read_json(&path)? {
                Value::Object(object) => config.extend(object),
                _ => return Err(Error::malformed(path, "is not a JSON object")),
            }
        }
    }
    Ok(config)
}

fn serialized(folder: &Path, file: &Path) -> Result<Loaded, Error> {
    let config = config(folder)?;
    finish(&read(file)?, file, config)
}

/// Byte pairs over bytes, as GPT-2 and RoBERTa have them; only the latter puts `<s>` and `</s>` around a text.
fn bytepairs(folder: &Path, file: &Path) -> Result<Loaded, Error> {
    let config = config(folder)?;
    let vocab = read_json(file)?;
    let merges_file = folder.join("merges.txt");
    let merges = String::from_utf8(read(&merges_file)?).map_err(|_| Error::malformed(&merges_file, "is not UTF-8"))?;
    let merges: Vec<Vec<&str>> = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.is_empty())
        .map(|line| line.split(' ').collect())
        .collect();
    let prefix_space = config.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
    let class = config.get("tokenizer_class").and_then(Value::as_str).unwrap_or_default();
    let roberta = match class.trim_end_matches("Fast") {
        "RobertaTokenizer" | "LongformerTokenizer" | "BartTokenizer" => true,
        "GPT2Tokenizer" => false,
        _ => vocab.get("<s>").is_some() && vocab.get("</s>").is_some(),
    };
    let byte_level =
        json!({"type": "ByteLevel", "add_prefix_space": prefix_space, "trim_offsets": true, "use_regex": true});
    let (processor, specials) = if roberta {
        let around = |role, usual| {
            let token = named(&config, role).unwrap_or(usual).to_owned();
            match vocab.get(&token).and_then(Value::as_u64) {
                Some(id) => Ok(json!([token, id])),
                None => Err(Error::malformed(file, format!("has no '{token}', which is to be its {role}"))),
            }
        };
        let (cls, sep) = (around("cls_token", "<s>")?, around("sep_token", "</s>")?);
        let processor = json!({"type": "RobertaProcessing", "sep": sep, "cls": cls, "trim_offsets": true,
            "add_prefix_space": prefix_space});
        (processor, &["<s>", "<pad>", "</s>", "<unk>", "<mask>"][..])
    } else {
        let processor =
            json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true});
        (processor, &["<|endoftext|>"][..])
    };
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": byte_level.clone(),
        "pre_tokenizer": byte_level, "post_processor": processor, "added_tokens": added(&vocab, specials, &config),
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "vocab": vocab, "merges": merges},
    });
    finish(whole.to_string().as_bytes(), file, config)
}

/// WordPiece, as BERT has it.
fn wordpiece(folder: &Path, file: &Path) -> Result<Loaded, Error> {
    let config = config(folder)?;
    let text = String::from_utf8(read(file)?).map_err(|_| Error::malformed(file, "is not UTF-8"))?;
    let vocab: Map<String, Value> =
        text.lines().enumerate().map(|(id, line)| (line.trim_end().to_owned(), json!(id))).collect();
    let flag = |name: &str, usual| config.get(name).and_then(Value::as_bool).unwrap_or(usual);
    let token = |role, usual| {
        let token = named(&config, role).unwrap_or(usual).to_owned();
        match vocab.contains_key(&token) {
            true => Ok(token),
            false => Err(Error::malformed(file, format!("has no '{token}', which is to be its {role}"))),
        }
    };
    let (cls, sep, unknown) =
        (token("cls_token", "[CLS]")?, token("sep_token", "[SEP]")?, token("unk_token", "[UNK]")?);
    let special = |token: &str, segment: u8| json!({"SpecialToken": {"id": token, "type_id": segment}});
    let sequence = |which: &str, segment: u8| json!({"Sequence": {"id": which, "type_id": segment}});
    let entry = |token: &str| json!({"id": token, "ids": [vocab[token]], "tokens": [token]});
    let vocab_json = Value::Object(vocab.clone());
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": added(&vocab_json, &["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], &config),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "lowercase": flag("do_lower_case", true),
            "handle_chinese_chars": flag("tokenize_chinese_chars", true),
            "strip_accents": config.get("strip_accents").and_then(Value::as_bool)},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [special(&cls, 0), sequence("A", 0), special(&sep, 0)],
            "pair": [special(&cls, 0), sequence("A", 0), special(&sep, 0), sequence("B", 1), special(&sep, 1)],
            "special_tokens": {&cls: entry(&cls), &sep: entry(&sep)}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab_json},
    });
    finish(whole.to_string().as_bytes(), file, config)
}

/// The usual special tokens that the vocabulary has, as `added_tokens`, each as the configuration describes it.
fn added(vocab: &Value, usual: &[&str], config: &Map<String, Value>) -> Vec<Value> {
    let mut tokens: Vec<(u64, &str)> =
        usual.iter().filter_map(|token| Some((vocab.get(token)?.as_u64()?, *token))).collect();
    tokens.sort_unstable();
    let token = |(id, content)| {
        let described = described(config).find(|value| value.get("content").and_then(Value::as_str) == Some(content));
        let flag = |name: &str| described.and_then(|value| value.get(name)?.as_bool()).unwrap_or(false);
        json!({"id": id, "content": content, "special": true, "normalized": flag("normalized"),
            "single_word": flag("single_word"), "lstrip": flag("lstrip"), "rstrip": flag("rstrip")})
    };
    tokens.into_iter().map(token).collect()
}

/// The special tokens that a configuration names, as strings or objects.
fn described(config: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let decoder = config.get("added_tokens_decoder").and_then(Value::as_object);
    decoder.into_iter().flat_map(Map::values).chain(ROLES.iter().filter_map(|role| config.get(*role)))
}

/// The token that plays a role, said as a string or as an added token.
pub(super) fn named<'a>(config: &'a Map<String, Value>, role: &str) -> Option<&'a str> {
    let value = config.get(role)?;
    value.as_str().or_else(|| value.get("content")?.as_str())
}

const ROLES: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// Loads the bytes of a `tokenizer.json` and adds the special tokens that only the configuration names.
fn finish(bytes: &[u8], file: &Path, config: Map<String, Value>) -> Result<Loaded, Error> {
    let unusable = |reason| Error::malformed(file, format!("is not a tokenizer that can be loaded: {reason}"));
    let tokenizer = guarded(|| build(bytes, &config)).flatten().map_err(unusable)?;
    Ok(Loaded { tokenizer, file: file.to_owned(), config })
}

fn build(bytes: &[u8], config: &Map<String, Value>) -> Result<Tokenizer, String> {
    let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| error.to_string())?;
    let known = tokenizer.get_added_tokens_decoder();
    let new: Vec<AddedToken> = described(config)
        .filter_map(token)
        // A token without an id in the vocabulary would get one that the model has never seen.
        .filter(|token| tokenizer.token_to_id(&token.content).is_some())
        .filter(|token| !known.values().any(|known| known.content == token.content && known.special == token.special))
        .collect();
    tokenizer.add_tokens(&new);
    Ok(tokenizer)
}

fn token(value: &Value) -> Option<AddedToken> {
    let flag = |name: &str, usual| value.get(name).and_then(Value::as_bool).unwrap_or(usual);
    let content = value.as_str().or_else(|| value.get("content")?.as_str())?;
    let token = AddedToken::from(content, flag("special", true)).normalized(flag("normalized", false));
    Some(token.lstrip(flag("lstrip", false)).rstrip(flag("rstrip", false)).single_word(flag("single_word", false)))
}
