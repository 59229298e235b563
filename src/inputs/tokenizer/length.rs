//! How many tokens of a text the model is given.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Error;

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

/// Where nothing says how long a text may be.
const USUAL: usize = 512;

/// What set the maximum length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthFrom {
    /// `--max-length`.
    Asked,
    /// `model_max_length` of `tokenizer_config.json`.
    Tokenizer,
    /// `max_position_embeddings` of `config.json`.
    Positions,
    /// The model's inputs have this length and no other.
    Graph,
    /// Nothing says it: 512.
    Usual,
}

/// Whether position 0 is that of the first token, or the row after the padding token's.
pub(crate) fn positions_after_padding(model: &Value) -> bool {
    model.get("model_type").and_then(Value::as_str).is_some_and(|family| AFTER_PADDING.contains(&family))
}

/// The most tokens of an input, special ones included. `fixed` is the length of the model's inputs, if it is fixed.
pub(super) fn maximum(
    asked: Option<usize>,
    fixed: Option<usize>,
    model: &Value,
    tokenizer: &Map<String, Value>,
) -> Result<(usize, LengthFrom), Error> {
    let count = |value: Option<&Value>| {
        // "No limit" is written as 10^30.
        value?.as_u64().and_then(|count| usize::try_from(count).ok()).filter(|count| (1..=1 << 20).contains(count))
    };
    let positions = ["max_position_embeddings", "n_positions"].iter().find_map(|name| count(model.get(*name)));
    let positions = positions.map(|rows| {
        let padding = model.get("pad_token_id").and_then(Value::as_u64).unwrap_or(1) as usize;
        if positions_after_padding(model) { rows.saturating_sub(padding + 1).max(1) } else { rows }
    });
    let of_model = [(fixed, LengthFrom::Graph), (positions, LengthFrom::Positions)];
    let of_model =
        of_model.into_iter().filter_map(|(length, from)| Some((length?, from))).min_by_key(|(length, _)| *length);
    if let Some(asked) = asked {
        return match of_model {
            _ if asked == 0 => Err(Error::Length { asked, problem: "no length".to_owned() }),
            Some((length, _)) if asked > length => {
                Err(Error::Length { asked, problem: format!("more than the {length} that the model takes") })
            }
            _ => Ok((asked, LengthFrom::Asked)),
        };
    }
    let of_tokenizer = count(tokenizer.get("model_max_length")).map(|length| (length, LengthFrom::Tokenizer));
    Ok(of_tokenizer.into_iter().chain(of_model).min_by_key(|(length, _)| *length).unwrap_or((USUAL, LengthFrom::Usual)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn length(
        asked: Option<usize>,
        fixed: Option<usize>,
        model: Value,
        tokenizer: Value,
    ) -> Option<(usize, LengthFrom)> {
        maximum(asked, fixed, &model, tokenizer.as_object().unwrap()).ok()
    }

    #[test]
    fn the_least_of_what_is_said() {
        let roberta = || json!({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1});
        let bert = || json!({"model_type": "bert", "max_position_embeddings": 512});
        let endless: Value = serde_json::from_str(r#"{"model_max_length": 1000000000000000019884624838656}"#).unwrap();
        assert_eq!(length(None, None, roberta(), endless.clone()), Some((512, LengthFrom::Positions)));
        assert_eq!(length(None, None, bert(), json!({"model_max_length": 128})), Some((128, LengthFrom::Tokenizer)));
        assert_eq!(length(None, Some(64), bert(), endless.clone()), Some((64, LengthFrom::Graph)));
        assert_eq!(length(None, None, json!({"n_positions": 1024}), json!({})), Some((1024, LengthFrom::Positions)));
        assert_eq!(length(None, None, Value::Null, endless), Some((512, LengthFrom::Usual)));
    }

    #[test]
    fn what_is_asked_wins_within_what_the_model_takes() {
        let bert = || json!({"model_type": "bert", "max_position_embeddings": 512});
        let short = json!({"model_max_length": 128});
        assert_eq!(length(Some(300), None, bert(), short.clone()), Some((300, LengthFrom::Asked)));
        assert_eq!(length(Some(513), None, bert(), short.clone()), None);
        assert_eq!(length(Some(0), None, bert(), short), None);
    }
}
