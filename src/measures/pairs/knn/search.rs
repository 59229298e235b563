//! The distance of every point to its k-th nearest neighbour.

use super::simd::{Candidates, Reach, Simd, Task};
use super::strips::Strips;

/// Most neighbours that the vector search keeps in registers; beyond, the plain estimator takes over.
pub const MOST_NEIGHBORS: usize = 16;

/// Points of the own strip on either side of a leaf that are tried before the leaf's reach is worked out.
const NEAR: usize = 8;

/// Finds, for every position of `strips`, the float32 distance to the k-th nearest other point; k <= K.
///
/// Rounding is monotone, so the k-th smallest of the rounded distances is the k-th smallest distance, rounded.
pub struct Search<'a, const K: usize> {
    pub strips: &'a Strips,
    pub k: usize,
    pub candidates: &'a mut Candidates,
    pub radii: &'a mut [f32],
}

/// Runs the search with the smallest K that will do.
pub fn search<S: Simd>(simd: S, strips: &Strips, k: usize, candidates: &mut Candidates, radii: &mut [f32]) {
    macro_rules! smallest {
        ($($most:literal)*) => {
            $(if k <= $most {
                return simd.call(Search::<$most> { strips, k, candidates, radii });
            })*
        };
    }
    smallest!(1 2 3 4 5 6 8 10 12 16);
    debug_assert!(k <= MOST_NEIGHBORS);
}

impl<const K: usize> Task for Search<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Search { strips, k, candidates, radii } = self;
        candidates.reset(strips.x.len());
        for strip in 0..strips.strips.len() {
            let (start, end) = (strips.strips[strip].start, strips.strips[strip].end);
            let mut leaf = start;
            while leaf < end {
                let radius = nearest::<S, K>(simd, strips, strip, leaf, k, candidates);
                simd.store(radius, radii, leaf);
                leaf += S::LANES;
            }
        }
    }
}

/// The k smallest distances of every lane, by rising distance.
pub struct Nearest<S: Simd, const K: usize> {
    x: S::F,
    y: S::F,
    smallest: [S::F; K],
}

impl<S: Simd, const K: usize> Nearest<S, K> {
    /// For the points from `leaf` on; k <= K.
    #[inline(always)]
    pub fn new(simd: S, x: &[f32], y: &[f32], leaf: usize, k: usize) -> Self {
        // Places that k leaves over are taken by distances below all others, so the k-th is always the last.
        let mut smallest = [simd.splat(f32::INFINITY); K];
        smallest[..K - k].fill(simd.splat(-1.0));
        Nearest { x: simd.load(x, leaf), y: simd.load(y, leaf), smallest }
    }

    /// The distance to the k-th neighbour so far.
    #[inline(always)]
    pub fn radius(&self) -> S::F {
        self.smallest[K - 1]
    }

    #[inline(always)]
    fn distance(&self, simd: S, x: f32, y: f32) -> S::F {
        simd.max_abs(simd.sub(self.x, simd.splat(x)), simd.sub(self.y, simd.splat(y)))
    }

    /// Each distance sinks to its place past smaller ones: no lane waits for another.
    #[inline(always)]
    fn insert(&mut self, simd: S, mut distance: S::F) {
        for kept in &mut self.smallest {
            let smaller = simd.min(*kept, distance);
            distance = simd.max(*kept, distance);
            *kept = smaller;
        }
    }

    /// Tries the lanes' own points, each against the others.
    #[inline(always)]
    pub fn try_own(&mut self, simd: S, x: &[f32], y: &[f32]) {
        for (lane, (&x, &y)) in x.iter().zip(y).enumerate() {
            let distance = self.distance(simd, x, y);
            self.insert(simd, simd.infinite_at(distance, lane));
        }
    }

    #[inline(always)]
    pub fn try_points(&mut self, simd: S, x: &[f32], y: &[f32]) {
        for (&x, &y) in x.iter().zip(y) {
            let distance = self.distance(simd, x, y);
            self.insert(simd, distance);
        }
    }

    /// The box that holds every point which could still be nearer to some lane than its k-th neighbour so far.
    ///
    /// A lane whose k-th distance is zero needs nothing more. Differences round to nearest, so a point just inside the exact
    /// box may lie on the edge of the rounded one: the edges belong to the box.
    #[inline(always)]
    fn reach(&self, simd: S) -> Reach {
        let radius = self.radius();
        let low = |v| simd.lowest(simd.where_positive(radius, simd.sub(v, radius), simd.splat(f32::INFINITY)));
        let high = |v| simd.highest(simd.where_positive(radius, simd.add(v, radius), simd.splat(f32::NEG_INFINITY)));
        Reach { low_x: low(self.x), high_x: high(self.x), low_y: low(self.y), high_y: high(self.y) }
    }
}

#[inline(always)]
fn nearest<S: Simd, const K: usize>(
    simd: S,
    strips: &Strips,
    strip: usize,
    leaf: usize,
    k: usize,
    candidates: &mut Candidates,
) -> S::F {
    let (x, y) = (&strips.x[..], &strips.y[..]);
    let own = strips.strips[strip];
    let mut nearest = Nearest::<S, K>::new(simd, x, y, leaf, k);
    let after = (leaf + S::LANES).min(own.end);
    nearest.try_own(simd, &x[leaf..after], &y[leaf..after]);
    let below = leaf.saturating_sub(NEAR).max(own.start);
    let above = (after + NEAR).min(own.end);
    nearest.try_points(simd, &x[below..leaf], &y[below..leaf]);
    nearest.try_points(simd, &x[after..above], &y[after..above]);

    // Then what the reach holds of the own strip, and of the strips to the left and right in step, as far as it goes.
    let mut reach = nearest.reach(simd);
    candidates.len = 0;
    if below > own.start && y[below - 1] >= reach.low_y {
        let from = first_leaf(simd, strips, strip, reach.low_y).min(below);
        simd.collect(x, y, from, below, &reach, candidates);
    }
    let mut at = above;
    while at < own.end && y[at] <= reach.high_y {
        simd.collect(x, y, at, (at + S::LANES).min(own.end), &reach, candidates);
        at += S::LANES;
    }
    let (mut left, mut right) = (strip, strip + 1);
    loop {
        let to_left = left > 0 && strips.strips[left - 1].high_x >= reach.low_x;
        let to_right = right < strips.strips.len() && strips.strips[right].low_x <= reach.high_x;
        if to_left {
            left -= 1;
            collect_strip(simd, strips, left, &reach, candidates);
        }
        if to_right {
            collect_strip(simd, strips, right, &reach, candidates);
            right += 1;
        }
        nearest.try_points(simd, &candidates.x[..candidates.len], &candidates.y[..candidates.len]);
        if !(to_left || to_right) {
            return nearest.radius();
        }
        candidates.len = 0;
        reach = nearest.reach(simd);
    }
}

/// Appends the points of a strip that lie in `reach`.
#[inline(always)]
pub fn collect_strip<S: Simd>(simd: S, strips: &Strips, strip: usize, reach: &Reach, candidates: &mut Candidates) {
    let end = strips.strips[strip].end;
    let mut at = first_leaf(simd, strips, strip, reach.low_y);
    while at < end && strips.y[at] <= reach.high_y {
        simd.collect(&strips.x, &strips.y, at, (at + S::LANES).min(end), reach, candidates);
        at += S::LANES;
    }
}

/// The first leaf of a strip that may hold points at or above `low_y`: the last whose lowest point is below it.
#[inline(always)]
fn first_leaf<S: Simd>(simd: S, strips: &Strips, strip: usize, low_y: f32) -> usize {
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
