//! The points of a strip that lie in a box.

use super::super::prepare::Strips;
use super::super::simd::{Candidates, Number, Reach, Simd};
use super::first::first_leaf;

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
