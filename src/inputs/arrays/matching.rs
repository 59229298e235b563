//! Which array fills which input of a model, and along which of its axes the inputs lie.
//!
//! The axis of the batch is known by its name: in `x [batch, 4]` and `memory [2, batch, 16]` it is the first axis of one
//! and the second of the other. An input without that axis (a number, a mask [length, length]) is the same for every
//! batch. An input that holds a state and is not given starts at zero.

use super::npy::Array;
use crate::inputs::error::Error;
use crate::inputs::tensors::wanted::{describe, element_name, fixed, is_float, shape};
use crate::model::{Dim, ElementType, TensorInfo};

/// What fills one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// The array of that place; its inputs lie along this axis.
    Rows { place: usize, axis: usize },
    /// The array of that place, the same for every batch.
    Shared { place: usize },
    /// Zeros; the batch lies along this axis.
    Zeros { axis: usize },
    /// A switch that is off.
    Off,
}

/// The inputs of a model with what fills them.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    pub(super) filled: Vec<(TensorInfo, Filled)>,
    /// The number of inputs in the arrays.
    pub(super) rows: usize,
}

/// Words in the names of inputs that hold a state from step to step.
const STATES: [&str; 9] = ["state", "hidden", "memory", "cache", "past", "initial_h", "initial_c", "cell", "mems"];

/// Short names of such inputs.
const SHORT_STATES: [&str; 10] = ["h", "c", "h0", "c0", "h_0", "c_0", "hx", "cx", "hn", "cn"];

/// Matches arrays with the inputs of a model by their names. A lone array fills a lone input whatever its name.
///
/// # Errors
/// An input that nothing fills, an array of another shape, arrays with different numbers of inputs.
pub(super) fn of(inputs: &[TensorInfo], arrays: &[Array]) -> Result<Matching, Error> {
    let lone = inputs.len() == 1 && arrays.len() == 1;
    let named = |input: &TensorInfo| arrays.iter().position(|array| lone || array.name == input.name);
    let pairs: Vec<(&TensorInfo, Option<usize>)> = inputs.iter().map(|input| (input, named(input))).collect();
    let given = || match arrays {
        [array] if array.name.is_empty() => "one array without a name".to_owned(),
        arrays => {
            format!("the arrays {}", arrays.iter().map(|array| array.name.as_str()).collect::<Vec<_>>().join(", "))
        }
    };
    let batch = batch_name(inputs);
    let unfilled: Vec<String> = pairs
        .iter()
        .filter(|(input, place)| place.is_none() && absent(input, batch).is_none())
        .map(|(input, _)| describe(input))
        .collect();
    let Some(rows) = count(&pairs, arrays, batch) else {
        return Err(Error::Unfilled { inputs: inputs.iter().map(describe).collect(), given: given() });
    };
    if !unfilled.is_empty() {
        return Err(Error::Unfilled { inputs: unfilled, given: given() });
    }
    let mut filled = Vec::with_capacity(inputs.len());
    for (input, place) in pairs {
        let how = match place {
            Some(place) => given_by(input, &arrays[place], place, rows, batch, inputs)?,
            None => absent(input, batch).unwrap_or(Filled::Off),
        };
        filled.push((input.clone(), how));
    }
    Ok(Matching { filled, rows })
}

/// The name of the batch's axis: the one that most inputs have first, where any has one.
fn batch_name(inputs: &[TensorInfo]) -> Option<&str> {
    let first = |input: &'_ TensorInfo| match input.shape.as_ref()?.first()? {
        Dim::Named(name) => Some(name.clone()),
        _ => None,
    };
    let firsts: Vec<_> = inputs.iter().filter_map(first).collect();
    let best = firsts.iter().max_by_key(|name| firsts.iter().filter(|other| other == name).count())?.clone();
    // Of several names that occur equally often, the one of the input that comes first.
    let most = firsts.iter().filter(|name| **name == best).count();
    let chosen = firsts.iter().find(|name| firsts.iter().filter(|other| other == name).count() == most)?;
    inputs.iter().find_map(|input| match input.shape.as_ref()?.first()? {
        Dim::Named(name) if name == chosen => Some(&**name),
        _ => None,
    })
}

fn is_named(dim: &Dim, name: Option<&str>) -> bool {
    matches!((dim, name), (Dim::Named(dim), Some(name)) if **dim == *name)
}

/// The number of inputs in the arrays: the extent along the batch's axis in the first array that surely has one.
fn count(pairs: &[(&TensorInfo, Option<usize>)], arrays: &[Array], batch: Option<&str>) -> Option<usize> {
    let with_arrays = || pairs.iter().filter_map(|(input, place)| Some((*input, &arrays[(*place)?])));
    let first_is = |input: &TensorInfo, test: &dyn Fn(&Dim) -> bool| {
        input.shape.as_ref().is_none_or(|dims| dims.first().is_some_and(test))
    };
    let extent = |(_, array): (&TensorInfo, &Array)| array.shape().first().copied();
    let of_batch = with_arrays().filter(|(input, _)| first_is(input, &|dim| is_named(dim, batch))).find_map(extent);
    let free =
        || with_arrays().filter(|(input, _)| first_is(input, &|dim| !matches!(dim, Dim::Fixed(1..)))).find_map(extent);
    of_batch.or_else(free).or_else(|| with_arrays().find_map(extent))
}

/// What fills an input that no array is given for, if that is clear.
fn absent(input: &TensorInfo, batch: Option<&str>) -> Option<Filled> {
    let name = input.name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if input.element == ElementType::Bool && has(&["use_cache", "training", "learning_phase"]) {
        return Some(Filled::Off);
    }
    let state = is_float(input.element) && (has(&STATES) || SHORT_STATES.contains(&name.as_str()));
    let dims = input.shape.as_ref()?;
    let axis = dims.iter().position(|dim| is_named(dim, batch)).or_else(|| {
        // Without the batch's name: the one axis that is free.
        let mut free = (0..dims.len()).filter(|axis| fixed(input, *axis).is_none());
        free.next().filter(|_| free.next().is_none())
    })?;
    let others_are_fixed = (0..dims.len()).all(|other| other == axis || fixed(input, other).is_some());
    (state && others_are_fixed).then_some(Filled::Zeros { axis })
}

/// How an array fills an input.
fn given_by(
    input: &TensorInfo,
    array: &Array,
    place: usize,
    rows: usize,
    batch: Option<&str>,
    inputs: &[TensorInfo],
) -> Result<Filled, Error> {
    let mismatch = || Error::ArrayMismatch {
        array: array.name.clone(),
        has: array.describe(),
        input: input.name.clone(),
        wants: format!("{} {}", element_name(input.element), shape(input)),
    };
    if matches!(input.element, ElementType::Bf16 | ElementType::NotTensor | ElementType::Other(_)) {
        return Err(mismatch());
    }
    let has = array.shape();
    let Some(dims) = &input.shape else { return Ok(Filled::Rows { place, axis: 0 }) };
    // A number is written with no axes or with one, by the model and by NumPy.
    let single = |extents: usize| extents <= 1;
    if has.iter().product::<usize>() == 1
        && single(has.len())
        && single(dims.len())
        && (has.is_empty() || dims.is_empty())
    {
        return Ok(Filled::Shared { place });
    }
    if dims.len() != has.len() {
        return Err(mismatch());
    }
    let others_fit = |axis: usize| {
        (0..dims.len()).all(|other| other == axis || fixed(input, other).is_none_or(|extent| extent == has[other]))
    };
    let whole = (0..dims.len()).all(|axis| fixed(input, axis).is_none_or(|extent| extent == has[axis]));
    let along = |axis: usize| Ok(Filled::Rows { place, axis });
    if let Some(axis) = dims.iter().position(|dim| is_named(dim, batch)) {
        return if has[axis] == rows && others_fit(axis) { along(axis) } else { Err(mismatch()) };
    }
    // An axis that lies within other inputs, as the length in a mask [length, length], is not the batch's.
    let within = |axis: usize| match &dims[axis] {
        Dim::Named(name) => {
            inputs.iter().any(|input| input.shape.iter().flatten().skip(1).any(|dim| is_named(dim, Some(&**name))))
        }
        _ => false,
    };
    let can_hold_rows = |axis: usize| match (batch, axis) {
        // Where the model has a batch of any size, a fixed axis is not it.
        (Some(_), _) => fixed(input, axis).is_none() && !within(axis),
        (None, 0) => true,
        (None, _) => fixed(input, axis).is_none_or(|extent| extent == 1),
    };
    match (0..dims.len()).find(|axis| has[*axis] == rows && can_hold_rows(*axis) && others_fit(*axis)) {
        Some(axis) => along(axis),
        None if whole => Ok(Filled::Shared { place }),
        None => Err(mismatch()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::arrays::files::open;

    fn input(name: &str, shape: &[&str]) -> TensorInfo {
        let dim = |extent: &&str| extent.parse().map_or_else(|_| Dim::Named((*extent).into()), Dim::Fixed);
        TensorInfo { name: name.into(), element: ElementType::F32, shape: Some(shape.iter().map(dim).collect()) }
    }

    fn array(name: &str, shape: &[usize]) -> Array {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), npy(shape)).unwrap();
        let mut array = open(file.path()).unwrap().remove(0);
        array.name = name.into();
        array
    }

    fn npy(shape: &[usize]) -> Vec<u8> {
        let extents: String = shape.iter().map(|extent| format!("{extent},")).collect();
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({extents}), }}\n");
        let len = u16::try_from(header.len()).unwrap().to_le_bytes();
        let data = vec![0; 4 * shape.iter().product::<usize>()];
        [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), &data].concat()
    }

    fn filled(inputs: &[TensorInfo], arrays: &[Array]) -> Option<Vec<Filled>> {
        of(inputs, arrays).ok().map(|matching| matching.filled.into_iter().map(|(_, filled)| filled).collect())
    }

    #[test]
    fn the_batch_is_known_by_its_name_wherever_it_lies() {
        let inputs = [input("x", &["n", "4"]), input("memory", &["2", "n", "16"])];
        let arrays = [array("x", &[60, 4]), array("memory", &[2, 60, 16])];
        let rows = |place, axis| Filled::Rows { place, axis };
        assert_eq!(filled(&inputs, &arrays).unwrap(), [rows(0, 0), rows(1, 1)]);
        assert_eq!(filled(&inputs, &arrays[..1]).unwrap(), [rows(0, 0), Filled::Zeros { axis: 1 }]);
        assert!(filled(&inputs, &[array("x", &[60, 4]), array("memory", &[60, 2, 16])]).is_none());
    }

    #[test]
    fn inputs_without_a_batch_are_shared() {
        let inputs = [input("x", &["n", "t", "4"]), input("attn_mask", &["t", "t"]), input("scale", &["1"])];
        let arrays = [array("x", &[7, 7, 4]), array("attn_mask", &[7, 7]), array("scale", &[1])];
        let shared = |place| Filled::Shared { place };
        assert_eq!(filled(&inputs, &arrays).unwrap(), [Filled::Rows { place: 0, axis: 0 }, shared(1), shared(2)]);
    }

    #[test]
    fn a_model_of_a_fixed_batch_takes_any_number_of_inputs() {
        let inputs = [input("x", &["1", "4"]), input("h", &["2", "1", "8"])];
        let arrays = [array("x", &[60, 4]), array("h", &[2, 60, 8])];
        let rows = |place, axis| Filled::Rows { place, axis };
        assert_eq!(filled(&inputs, &arrays).unwrap(), [rows(0, 0), rows(1, 1)]);
    }

    #[test]
    fn what_nothing_fills_is_named() {
        let inputs = [input("x", &["n", "4"]), input("other", &["n", "4"])];
        match of(&inputs, &[array("x", &[3, 4])]) {
            Err(Error::Unfilled { inputs, .. }) => assert_eq!(inputs, ["'other' (float32 [n, 4])"]),
            other => panic!("{other:?}"),
        }
    }
}
