//! Small arithmetic on extents and axes, where either may be unknown and axes may count from the end.

use crate::model::Dim;

/// The number of an extent.
pub fn extent(dim: &Dim) -> Option<i64> {
    match dim {
        Dim::Fixed(extent) => Some(*extent),
        _ => None,
    }
}

/// An extent that may be known.
pub fn dim(extent: Option<i64>) -> Dim {
    extent.filter(|&e| e >= 0).map_or(Dim::Unknown, Dim::Fixed)
}

/// An axis that may count from the end, as an index.
pub fn index(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    usize::try_from(axis).ok().filter(|_| axis < rank)
}

/// A bound of a slice that may count from the end or lie outside.
pub fn clamp(bound: i64, length: usize) -> usize {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
    bound.clamp(0, length) as usize
}

/// Two shapes broadcast together.
pub fn broadcast(left: &[Dim], right: &[Dim]) -> Vec<Dim> {
    let rank = left.len().max(right.len());
    let at = |shape: &[Dim], i: usize| match (i + shape.len()).checked_sub(rank) {
        Some(i) => shape[i].clone(),
        None => Dim::Fixed(1),
    };
    (0..rank)
        .map(|i| match (at(left, i), at(right, i)) {
            (Dim::Fixed(1), other) | (other, Dim::Fixed(1)) => other,
            (Dim::Fixed(extent), _) | (_, Dim::Fixed(extent)) => Dim::Fixed(extent),
            (left, right) if left == right => left,
            _ => Dim::Unknown,
        })
        .collect()
}
