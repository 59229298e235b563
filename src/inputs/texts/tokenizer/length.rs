//! How many tokens of a text the model is given.

use tokenizers::Tokenizer;

use super::config::TokenizerConfig;
use crate::inputs::error::Error;
use crate::inputs::provenance::Origin;
use crate::model::Config;

/// Families whose positions start after the padding token's: of 514 rows, 512 are for tokens.
const AFTER_PADDING: [&str; 13] = [
    "roberta",
    "xlm-roberta",
    "xlm-roberta-xl",
    "roberta-prelayernorm",
    "camembert",
    "longformer",
    "mpnet",
    "ibert",
    "xmod",
    "luke",
    "data2vec-text",
    "layoutlmv3",
    "lilt",
];

/// The maximum length where nothing says how long a text may be.
const USUAL: usize = 512;

/// The maximum length of a text, in tokens, special ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) most: usize,
    pub(super) from: Origin,
    /// The most that the model takes, where that is known.
    pub(super) of_model: Option<usize>,
}

/// Whether position 0 is that of the first token, or the row after the padding token's.
pub(crate) fn positions_after_padding(model: &Config) -> bool {
    model.model_type.as_deref().is_some_and(|family| AFTER_PADDING.contains(&family))
}

/// Settles the maximum length: what is asked for; else what sentence-transformers cuts to; else what the tokenizer says;
/// never more than the model takes. `fixed` is the length of the model's inputs, if it is fixed.
///
/// # Errors
/// A length of 0 or one beyond the model is asked for.
pub(super) fn maximum(
    asked: Option<usize>,
    fixed: Option<usize>,
    model: &Config,
    config: &TokenizerConfig,
    tokenizer: &Tokenizer,
) -> Result<Length, Error> {
    let positions = model.max_position_embeddings.and_then(count).map(|rows| {
        let padding = model.pad_token_id.and_then(|id| usize::try_from(id).ok()).unwrap_or(1);
        if positions_after_padding(model) { rows.saturating_sub(padding.saturating_add(1)).max(1) } else { rows }
    });
    let of_model = [(fixed, Origin::Model), (positions, Origin::file("config.json"))];
    let of_model =
        of_model.into_iter().filter_map(|(length, from)| Some((length?, from))).min_by_key(|(length, _)| *length);
    let limit = of_model.as_ref().map(|(length, _)| *length);
    let settled = |(most, from)| Ok(Length { most, from, of_model: limit });
    if let Some(asked) = asked {
        return match limit {
            _ if asked == 0 => Err(Error::Length { asked, problem: "not a length".to_owned() }),
            Some(length) if asked > length => {
                Err(Error::Length { asked, problem: format!("more than the {length} that the model takes") })
            }
            _ => settled((asked, Origin::Flag)),
        };
    }
    let sentence = config.sentence("max_seq_length");
    let sentence = sentence.and_then(|(value, name)| Some((count(value.as_u64()?)?, Origin::file(name))));
    let key = if config.get("model_max_length").is_some() { "model_max_length" } else { "max_len" };
    let of_tokenizer = || Some((count(config.get(key)?.as_u64()?)?, config.origin(key)));
    // The cut that `tokenizer.json` was saved with: transformers does not follow it, and it is better than a guess.
    let saved = || Some((tokenizer.get_truncation()?.max_length, Origin::file("tokenizer.json")));
    let said = sentence.or_else(of_tokenizer);
    match (said, of_model) {
        (Some(said), Some(of_model)) => settled(if said.0 <= of_model.0 { said } else { of_model }),
        (Some(said), None) => settled(said),
        (None, Some(of_model)) => settled(of_model),
        (None, None) => settled(saved().unwrap_or((USUAL, Origin::Default))),
    }
}

/// A number of tokens; "no limit" is written as 10^30.
fn count(count: u64) -> Option<usize> {
    usize::try_from(count).ok().filter(|count| (1..=1 << 20).contains(count))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;
    use crate::inputs::side_files::SideFiles;

    fn model(family: &str, positions: u64) -> Config {
        let (model_type, max_position_embeddings) = (Some(family.to_owned()), Some(positions));
        Config { model_type, max_position_embeddings, pad_token_id: Some(1), ..Config::default() }
    }

    /// The length with these settings next to the tokenizer.
    fn of(
        asked: Option<usize>,
        fixed: Option<usize>,
        model: Config,
        files: &[(&str, Value)],
    ) -> Option<(usize, String)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content.to_string()).unwrap();
        }
        let config = TokenizerConfig::read(folder.path(), &[], &mut SideFiles::default()).unwrap();
        let vocab = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/reviews/tokenizer.json");
        let tokenizer = Tokenizer::from_file(vocab).unwrap();
        let length = maximum(asked, fixed, &model, &config, &tokenizer).ok()?;
        Some((length.most, length.from.to_string()))
    }

    fn length(asked: Option<usize>, fixed: Option<usize>, model: Config, limit: Value) -> Option<(usize, String)> {
        of(asked, fixed, model, &[("tokenizer_config.json", json!({ "model_max_length": limit }))])
    }

    #[test]
    fn the_least_of_what_is_said() {
        let endless: Value = serde_json::from_str("1000000000000000019884624838656").unwrap();
        let [roberta, bert] = [model("roberta", 514), model("bert", 512)];
        let said = |length: usize, from: &str| Some((length, from.to_owned()));
        assert_eq!(length(None, None, roberta.clone(), endless.clone()), said(512, "config.json"));
        assert_eq!(length(None, None, roberta, json!(128)), said(128, "tokenizer_config.json"));
        assert_eq!(length(None, Some(64), bert.clone(), endless.clone()), said(64, "model"));
        assert_eq!(length(None, None, bert, Value::Null), said(512, "config.json"));
        assert_eq!(length(None, None, Config::default(), endless), said(512, "default"));
    }

    #[test]
    fn older_and_other_names_of_the_length() {
        let tokenizer = |value: Value| ("tokenizer_config.json", value);
        let sentence = ("sentence_bert_config.json", json!({"max_seq_length": 256}));
        let said = |length: usize, from: &str| Some((length, from.to_owned()));
        let none = Config::default;
        assert_eq!(of(None, None, none(), &[tokenizer(json!({"max_len": 77}))]), said(77, "tokenizer_config.json"));
        let both = [tokenizer(json!({"model_max_length": 128})), sentence.clone()];
        assert_eq!(of(None, None, none(), &both), said(256, "sentence_bert_config.json"));
        assert_eq!(of(None, None, model("bert", 64), &both), said(64, "config.json"));
        assert_eq!(of(Some(32), None, none(), &both), said(32, "flag"));
    }

    #[test]
    fn what_is_asked_wins_within_what_the_model_takes() {
        let bert = || model("bert", 512);
        assert_eq!(length(Some(300), None, bert(), json!(128)), Some((300, "flag".to_owned())));
        assert_eq!(length(Some(513), None, bert(), json!(128)), None);
        assert_eq!(length(Some(0), None, bert(), json!(128)), None);
    }
}
