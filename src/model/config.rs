//! `config.json` beside a model: the few facts that the inputs and the answers need.

use std::fs;

use super::{Error, Model};

/// What a transformers `config.json` says about the inputs and the answers. Everything is optional; other keys are
/// ignored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `roberta`, `bert`, `vit`, …
    pub model_type: Option<String>,
    /// The class of the tokenizer, where `tokenizer_config.json` does not name it.
    pub tokenizer_class: Option<String>,
    /// Rows of the position table. RoBERTa and its kin lose `pad_token_id + 1` of them to padding.
    pub max_position_embeddings: Option<u64>,
    pub vocab_size: Option<u64>,
    pub pad_token_id: Option<u64>,
    /// Rows of the segment table.
    pub type_vocab_size: Option<u64>,
    /// Extent of a square image, or [height, width].
    pub image_size: Option<serde_json::Value>,
    pub num_channels: Option<u64>,
    pub architectures: Option<Vec<String>>,
    /// The names of a classifier's answers, in their order.
    pub id2label: Option<Vec<String>>,
}

/// A real config is a few kilobytes; label lists make some a few megabytes.
const LARGEST: u64 = 64 << 20;

impl Model {
    /// Reads `config.json` beside the model, or one level up. No file is no error: every field is then `None`.
    pub fn config(&self) -> Result<Config, Error> {
        let Some(path) = self.side_file("config.json") else { return Ok(Config::default()) };
        let bad = |why: String| Error::SideFile { path: path.clone(), why };
        let len = fs::metadata(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?.len();
        if len > LARGEST {
            return Err(bad(format!("{len} bytes are too many for a config")));
        }
        let bytes = fs::read(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
        parse(&bytes).map_err(bad)
    }
}

fn parse(bytes: &[u8]) -> Result<Config, String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let object = value.as_object().ok_or("not a JSON object")?;
    // Field by field: `"pad_token_id": -1`, or a list where a number is usual, must not spoil the rest.
    let number = |names: &[&str]| names.iter().find_map(|n| object.get(*n)?.as_u64());
    Ok(Config {
        model_type: object.get("model_type").and_then(|v| v.as_str()).map(str::to_owned),
        tokenizer_class: object.get("tokenizer_class").and_then(|v| v.as_str()).map(str::to_owned),
        max_position_embeddings: number(&["max_position_embeddings", "n_positions", "max_seq_len", "n_ctx"]),
        vocab_size: number(&["vocab_size"]),
        pad_token_id: number(&["pad_token_id"]),
        type_vocab_size: number(&["type_vocab_size"]),
        image_size: object.get("image_size").filter(|v| !v.is_null()).cloned(),
        num_channels: number(&["num_channels"]),
        architectures: object.get("architectures").and_then(|v| serde_json::from_value(v.clone()).ok()),
        id2label: object.get("id2label").and_then(names),
    })
}

/// The names in `{"0": "NEG", "1": "POS"}`, if every number from 0 on has one.
fn names(of: &serde_json::Value) -> Option<Vec<String>> {
    let names = of.as_object()?;
    (0..names.len()).map(|number| Some(names.get(&number.to_string())?.as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_values_do_not_spoil_the_rest() {
        let config =
            parse(br#"{"model_type":"gpt2","n_positions":1024,"pad_token_id":-1,"vocab_size":50257}"#).unwrap();
        assert_eq!(config.model_type.as_deref(), Some("gpt2"));
        assert_eq!((config.max_position_embeddings, config.vocab_size), (Some(1024), Some(50257)));
        assert_eq!(config.pad_token_id, None);
    }

    #[test]
    fn names_of_answers_are_in_their_order() {
        let of = |text: &str| parse(text.as_bytes()).unwrap().id2label;
        assert_eq!(of(r#"{"id2label":{"1":"POS","0":"NEG"}}"#).unwrap(), ["NEG", "POS"]);
        assert_eq!(of(r#"{"id2label":{"1":"POS","2":"NEG"}}"#), None);
        assert_eq!(of(r#"{"id2label":{"0":1}}"#), None);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        assert!(parse(b"[1]").is_err());
        assert!(parse(b"{").is_err());
    }
}
