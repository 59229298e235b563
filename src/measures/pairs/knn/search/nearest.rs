//! The k nearest points of every lane so far.

use super::super::simd::{Reach, Simd};

/// Most neighbours that the vector search keeps in registers; beyond, the plain estimator takes over.
pub const MOST_NEIGHBORS: usize = 16;

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
    pub fn reach(&self, simd: S) -> Reach {
        let radius = self.radius();
        let low = |v| simd.lowest(simd.where_positive(radius, simd.sub(v, radius), simd.splat(f32::INFINITY)));
        let high = |v| simd.highest(simd.where_positive(radius, simd.add(v, radius), simd.splat(f32::NEG_INFINITY)));
        Reach { low_x: low(self.x), high_x: high(self.x), low_y: low(self.y), high_y: high(self.y) }
    }
}
