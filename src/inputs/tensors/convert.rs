//! Element types: what a model asks for, out of what is there, or the first value that does not survive it.

use std::fmt::Display;

use half::f16;
use ndarray::{ArrayD, Axis};

use crate::model::ElementType;
use crate::runtime::Tensor;

/// The first value that cannot be converted, and its row in the batch.
#[derive(Debug, PartialEq)]
pub(crate) struct Loss {
    pub(crate) row: usize,
    pub(crate) value: String,
}

/// Small whole numbers (ids, masks, positions) in any element type. `None` if there is no such tensor.
pub(crate) fn integers(values: ArrayD<i64>, element: ElementType) -> Option<Tensor> {
    to(&Tensor::I64(values), element).ok()
}

/// Pixels in any element type of floats.
pub(crate) fn floats(values: ArrayD<f32>, element: ElementType) -> Option<Tensor> {
    match element {
        ElementType::F32 => Some(Tensor::F32(values)),
        ElementType::F16 | ElementType::F64 => to(&Tensor::F32(values), element).ok(),
        _ => None,
    }
}

/// A tensor in another element type. Floats are rounded to narrower floats, unless they overflow; every other value
/// has to stay what it is.
pub(crate) fn to(tensor: &Tensor, element: ElementType) -> Result<Tensor, Loss> {
    match (tensor, element) {
        (Tensor::F32(_), ElementType::F32)
        | (Tensor::F64(_), ElementType::F64)
        | (Tensor::F16(_), ElementType::F16)
        | (Tensor::I64(_), ElementType::I64)
        | (Tensor::I32(_), ElementType::I32)
        | (Tensor::U8(_), ElementType::U8)
        | (Tensor::I8(_), ElementType::I8)
        | (Tensor::Bool(_), ElementType::Bool) => Ok(tensor.clone()),
        (Tensor::F32(values), _) => from_float(&values.mapv(f64::from), element),
        (Tensor::F64(values), _) => from_float(values, element),
        (Tensor::F16(values), _) => from_float(&values.mapv(f64::from), element),
        (Tensor::I64(values), _) => from_integer(values, element),
        (Tensor::I32(values), _) => from_integer(&values.mapv(i64::from), element),
        (Tensor::U8(values), _) => from_integer(&values.mapv(i64::from), element),
        (Tensor::I8(values), _) => from_integer(&values.mapv(i64::from), element),
        (Tensor::Bool(values), _) => from_integer(&values.mapv(i64::from), element),
    }
}

fn from_float(values: &ArrayD<f64>, element: ElementType) -> Result<Tensor, Loss> {
    let whole = |value: f64| Some(value as i64).filter(|number| *number as f64 == value && *number != i64::MAX);
    Ok(match element {
        ElementType::F64 => Tensor::F64(values.clone()),
        ElementType::F32 => {
            Tensor::F32(each(values, |value| Some(value as f32).filter(|it| it.is_infinite() == value.is_infinite()))?)
        }
        ElementType::F16 => Tensor::F16(each(values, |value| {
            Some(f16::from_f64(value)).filter(|it| it.is_infinite() == value.is_infinite())
        })?),
        _ => return from_integer(&each(values, whole)?, element),
    })
}

fn from_integer(values: &ArrayD<i64>, element: ElementType) -> Result<Tensor, Loss> {
    Ok(match element {
        ElementType::I64 => Tensor::I64(values.clone()),
        ElementType::I32 => Tensor::I32(each(values, |value| value.try_into().ok())?),
        ElementType::U8 => Tensor::U8(each(values, |value| value.try_into().ok())?),
        ElementType::I8 => Tensor::I8(each(values, |value| value.try_into().ok())?),
        ElementType::Bool => {
            Tensor::Bool(each(values, |value| [false, true].get(usize::try_from(value).ok()?).copied())?)
        }
        ElementType::F64 => Tensor::F64(each(values, |value| exact(value, 53).then_some(value as f64))?),
        ElementType::F32 => Tensor::F32(each(values, |value| exact(value, 24).then_some(value as f32))?),
        ElementType::F16 => Tensor::F16(each(values, |value| {
            (exact(value, 11) && value.abs() < 65_520).then(|| f16::from_f64(value as f64))
        })?),
        ElementType::Bf16 | ElementType::NotTensor | ElementType::Other(_) => {
            return Err(Loss { row: 0, value: "nothing".to_owned() });
        }
    })
}

/// Whether a whole number fits a mantissa of that many bits.
fn exact(value: i64, bits: u32) -> bool {
    let size = value.unsigned_abs();
    size == 0 || 64 - size.leading_zeros() - size.trailing_zeros() <= bits
}

fn each<A: Copy + Display, B>(values: &ArrayD<A>, one: impl Fn(A) -> Option<B>) -> Result<ArrayD<B>, Loss> {
    let convert = |(place, value): (usize, &A)| {
        let row_len = values.len() / values.shape().first().copied().unwrap_or(1).max(1);
        one(*value).ok_or_else(|| Loss { row: place / row_len.max(1), value: value.to_string() })
    };
    let converted: Vec<B> = values.iter().enumerate().map(convert).collect::<Result<_, _>>()?;
    // As many values as the shape had: it cannot fail, and is an error all the same if it does.
    ArrayD::from_shape_vec(values.raw_dim(), converted).map_err(|error| Loss { row: 0, value: error.to_string() })
}

/// The length of a [batch, length] tensor of whole numbers.
pub(crate) fn second_extent(tensor: &Tensor) -> Option<usize> {
    match tensor {
        Tensor::I64(values) if values.ndim() == 2 => Some(values.len_of(Axis(1))),
        Tensor::I32(values) if values.ndim() == 2 => Some(values.len_of(Axis(1))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    fn i64s(values: &[i64]) -> Tensor {
        Tensor::I64(arr1(values).into_dyn())
    }

    #[test]
    fn whole_numbers_stay_what_they_are_or_are_refused() {
        assert!(matches!(to(&i64s(&[1, -7]), ElementType::I32), Ok(Tensor::I32(v)) if v[0] == 1 && v[1] == -7));
        assert!(matches!(to(&i64s(&[1 << 24]), ElementType::F32), Ok(Tensor::F32(v)) if v[0] == 16_777_216.0));
        assert_eq!(
            to(&i64s(&[0, (1 << 24) + 1]), ElementType::F32).unwrap_err(),
            Loss { row: 1, value: "16777217".into() }
        );
        assert!(to(&i64s(&[2049]), ElementType::F16).is_err() && to(&i64s(&[65_504]), ElementType::F16).is_ok());
        assert!(to(&i64s(&[2]), ElementType::Bool).is_err() && to(&i64s(&[i64::MIN]), ElementType::F64).is_ok());
        assert!(to(&i64s(&[128]), ElementType::I8).is_err() && to(&i64s(&[1]), ElementType::Bf16).is_err());
    }

    #[test]
    fn floats_are_rounded_to_floats_and_only_whole_ones_become_integers() {
        let floats = |values: &[f64]| Tensor::F64(arr1(values).into_dyn());
        assert!(
            matches!(to(&floats(&[0.1, f64::NAN]), ElementType::F32), Ok(Tensor::F32(v)) if v[0] == 0.1 && v[1].is_nan())
        );
        assert!(
            to(&floats(&[1e300]), ElementType::F32).is_err() && to(&floats(&[f64::INFINITY]), ElementType::F16).is_ok()
        );
        assert!(matches!(to(&floats(&[3.0]), ElementType::I64), Ok(Tensor::I64(v)) if v[0] == 3));
        assert!(to(&floats(&[3.5]), ElementType::I64).is_err() && to(&floats(&[f64::NAN]), ElementType::I64).is_err());
    }
}
