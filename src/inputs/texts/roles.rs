//! What each input of a model is for, where texts are given: told by the names that exporters give.

use crate::inputs::error::Error;
use crate::inputs::tensors::wanted::{all, describe, fixed, is_float, is_integer, rank_is};
use crate::model::{Dim, ElementType, TensorInfo};

/// What fills an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Token ids [batch, length].
    Ids,
    /// 1 at real tokens, 0 at padding: `attention_mask`.
    Mask,
    /// 1 (true) at padding, 0 at real tokens: PyTorch's `key_padding_mask`.
    PaddingMask,
    /// 1 at the first token, 0 elsewhere: Longformer's `global_attention_mask`.
    GlobalMask,
    /// Added to the attention [length, length]; 0 everywhere hides nothing: PyTorch's `attn_mask` in floats.
    AddedMask,
    /// Which sentence of a pair a token belongs to.
    Segments,
    /// Positions [batch, length].
    Positions,
    /// Places in the cache [length].
    CachePositions,
    /// Keys and values of earlier tokens: there are none, so their axis has the length 0.
    EmptyCache,
    /// A switch that is off: `use_cache_branch`, or whether the network trains.
    Off,
}

/// Names of masks that are 1 at real tokens, but for those that end in `attention_mask`.
const MASKS: [&str; 11] = [
    "attn_mask",
    "att_mask",
    "input_mask",
    "input_masks",
    "mask",
    "masks",
    "attention_masks",
    "sequence_mask",
    "text_mask",
    "token_mask",
    "word_mask",
];

/// Masks of attention that mean something else than which tokens are real.
const OTHER_ATTENTION: [&str; 5] = ["global", "local", "cross", "causal", "decoder"];

/// What an input is for; `None` where texts do not fill it.
fn role(input: &TensorInfo) -> Option<Role> {
    let name = plain(&input.name);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["mask"]) {
        return mask(&name, input);
    }
    if has(&["use_cache", "training", "learning_phase"]) && input.element == ElementType::Bool {
        return Some(Role::Off);
    }
    if has(&["past", "cache"]) && !has(&["encoder", "decoder", "cross"]) {
        return cache(&name, input);
    }
    if !rank_is(input, 2) || !is_integer(input.element) || has(&["decoder", "label"]) {
        return None;
    }
    match () {
        () if has(&["token_type", "segment"]) => Some(Role::Segments),
        () if has(&["position"]) => Some(Role::Positions),
        () if has(&["input_ids", "token", "ids"]) || name == "input" => Some(Role::Ids),
        () => None,
    }
}

/// The name without what exporters from TensorFlow add to it.
fn plain(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.split(':').next().unwrap_or_default();
    let name = name.strip_prefix("serving_default_").unwrap_or(name);
    name.trim_end_matches(|char: char| char.is_ascii_digit()).trim_end_matches('_').to_owned()
}

fn mask(name: &str, input: &TensorInfo) -> Option<Role> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let of_attention = ends(&["attention_mask"]) && !OTHER_ATTENTION.iter().any(|word| name.contains(word));
    match () {
        () if !rank_is(input, 2) => None,
        () if name.ends_with("global_attention_mask") => Some(Role::GlobalMask),
        () if ends(&["padding_mask", "pad_mask"]) => Some(Role::PaddingMask),
        () if is_square(input) => {
            (is_float(input.element) && ends(&["attn_mask", "attention_mask"])).then_some(Role::AddedMask)
        }
        () if of_attention || MASKS.contains(&name) => Some(Role::Mask),
        () => None,
    }
}

/// Whether both axes of an input are the same: [length, length], and not [batch, length].
fn is_square(input: &TensorInfo) -> bool {
    matches!(input.shape.as_deref(), Some([Dim::Named(a), Dim::Named(b)]) if a == b)
}

fn cache(name: &str, input: &TensorInfo) -> Option<Role> {
    let axes = input.shape.as_ref().map_or(0, Vec::len);
    if axes == 1 && is_integer(input.element) && name.contains("position") {
        return Some(Role::CachePositions);
    }
    // Past the batch, exactly one axis is free: that of the earlier tokens.
    let free = (1..axes).filter(|axis| fixed(input, *axis).is_none()).count();
    (axes >= 3 && is_float(input.element) && free == 1).then_some(Role::EmptyCache)
}

/// Whether the model is told which tokens are padding.
pub(crate) fn has_mask(inputs: &[TensorInfo]) -> bool {
    inputs.iter().any(|input| matches!(role(input), Some(Role::Mask | Role::PaddingMask)))
}

/// The input that takes token ids.
///
/// # Errors
/// None of the inputs could take them, or several could.
pub(crate) fn ids(inputs: &[TensorInfo]) -> Result<&TensorInfo, Error> {
    let named: Vec<&TensorInfo> = inputs.iter().filter(|input| role(input) == Some(Role::Ids)).collect();
    let nameless = || {
        let unknown = inputs.iter().filter(|input| role(input).is_none() && !plain(&input.name).contains("mask"));
        unknown.filter(|input| is_integer(input.element) && rank_is(input, 2))
    };
    let candidates: Vec<&TensorInfo> = if named.is_empty() { nameless().collect() } else { named };
    match &candidates[..] {
        [only] => Ok(only),
        [] => Err(Error::Unfilled { inputs: inputs.iter().map(describe).collect(), given: "texts".to_owned() }),
        several => {
            let exact = several.iter().find(|input| input.name == "input_ids");
            let candidates = several.iter().map(|input| describe(input)).collect();
            exact.copied().ok_or(Error::Ambiguous { what: "token ids", candidates })
        }
    }
}

/// The role of every input of a model.
///
/// # Errors
/// An input that texts do not fill, a mask whose meaning is not known, or several inputs that could take the token ids.
pub(crate) fn of_inputs(inputs: &[TensorInfo]) -> Result<Vec<(TensorInfo, Role)>, Error> {
    let ids = ids(inputs)?;
    let role_of =
        |input: &TensorInfo| if input == ids { Some(Role::Ids) } else { role(input).filter(|role| *role != Role::Ids) };
    let unknown = inputs.iter().filter(|input| role_of(input).is_none() && plain(&input.name).contains("mask"));
    let unknown: Vec<String> = unknown.map(describe).collect();
    if !unknown.is_empty() {
        return Err(Error::UnknownMask { inputs: unknown });
    }
    all(inputs, "texts", role_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, element: ElementType, shape: &[&str]) -> TensorInfo {
        let dim = |extent: &&str| extent.parse().map_or_else(|_| Dim::Named((*extent).into()), Dim::Fixed);
        TensorInfo { name: name.into(), element, shape: Some(shape.iter().map(dim).collect()) }
    }

    #[test]
    fn a_mask_is_filled_by_what_its_name_means() {
        let role = |name: &str, element| role(&input(name, element, &["n", "t"]));
        for name in
            ["attention_mask", "input_mask", "mask", "encoder_attention_mask", "attention_mask:0", "input_mask_1"]
        {
            assert_eq!(role(name, ElementType::I64), Some(Role::Mask), "{name}");
        }
        for name in ["key_padding_mask", "src_key_padding_mask", "padding_mask", "encoder_padding_mask", "pad_mask"] {
            assert_eq!(role(name, ElementType::Bool), Some(Role::PaddingMask), "{name}");
        }
        assert_eq!(role("global_attention_mask", ElementType::I64), Some(Role::GlobalMask));
        for name in ["src_mask", "causal_mask", "cross_attention_mask", "entity_mask", "mask_positions"] {
            assert_eq!(role(name, ElementType::I64), None, "{name}");
        }
        let square = |element| super::role(&input("attn_mask", element, &["t", "t"]));
        assert_eq!((square(ElementType::F32), square(ElementType::Bool)), (Some(Role::AddedMask), None));
    }

    #[test]
    fn a_mask_of_another_meaning_is_named() {
        let ids = input("input_ids", ElementType::I64, &["n", "t"]);
        let entity = input("entity_mask", ElementType::I64, &["n", "e"]);
        match of_inputs(&[ids.clone(), entity]) {
            Err(Error::UnknownMask { inputs }) => assert_eq!(inputs, ["'entity_mask' (int64 [n, e])"]),
            other => panic!("{other:?}"),
        }
        assert!(!has_mask(std::slice::from_ref(&ids)));
        assert!(has_mask(&[ids, input("padding_mask", ElementType::Bool, &["n", "t"])]));
    }

    #[test]
    fn a_decoder_starts_with_an_empty_cache() {
        let key = input("past_key_values.0.key", ElementType::F32, &["n", "12", "past", "64"]);
        assert_eq!(role(&key), Some(Role::EmptyCache));
        let twice_free = input("past_key_values.0.key", ElementType::F32, &["n", "heads", "past", "64"]);
        assert_eq!(role(&twice_free), None);
        let of_encoder = input("past_key_values.0.encoder.key", ElementType::F32, &["n", "12", "t", "64"]);
        assert_eq!(role(&of_encoder), None);
        assert_eq!(role(&input("use_cache_branch", ElementType::Bool, &["1"])), Some(Role::Off));
        assert_eq!(role(&input("cache_position", ElementType::I64, &["t"])), Some(Role::CachePositions));
    }
}
