//! Which of a model's inputs takes what.

use super::super::Error;
use super::super::arrays::npy::{Array, Dtype};
use super::is_integer;
use crate::model::{Dim, ElementType, TensorInfo};

/// What fills an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Token ids [batch, length].
    Ids,
    /// 1 at real tokens, 0 at padding.
    Mask,
    /// Which sentence of a pair.
    Segments,
    Positions,
    Pixels(Layout),
    /// The array of that place among those given.
    Array(usize),
}

/// The order of a picture's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    ChannelsFirst,
    ChannelsLast,
}

/// The extent of an axis, if the model fixes it.
pub(crate) fn fixed(input: &TensorInfo, axis: usize) -> Option<usize> {
    match input.shape.as_ref()?.get(axis)? {
        // 0 and -1 are how some exporters write "free".
        Dim::Fixed(extent) if *extent > 0 => usize::try_from(*extent).ok(),
        _ => None,
    }
}

/// Name, type and shape, for messages: `'input_ids' (int64 [batch, sequence])`.
pub(crate) fn describe(input: &TensorInfo) -> String {
    format!("'{}' ({} {})", input.name, element_name(input.element), shape(input))
}

fn shape(input: &TensorInfo) -> String {
    let Some(dims) = &input.shape else { return "of any shape".to_owned() };
    let dims = dims.iter().map(|dim| match dim {
        Dim::Fixed(extent) => extent.to_string(),
        Dim::Named(name) => name.to_string(),
        Dim::Unknown => "?".to_owned(),
    });
    format!("[{}]", dims.collect::<Vec<_>>().join(", "))
}

pub(super) fn element_name(element: ElementType) -> &'static str {
    match element {
        ElementType::F32 => "float32",
        ElementType::F64 => "float64",
        ElementType::F16 => "float16",
        ElementType::Bf16 => "bfloat16",
        ElementType::I64 => "int64",
        ElementType::I32 => "int32",
        ElementType::U8 => "uint8",
        ElementType::I8 => "int8",
        ElementType::Bool => "bool",
        ElementType::NotTensor | ElementType::Other(_) => "a type that cannot be fed,",
    }
}

fn rank_is(input: &TensorInfo, rank: usize) -> bool {
    input.shape.as_ref().is_none_or(|shape| shape.len() == rank)
}

/// What an input of tokens is for, by the names that exporters give.
fn role(input: &TensorInfo) -> Option<Slot> {
    if !rank_is(input, 2) {
        return None;
    }
    let name = input.name.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["decoder", "past", "label"]) {
        return None;
    }
    match () {
        () if has(&["mask"]) => Some(Slot::Mask),
        () if !is_integer(input.element) => None,
        () if has(&["token_type", "segment"]) => Some(Slot::Segments),
        () if has(&["position"]) => Some(Slot::Positions),
        () if has(&["input_ids", "token", "ids"]) || name == "input" => Some(Slot::Ids),
        () => None,
    }
}

/// The input that takes token ids.
pub(crate) fn ids(inputs: &[TensorInfo]) -> Result<&TensorInfo, Error> {
    let named: Vec<&TensorInfo> = inputs.iter().filter(|input| role(input) == Some(Slot::Ids)).collect();
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

/// Slots for texts.
pub(super) fn of_tokens(inputs: &[TensorInfo]) -> Result<Vec<(TensorInfo, Slot)>, Error> {
    let ids = ids(inputs)?;
    let slot =
        |input: &TensorInfo| if input == ids { Some(Slot::Ids) } else { role(input).filter(|slot| *slot != Slot::Ids) };
    all(inputs, "texts", slot)
}

/// Slots for images.
pub(super) fn of_pixels(inputs: &[TensorInfo]) -> Result<Vec<(TensorInfo, Slot)>, Error> {
    let float = |input: &TensorInfo| matches!(input.element, ElementType::F32 | ElementType::F16 | ElementType::F64);
    let pictures = inputs.iter().filter(|input| float(input) && rank_is(input, 4)).count();
    if pictures > 1 {
        let candidates = inputs.iter().map(describe).collect();
        return Err(Error::Ambiguous { what: "pixels", candidates });
    }
    let slot = |input: &TensorInfo| {
        let layout = match (fixed(input, 1), fixed(input, 3)) {
            (Some(3), _) => Layout::ChannelsFirst,
            (_, Some(3)) => Layout::ChannelsLast,
            (None, _) => Layout::ChannelsFirst,
            _ => return None,
        };
        (float(input) && rank_is(input, 4)).then_some(Slot::Pixels(layout))
    };
    all(inputs, "images of three channels", slot)
}

/// Height and width of the pictures that the model takes, where it fixes them.
pub(crate) fn picture_size(inputs: &[TensorInfo]) -> Result<Option<(usize, usize)>, Error> {
    let slots = of_pixels(inputs)?;
    let size = |(input, slot): &(TensorInfo, Slot)| match slot {
        Slot::Pixels(Layout::ChannelsFirst) => fixed(input, 2).zip(fixed(input, 3)),
        Slot::Pixels(Layout::ChannelsLast) => fixed(input, 1).zip(fixed(input, 2)),
        _ => None,
    };
    Ok(slots.iter().find_map(size))
}

/// Slots for arrays, by name, and what is rounded on the way.
#[allow(clippy::type_complexity)]
pub(super) fn of_arrays(
    inputs: &[TensorInfo],
    arrays: &[Array],
) -> Result<(Vec<(TensorInfo, Slot)>, Vec<String>), Error> {
    let lone = inputs.len() == 1 && arrays.len() == 1;
    let place =
        |input: &TensorInfo| if lone { Some(0) } else { arrays.iter().position(|array| array.name == input.name) };
    let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
    let slots = all(inputs, &format!("the arrays {}", names.join(", ")), |input| place(input).map(Slot::Array))?;
    let mut notes = Vec::new();
    for (input, slot) in &slots {
        let Slot::Array(place) = slot else { continue };
        let array = &arrays[*place];
        if !fits(array, input) {
            let (has, wants) = (array.describe(), format!("{} {}", element_name(input.element), shape(input)));
            return Err(Error::ArrayMismatch { array: array.name.clone(), has, input: input.name.clone(), wants });
        }
        let rounded = matches!(
            (array.dtype(), input.element),
            (Dtype::F64, ElementType::F32 | ElementType::F16) | (Dtype::F32, ElementType::F16)
        );
        if rounded {
            let (from, to) = (array.dtype().name(), element_name(input.element));
            notes.push(format!("'{}' was rounded from {from} to {to}", input.name));
        }
    }
    Ok((slots, notes))
}

/// Whether shapes agree, the number of inputs aside, and whether the element type can be made at all.
fn fits(array: &Array, input: &TensorInfo) -> bool {
    let possible = !matches!(input.element, ElementType::Bf16 | ElementType::NotTensor | ElementType::Other(_));
    let rank = array.shape().len();
    possible
        && rank_is(input, rank)
        && (1..rank).all(|axis| fixed(input, axis).is_none_or(|extent| extent == array.shape()[axis]))
}

fn all(
    inputs: &[TensorInfo],
    given: &str,
    slot: impl Fn(&TensorInfo) -> Option<Slot>,
) -> Result<Vec<(TensorInfo, Slot)>, Error> {
    let unfilled: Vec<String> = inputs.iter().filter(|input| slot(input).is_none()).map(describe).collect();
    if !unfilled.is_empty() || inputs.is_empty() {
        return Err(Error::Unfilled { inputs: unfilled, given: given.to_owned() });
    }
    Ok(inputs.iter().filter_map(|input| slot(input).map(|slot| (input.clone(), slot))).collect())
}
