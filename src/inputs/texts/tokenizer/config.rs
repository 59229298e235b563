//! What the files next to a tokenizer say: `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and
//! the `sentence_bert_config.json` of sentence-transformers.

use std::path::Path;

use serde_json::{Map, Value};

use crate::inputs::error::Error;
use crate::inputs::provenance::Origin;
use crate::inputs::side_files::SideFiles;

/// Names under which sentence-transformers keeps the settings of its first module.
const SENTENCE_FILES: [&str; 4] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_mpnet_config.json",
];

/// The roles of special tokens, in the order in which transformers adds those that are missing.
const ROLES: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// The settings of a tokenizer, each with the file that it comes from.
#[derive(Debug, Default)]
pub(super) struct TokenizerConfig {
    /// `tokenizer_config.json`, and over it `special_tokens_map.json` as far as transformers reads it.
    map: Map<String, Value>,
    /// Keys that come from `special_tokens_map.json`.
    from_map: Vec<String>,
    /// `added_tokens.json`: tokens and their ids.
    added: Map<String, Value>,
    /// Settings of sentence-transformers, and their file.
    sentence: Option<(Map<String, Value>, &'static str)>,
}

impl TokenizerConfig {
    /// Reads the files in `folder`, and the settings of sentence-transformers in the first of `above` that has some.
    pub(super) fn read(folder: &Path, above: &[std::path::PathBuf], files: &mut SideFiles) -> Result<Self, Error> {
        let mut config = TokenizerConfig {
            map: object(&folder.join("tokenizer_config.json"), files)?.unwrap_or_default(),
            ..TokenizerConfig::default()
        };
        // transformers reads these two only where the first file does not list the added tokens itself.
        if !config.map.contains_key("added_tokens_decoder") {
            for (key, value) in object(&folder.join("special_tokens_map.json"), files)?.unwrap_or_default() {
                config.from_map.push(key.clone());
                config.map.insert(key, value);
            }
            config.added = object(&folder.join("added_tokens.json"), files)?.unwrap_or_default();
        }
        let folders = std::iter::once(folder).chain(above.iter().map(std::path::PathBuf::as_path));
        for (folder, name) in folders.flat_map(|folder| SENTENCE_FILES.map(|name| (folder, name))) {
            if let Some(object) = object(&folder.join(name), files)? {
                config.sentence = Some((object, name));
                break;
            }
        }
        Ok(config)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.map.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// A flag that is set to true or false; null counts as not set, as in transformers.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// Where the value of a key comes from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        match self.map.get(key) {
            Some(_) if self.from_map.iter().any(|name| name == key) => Origin::file("special_tokens_map.json"),
            Some(_) => Origin::file("tokenizer_config.json"),
            None => Origin::Default,
        }
    }

    /// The class that transformers makes of the tokenizer, without the `Fast` that older files add.
    pub(super) fn class(&self) -> Option<&str> {
        self.text("tokenizer_class").map(|class| class.strip_suffix("Fast").unwrap_or(class))
    }

    /// The token that plays a role, written as a string or as an object.
    pub(super) fn role(&self, role: &str) -> Option<&str> {
        content(self.get(role)?)
    }

    /// The tokens of `added_tokens_decoder`, in the order of their ids.
    pub(super) fn listed_tokens(&self) -> Vec<&Value> {
        let decoder = self.get("added_tokens_decoder").and_then(Value::as_object);
        let mut listed: Vec<(u64, &Value)> =
            decoder.into_iter().flatten().filter_map(|(id, token)| Some((id.parse().ok()?, token))).collect();
        listed.sort_by_key(|(id, _)| *id);
        listed.into_iter().map(|(_, token)| token).collect()
    }

    /// The tokens that play a role, and then those that are only named special.
    pub(super) fn named_tokens(&self) -> Vec<&Value> {
        let roles = ROLES.iter().filter_map(|role| self.get(role));
        let others = self
            .map
            .iter()
            .filter(|(key, value)| key.ends_with("_token") && !ROLES.contains(&key.as_str()) && value.is_string());
        roles.chain(others.map(|(_, value)| value)).chain(self.named_special()).collect()
    }

    /// `additional_special_tokens`, or what newer files call `extra_special_tokens`.
    fn named_special(&self) -> Vec<&Value> {
        let lists = ["extra_special_tokens", "additional_special_tokens"].map(|key| self.get(key));
        let list = lists.into_iter().flatten().find(|value| match value {
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => false,
        });
        match list {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(map)) => map.values().collect(),
            _ => Vec::new(),
        }
    }

    /// The tokens of `added_tokens.json` in the order of their ids, each with whether the settings call it special.
    pub(super) fn added(&self) -> Vec<(&str, bool)> {
        let mut added: Vec<(&str, u64)> =
            self.added.iter().filter_map(|(token, id)| Some((token.as_str(), id.as_u64()?))).collect();
        added.sort_by_key(|(_, id)| *id);
        let special = |token: &str| {
            let named = self.named_special();
            let roles = ROLES.iter().filter_map(|role| self.get(role));
            roles.chain(named).any(|value| content(value) == Some(token))
        };
        added.into_iter().map(|(token, _)| (token, special(token))).collect()
    }

    /// A setting of sentence-transformers, and its file.
    pub(super) fn sentence(&self, key: &str) -> Option<(&Value, &'static str)> {
        let (settings, name) = self.sentence.as_ref()?;
        settings.get(key).filter(|value| !value.is_null()).map(|value| (value, *name))
    }
}

/// The text of a token that is written as a string or as an object.
pub(super) fn content(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token.get("content")?.as_str())
}

/// A file of one JSON object; `None` if it is not there.
fn object(path: &Path, files: &mut SideFiles) -> Result<Option<Map<String, Value>>, Error> {
    if !path.is_file() {
        return Ok(None);
    }
    match files.json(path)? {
        Value::Object(object) => Ok(Some(object)),
        _ => Err(Error::malformed(path, "is not a JSON object")),
    }
}
