//! What each input of a model is for, where texts are given.

use crate::inputs::error::Error;
use crate::inputs::tensors::wanted::{all, describe, is_integer, rank_is};
use crate::model::TensorInfo;

/// What fills an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Token ids [batch, length].
    Ids,
    /// 1 at real tokens, 0 at padding.
    Mask,
    /// Which sentence of a pair a token belongs to.
    Segments,
    Positions,
}

/// What an input of tokens is for, by the names that exporters give.
fn role(input: &TensorInfo) -> Option<Role> {
    if !rank_is(input, 2) {
        return None;
    }
    let name = input.name.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["decoder", "past", "label"]) {
        return None;
    }
    match () {
        () if has(&["mask"]) => Some(Role::Mask),
        () if !is_integer(input.element) => None,
        () if has(&["token_type", "segment"]) => Some(Role::Segments),
        () if has(&["position"]) => Some(Role::Positions),
        () if has(&["input_ids", "token", "ids"]) || name == "input" => Some(Role::Ids),
        () => None,
    }
}

/// The input that takes token ids.
pub(crate) fn ids(inputs: &[TensorInfo]) -> Result<&TensorInfo, Error> {
    let named: Vec<&TensorInfo> = inputs.iter().filter(|input| role(input) == Some(Role::Ids)).collect();
    let nameless =
        || inputs.iter().filter(|input| role(input).is_none() && is_integer(input.element) && rank_is(input, 2));
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
/// An input that texts do not fill, or several that could take the token ids.
pub(crate) fn of_inputs(inputs: &[TensorInfo]) -> Result<Vec<(TensorInfo, Role)>, Error> {
    let ids = ids(inputs)?;
    let role_of =
        |input: &TensorInfo| if input == ids { Some(Role::Ids) } else { role(input).filter(|role| *role != Role::Ids) };
    all(inputs, "texts", role_of)
}
