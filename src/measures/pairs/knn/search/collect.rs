//! The points of a strip that lie in a box.

use super::super::prepare::Strips;
use super::super::simd::{Candidates, Number, Reach, Simd};

/// Appends the points of a strip that lie in `reach`.
#[inline(always)]
pub fn collect_strip<V: Number, S: Simd<V>>(
    simd: S,
    strips: &Strips<V>,
    strip: usize,
    reach: &Reach<V>,
    candidates: &mut Candidates<V>,
) {
    let end = strips.strips[strip].end;
    let mut at = first_leaf(simd, strips, strip, reach.low_y);
    while at < end && strips.y[at] <= reach.high_y {
        simd.collect(&strips.x, &strips.y, at, (at + S::LANES).min(end), reach, candidates);
        at += S::LANES;
    }
}

/// The first leaf of a strip that may hold points at or above `low_y`: the last whose lowest point is below it.
#[inline(always)]
pub fn first_leaf<V: Number, S: Simd<V>>(simd: S, strips: &Strips<V>, strip: usize, low_y: V) -> usize {
    let strip = strips.strips[strip];
    let first = strip.start / S::LANES;
    let leaves = (strip.end - strip.start).div_ceil(S::LANES);
    let below = if leaves <= S::LANES {
        simd.count_below(&strips.heads, first, leaves, low_y)
    } else {
        strips.heads[first..first + leaves].partition_point(|&head| head < low_y)
    };
    strip.start + below.saturating_sub(1) * S::LANES
}
