//! How many tokens of a text the model is given.

use serde_json::{Map, Value};

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

/// Where nothing says how long a text may be.
const USUAL: usize = 512;

/// Whether position 0 is that of the first token, or the row after the padding token's.
pub(crate) fn positions_after_padding(model: &Config) -> bool {
    model.model_type.as_deref().is_some_and(|family| AFTER_PADDING.contains(&family))
}

/// The most tokens of an input, special ones included. `fixed` is the length of the model's inputs, if it is fixed.
pub(super) fn maximum(
    asked: Option<usize>,
    fixed: Option<usize>,
    model: &Config,
    tokenizer: &Map<String, Value>,
) -> Result<(usize, Origin), Error> {
    // "No limit" is written as 10^30.
    let count = |count: u64| usize::try_from(count).ok().filter(|count| (1..=1 << 20).contains(count));
    let positions = model.max_position_embeddings.and_then(count).map(|rows| {
        let padding = model.pad_token_id.and_then(|id| usize::try_from(id).ok()).unwrap_or(1);
        if positions_after_padding(model) { rows.saturating_sub(padding.saturating_add(1)).max(1) } else { rows }
    });
    let of_model = [(fixed, Origin::Model), (positions, Origin::file("config.json"))];
    let of_model =
        of_model.into_iter().filter_map(|(length, from)| Some((length?, from))).min_by_key(|(length, _)| *length);
    if let Some(asked) = asked {
        return match of_model {
            _ if asked == 0 => Err(Error::Length { asked, problem: "no length".to_owned() }),
            Some((length, _)) if asked > length => {
                Err(Error::Length { asked, problem: format!("more than the {length} that the model takes") })
            }
            _ => Ok((asked, Origin::Flag)),
        };
    }
    let of_tokenizer = tokenizer
        .get("model_max_length")
        .and_then(Value::as_u64)
        .and_then(count)
        .map(|length| (length, Origin::file("tokenizer_config.json")));
    Ok(of_tokenizer.into_iter().chain(of_model).min_by_key(|(length, _)| *length).unwrap_or((USUAL, Origin::Default)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(family: &str, positions: u64) -> Config {
        let (model_type, max_position_embeddings) = (Some(family.to_owned()), Some(positions));
        Config { model_type, max_position_embeddings, pad_token_id: Some(1), ..Config::default() }
    }

    fn length(asked: Option<usize>, fixed: Option<usize>, model: Config, limit: Value) -> Option<(usize, Origin)> {
        let tokenizer = json!({ "model_max_length": limit });
        maximum(asked, fixed, &model, tokenizer.as_object().unwrap()).ok()
    }

    #[test]
    fn the_least_of_what_is_said() {
        let endless: Value = serde_json::from_str("1000000000000000019884624838656").unwrap();
        let [roberta, bert] = [model("roberta", 514), model("bert", 512)];
        assert_eq!(length(None, None, roberta.clone(), endless.clone()), Some((512, Origin::file("config.json"))));
        assert_eq!(length(None, None, roberta, json!(128)), Some((128, Origin::file("tokenizer_config.json"))));
        assert_eq!(length(None, Some(64), bert.clone(), endless.clone()), Some((64, Origin::Model)));
        assert_eq!(length(None, None, bert, Value::Null), Some((512, Origin::file("config.json"))));
        assert_eq!(length(None, None, Config::default(), endless), Some((512, Origin::Default)));
    }

    #[test]
    fn what_is_asked_wins_within_what_the_model_takes() {
        let bert = || model("bert", 512);
        assert_eq!(length(Some(300), None, bert(), json!(128)), Some((300, Origin::Flag)));
        assert_eq!(length(Some(513), None, bert(), json!(128)), None);
        assert_eq!(length(Some(0), None, bert(), json!(128)), None);
    }
}
