//! The distance of every point to its k-th nearest neighbour.

use super::super::prepare::Strips;
use super::super::simd::{Candidates, Number, Reach, Simd, Task};
use super::collect::collect_strip;
use super::first::first_leaf;
use super::nearest::{MOST_NEIGHBORS, Nearest};
use super::radii::{Radii, bounds};

/// Points of the own strip on either side of a leaf that are tried before the leaf's reach is worked out; a multiple of [`STEP`].
const NEAR: usize = 8;

/// Points that are tried together.
const STEP: usize = 4;

/// Finds, for every position of `strips`, the distance to the k-th nearest other point; k <= K.
///
/// Rounding keeps the order, so the k-th smallest of the rounded distances is the k-th smallest distance, rounded.
pub struct Search<'a, V, const K: usize> {
    pub strips: &'a Strips<V>,
    pub k: usize,
    pub candidates: &'a mut Candidates<V>,
    pub radii: &'a mut Radii<V>,
}

/// Runs the search with the smallest K that will do.
pub fn search<V: Number, S: Simd<V>>(
    simd: S,
    strips: &Strips<V>,
    k: usize,
    candidates: &mut Candidates<V>,
    radii: &mut Radii<V>,
) {
    macro_rules! smallest {
        ($($most:literal)*) => {
            $(if k <= $most {
                return simd.call(Search::<V, $most> { strips, k, candidates, radii });
            })*
        };
    }
    smallest!(1 2 3 4 5 6 8 10 12 16);
    debug_assert!(k <= MOST_NEIGHBORS);
}

impl<V: Number, const K: usize> Task<V> for Search<'_, V, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<V>>(self, simd: S) {
        let Search { strips, k, candidates, radii } = self;
        candidates.reset(strips.x.len());
        radii.reset(strips.x.len());
        for (strip, own) in strips.strips.iter().enumerate() {
            for leaf in (own.start..own.end).step_by(S::LANES) {
                let nearest = nearest::<V, S, K>(simd, strips, strip, leaf, k, candidates);
                let radius = nearest.radius();
                simd.store(radius, &mut radii.radius, leaf);
                let nearer = simd.numbers(nearest.below(simd, k, bounds(simd, radius)[0]));
                radii.nearer[leaf..leaf + S::LANES].copy_from_slice(&nearer[..S::LANES]);
            }
        }
    }
}

#[inline(always)]
fn nearest<V: Number, S: Simd<V>, const K: usize>(
    simd: S,
    strips: &Strips<V>,
    strip: usize,
    leaf: usize,
    k: usize,
    candidates: &mut Candidates<V>,
) -> Nearest<V, S, K> {
    let (x, y) = (&strips.x[..], &strips.y[..]);
    let own = strips.strips[strip];
    let mut nearest = Nearest::<V, S, K>::new(simd, x, y, leaf, k);
    let after = (leaf + S::LANES).min(own.end);
    nearest.try_own(simd, &x[leaf..after], &y[leaf..after]);
    let mut below = leaf.saturating_sub(NEAR).max(own.start);
    let above = (after + NEAR).min(own.end);
    nearest.try_points(simd, &x[below..leaf], &y[below..leaf]);
    nearest.try_points(simd, &x[after..above], &y[after..above]);

    // Then what the reach holds of the own strip, and of the strips to the left and right in step, as far as it goes. What is tried
    // need not lie in the reach: in the own strip most points do.
    let mut reach = nearest.reach(simd);
    let tried = below;
    while below > own.start && y[below - 1] >= reach.low_y {
        below -= STEP;
    }
    nearest.try_points(simd, &x[below..tried], &y[below..tried]);
    nearest.try_up_to(simd, &x[above..own.end], &y[above..own.end], reach.high_y);
    let (mut left, mut right) = (strip, strip + 1);
    loop {
        let to_left = left > 0 && strips.strips[left - 1].high_x >= reach.low_x;
        let to_right = right < strips.strips.len() && strips.strips[right].low_x <= reach.high_x;
        if !(to_left || to_right) {
            return nearest;
        }
        if to_left {
            left -= 1;
            try_strip(simd, strips, left, &reach, candidates, &mut nearest);
        }
        if to_right {
            try_strip(simd, strips, right, &reach, candidates, &mut nearest);
            right += 1;
        }
        reach = nearest.reach(simd);
    }
}

/// Tries the points of a strip that may lie in `reach`: those that do where packing them is cheap, and elsewhere all that lie
/// between its lowest and its highest y, of which about half are beside it.
#[inline(always)]
fn try_strip<V: Number, S: Simd<V>, const K: usize>(
    simd: S,
    strips: &Strips<V>,
    strip: usize,
    reach: &Reach<V>,
    candidates: &mut Candidates<V>,
    nearest: &mut Nearest<V, S, K>,
) {
    if S::PACKS {
        candidates.len = 0;
        collect_strip(simd, strips, strip, reach, candidates);
        let (x, y) = candidates.in_fours();
        return nearest.try_points(simd, x, y);
    }
    let from = first_leaf(simd, strips, strip, reach.low_y);
    let end = strips.strips[strip].end;
    nearest.try_up_to(simd, &strips.x[from..end], &strips.y[from..end], reach.high_y);
}
