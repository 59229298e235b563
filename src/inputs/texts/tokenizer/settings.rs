//! Settings of `tokenizer_config.json` that stand above `tokenizer.json`, applied as transformers 5 applies them.

use serde_json::{Value, json};
use tokenizers::models::ModelWrapper;
use tokenizers::{AddedToken, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Tokenizer};

use super::class::Family;
use super::config::{TokenizerConfig, content};
use crate::inputs::provenance::{Origin, Preparation};

/// Sets the normalizer and the pre-tokenizer as the class does, and records every value with where it comes from.
pub(super) fn apply(
    tokenizer: &mut Tokenizer,
    config: &TokenizerConfig,
    family: Family,
    resolved: &mut Preparation,
) -> Result<(), String> {
    let mut flag = |name: &str, usual: Option<bool>| {
        let value = config.flag(name).or(usual);
        let from = if config.flag(name).is_some() { config.origin(name) } else { Origin::Default };
        resolved.set(name, value, from);
        value
    };
    match family {
        // A class that stands for WordPiece is also named by files that hold another model: they load as saved.
        Family::WordPiece if matches!(tokenizer.get_model(), ModelWrapper::WordPiece(_)) => {
            let normalizer = json!({"type": "BertNormalizer", "clean_text": true,
                "lowercase": flag("do_lower_case", Some(true)), "strip_accents": flag("strip_accents", None),
                "handle_chinese_chars": flag("tokenize_chinese_chars", Some(true))});
            set_normalizer(tokenizer, normalizer)?;
            set_pre_tokenizer(tokenizer, json!({"type": "BertPreTokenizer"}))?;
            if tokenizer.get_post_processor().is_none() {
                around(tokenizer, config)?;
            }
        }
        Family::ByteLevel { prefix_space } => {
            let prefix = flag("add_prefix_space", Some(prefix_space));
            let mut steps = value(tokenizer.get_pre_tokenizer())?;
            each(&mut steps, &mut |step| {
                if step["type"] == "ByteLevel" {
                    step["add_prefix_space"] = json!(prefix);
                }
            });
            set_pre_tokenizer(tokenizer, steps)?;
        }
        Family::SentencePiece { lowercase } => {
            let lowercase = flag("do_lower_case", Some(lowercase)).unwrap_or(lowercase);
            let steps = value(tokenizer.get_normalizer())?;
            set_normalizer(tokenizer, with_lowercase(steps, lowercase))?;
        }
        Family::WordPiece | Family::AsSaved => {}
    }
    if let ModelWrapper::BPE(model) = tokenizer.get_model()
        && let Some(dropout) = model.dropout
    {
        // Dropout serves training; with it, no two runs give the same tokens.
        let mut model = model.clone();
        model.dropout = None;
        tokenizer.with_model(model);
        resolved.set("dropout", format!("left out: {dropout} of the merges"), Origin::Default);
    }
    Ok(())
}

/// `[CLS]` and `[SEP]` around a text, where the file puts nothing there.
fn around(tokenizer: &mut Tokenizer, config: &TokenizerConfig) -> Result<(), String> {
    let special = |role, usual: &str| {
        let token = config.role(role).unwrap_or(usual).to_owned();
        tokenizer.token_to_id(&token).map(|id| (token, id))
    };
    let (Some((cls, cls_id)), Some((sep, sep_id))) = (special("cls_token", "[CLS]"), special("sep_token", "[SEP]"))
    else {
        return Ok(());
    };
    let token = |id: &str, segment: u8| json!({"SpecialToken": {"id": id, "type_id": segment}});
    let text = |id: &str, segment: u8| json!({"Sequence": {"id": id, "type_id": segment}});
    let single = [token(&cls, 0), text("A", 0), token(&sep, 0)];
    let pair = [&single[..], &[text("B", 1), token(&sep, 1)]].concat();
    let template = json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": {
        &cls: {"id": cls, "ids": [cls_id], "tokens": [cls]}, &sep: {"id": sep, "ids": [sep_id], "tokens": [sep]}}});
    let template: PostProcessorWrapper = serde_json::from_value(template).map_err(|error| error.to_string())?;
    tokenizer.with_post_processor(Some(template));
    Ok(())
}

/// The steps of a normalizer with or without one that puts texts into lower case.
fn with_lowercase(steps: Value, lowercase: bool) -> Value {
    let mut list = match steps {
        Value::Null => Vec::new(),
        Value::Object(mut object) if object.get("type") == Some(&json!("Sequence")) => {
            match object.remove("normalizers") {
                Some(Value::Array(list)) => list,
                _ => Vec::new(),
            }
        }
        step => vec![step],
    };
    let is_lowercase = |step: &Value| step["type"] == "Lowercase";
    match (lowercase, list.iter().any(is_lowercase)) {
        (true, false) => list.insert(0, json!({"type": "Lowercase"})),
        (false, true) => list.retain(|step| !is_lowercase(step)),
        _ => {}
    }
    if list.is_empty() { Value::Null } else { json!({"type": "Sequence", "normalizers": list}) }
}

/// Adds the tokens that the configuration names and `tokenizer.json` lacks, in transformers' order. A token that the
/// vocabulary has keeps its id; another one gets the next free id, as the embeddings of a model that was trained with it
/// have a row for it. Returns the tokens that got new ids.
pub(super) fn add_tokens(tokenizer: &mut Tokenizer, config: &TokenizerConfig) -> Vec<String> {
    let known = tokenizer.get_added_tokens_decoder();
    let listed = config.listed_tokens().into_iter().filter_map(|token| added_token(token, false));
    let added =
        config.added().into_iter().map(|(token, special)| AddedToken::from(token, special).normalized(!special));
    // A listed token replaces what is known of it; one that is only named adds nothing to that.
    let mut new: Vec<AddedToken> =
        listed.chain(added).filter(|token| !known.values().any(|known| known == token)).collect();
    for token in config.named_tokens().into_iter().filter_map(|token| added_token(token, true)) {
        let same = |other: &AddedToken| other.content == token.content;
        if !known.values().any(same) && !new.iter().any(same) {
            new.push(token);
        }
    }
    let unknown = new.iter().filter(|token| tokenizer.token_to_id(&token.content).is_none());
    let unknown = unknown.map(|token| token.content.clone()).collect();
    tokenizer.add_tokens(&new);
    unknown
}

fn added_token(value: &Value, special: bool) -> Option<AddedToken> {
    let flag = |name: &str, usual| value.get(name).and_then(Value::as_bool).unwrap_or(usual);
    let special = flag("special", special);
    let token = AddedToken::from(content(value)?, special).normalized(flag("normalized", !special));
    Some(token.lstrip(flag("lstrip", false)).rstrip(flag("rstrip", false)).single_word(flag("single_word", false)))
}

/// A step of the tokenizer as JSON; null where there is none.
fn value(step: Option<&impl serde::Serialize>) -> Result<Value, String> {
    step.map_or(Ok(Value::Null), |step| serde_json::to_value(step).map_err(|error| error.to_string()))
}

/// Calls `change` for a step and for the steps within a sequence.
fn each(step: &mut Value, change: &mut impl FnMut(&mut Value)) {
    if step.is_object() {
        change(step);
    }
    if let Some(Value::Array(steps)) = step.get_mut("pretokenizers") {
        steps.iter_mut().for_each(|step| each(step, change));
    }
}

fn set_normalizer(tokenizer: &mut Tokenizer, steps: Value) -> Result<(), String> {
    let steps: Option<NormalizerWrapper> = serde_json::from_value(steps).map_err(|error| error.to_string())?;
    tokenizer.with_normalizer(steps);
    Ok(())
}

fn set_pre_tokenizer(tokenizer: &mut Tokenizer, steps: Value) -> Result<(), String> {
    let steps: Option<PreTokenizerWrapper> = serde_json::from_value(steps).map_err(|error| error.to_string())?;
    tokenizer.with_pre_tokenizer(steps);
    Ok(())
}
