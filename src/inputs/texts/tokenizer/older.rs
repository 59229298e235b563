//! The older forms of a tokenizer (`vocab.json` with `merges.txt`, `vocab.txt`), written as the `tokenizer.json` that
//! transformers would make of them (`RobertaTokenizer`, `GPT2Tokenizer`, `BertTokenizer`), so that there is one way to
//! load.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::config::TokenizerConfig;
use crate::inputs::error::Error;
use crate::inputs::side_files::SideFiles;

/// Byte pairs over bytes, as GPT-2 and RoBERTa have them; only the latter puts `<s>` and `</s>` around a text.
pub(super) fn byte_pairs(file: &Path, config: &TokenizerConfig, files: &mut SideFiles) -> Result<Vec<u8>, Error> {
    let vocab = files.json(file)?;
    let merges_file = file.with_file_name("merges.txt");
    let merges =
        String::from_utf8(files.read(&merges_file)?).map_err(|_| Error::malformed(&merges_file, "is not UTF-8"))?;
    let merges: Vec<Vec<&str>> = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.is_empty())
        .map(|line| line.split(' ').collect())
        .collect();
    let prefix_space = config.flag("add_prefix_space").unwrap_or(false);
    let roberta = match config.class() {
        Some("RobertaTokenizer" | "LongformerTokenizer" | "BartTokenizer") => true,
        Some("GPT2Tokenizer") => false,
        _ => vocab.get("<s>").is_some() && vocab.get("</s>").is_some(),
    };
    let byte_level =
        json!({"type": "ByteLevel", "add_prefix_space": prefix_space, "trim_offsets": true, "use_regex": true});
    let (processor, specials) = if roberta {
        let around = |role, usual| {
            let token = config.role(role).unwrap_or(usual).to_owned();
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
        "pre_tokenizer": byte_level, "post_processor": processor, "added_tokens": added(&vocab, specials, config),
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "vocab": vocab, "merges": merges},
    });
    Ok(whole.to_string().into_bytes())
}

/// WordPiece, as BERT has it.
pub(super) fn word_piece(file: &Path, config: &TokenizerConfig, files: &mut SideFiles) -> Result<Vec<u8>, Error> {
    let text = String::from_utf8(files.read(file)?).map_err(|_| Error::malformed(file, "is not UTF-8"))?;
    let vocab: Map<String, Value> =
        text.lines().enumerate().map(|(id, line)| (line.trim_end().to_owned(), json!(id))).collect();
    let flag = |name: &str, usual| config.flag(name).unwrap_or(usual);
    let token = |role, usual| {
        let token = config.role(role).unwrap_or(usual).to_owned();
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
        "added_tokens": added(&vocab_json, &["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], config),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "lowercase": flag("do_lower_case", true),
            "handle_chinese_chars": flag("tokenize_chinese_chars", true),
            "strip_accents": config.flag("strip_accents")},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [special(&cls, 0), sequence("A", 0), special(&sep, 0)],
            "pair": [special(&cls, 0), sequence("A", 0), special(&sep, 0), sequence("B", 1), special(&sep, 1)],
            "special_tokens": {&cls: entry(&cls), &sep: entry(&sep)}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab_json},
    });
    Ok(whole.to_string().into_bytes())
}

/// The usual special tokens that the vocabulary has, as `added_tokens`, each as the configuration describes it.
fn added(vocab: &Value, usual: &[&str], config: &TokenizerConfig) -> Vec<Value> {
    let mut tokens: Vec<(u64, &str)> =
        usual.iter().filter_map(|token| Some((vocab.get(token)?.as_u64()?, *token))).collect();
    tokens.sort_unstable();
    let token = |(id, content)| {
        let described = config
            .listed_tokens()
            .into_iter()
            .chain(config.named_tokens())
            .find(|value| value.get("content").and_then(Value::as_str) == Some(content));
        let flag = |name: &str| described.and_then(|value| value.get(name)?.as_bool()).unwrap_or(false);
        json!({"id": id, "content": content, "special": true, "normalized": flag("normalized"),
            "single_word": flag("single_word"), "lstrip": flag("lstrip"), "rstrip": flag("rstrip")})
    };
    tokens.into_iter().map(token).collect()
}
