//! Where in a strip a box begins.

use super::super::prepare::Strips;
use super::super::simd::{Number, Simd};

/// Up to this many leaves, looking at all of them costs less than halving.
const MOST_LOOKED_AT: usize = 128;

/// The first leaf of a strip that may hold points at or above `low_y`: the last whose lowest point is below it.
#[inline(always)]
pub fn first_leaf<V: Number, S: Simd<V>>(simd: S, strips: &Strips<V>, strip: usize, low_y: V) -> usize {
    let strip = strips.strips[strip];
    let heads = strips.heads(strip);
    let below = if heads.len() <= MOST_LOOKED_AT {
        simd.count_below(heads, low_y)
    } else {
        heads.partition_point(|&head| head < low_y)
    };
    strip.start + below.saturating_sub(1) * S::LANES
}
