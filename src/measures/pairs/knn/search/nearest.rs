//! The k nearest points of every lane so far.

use super::super::simd::{Number, Reach, Simd};

/// Most neighbours that the vector search keeps in registers; beyond, the plain estimator takes over.
pub const MOST_NEIGHBORS: usize = 16;

/// The k smallest distances of every lane, by rising distance.
pub struct Nearest<V: Number, S: Simd<V>, const K: usize> {
    x: S::F,
    y: S::F,
    smallest: [S::F; K],
}

impl<V: Number, S: Simd<V>, const K: usize> Nearest<V, S, K> {
    /// For the points from `leaf` on; k <= K.
    #[inline(always)]
    pub fn new(simd: S, x: &[V], y: &[V], leaf: usize, k: usize) -> Self {
        // Places that k leaves over are taken by distances below all others, so the k-th is always the last.
        let mut smallest = [simd.splat(V::FAR); K];
        smallest[..K - k].fill(simd.splat(V::NEARER_THAN_ALL));
        Nearest { x: simd.load(x, leaf), y: simd.load(y, leaf), smallest }
    }

    /// The distance to the k-th neighbour so far.
    #[inline(always)]
    pub fn radius(&self) -> S::F {
        self.smallest[K - 1]
    }

    /// How many of the k distances are below `bound`.
    #[inline(always)]
    pub fn below(&self, simd: S, k: usize, bound: S::F) -> S::N {
        let mut below = simd.number(0);
        for &distance in &self.smallest[K - k..] {
            below = simd.one_more_where_less(below, distance, bound);
        }
        below
    }

    #[inline(always)]
    fn distance(&self, simd: S, x: V, y: V) -> S::F {
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
    pub fn try_own(&mut self, simd: S, x: &[V], y: &[V]) {
        if x.len() == S::LANES && y.len() == S::LANES {
            // So that each lane is known to the compiler, and masking it out costs one instruction.
            for lane in 0..S::LANES {
                self.try_own_point(simd, x[lane], y[lane], lane);
            }
        } else {
            for (lane, (&x, &y)) in x.iter().zip(y).enumerate() {
                self.try_own_point(simd, x, y, lane);
            }
        }
    }

    #[inline(always)]
    fn try_own_point(&mut self, simd: S, x: V, y: V, lane: usize) {
        let distance = self.distance(simd, x, y);
        self.insert(simd, simd.far_at(distance, lane));
    }

    /// Tries these points.
    #[inline(always)]
    pub fn try_points(&mut self, simd: S, x: &[V], y: &[V]) {
        // Four at a time: the loop itself would take a quarter of the instructions.
        let ((fours_x, rest_x), (fours_y, rest_y)) = (x.as_chunks(), y.as_chunks());
        for (x, y) in fours_x.iter().zip(fours_y) {
            self.try_four(simd, x, y);
        }
        for (&x, &y) in rest_x.iter().zip(rest_y) {
            self.try_point(simd, x, y);
        }
    }

    /// Tries these points, whose y rises, at least as far as they are at or below `high_y`.
    #[inline(always)]
    pub fn try_up_to(&mut self, simd: S, x: &[V], y: &[V], high_y: V) {
        let ((fours_x, rest_x), (fours_y, rest_y)) = (x.as_chunks(), y.as_chunks());
        for (x, y) in fours_x.iter().zip(fours_y) {
            if y[0] > high_y {
                return;
            }
            self.try_four(simd, x, y);
        }
        for (&x, &y) in rest_x.iter().zip(rest_y) {
            self.try_point(simd, x, y);
        }
    }

    #[inline(always)]
    fn try_four(&mut self, simd: S, x: &[V; 4], y: &[V; 4]) {
        self.try_point(simd, x[0], y[0]);
        self.try_point(simd, x[1], y[1]);
        self.try_point(simd, x[2], y[2]);
        self.try_point(simd, x[3], y[3]);
    }

    #[inline(always)]
    fn try_point(&mut self, simd: S, x: V, y: V) {
        let distance = self.distance(simd, x, y);
        self.insert(simd, distance);
    }

    /// The box that holds every point which could still be nearer to some lane than its k-th neighbour so far.
    ///
    /// A lane whose k-th distance is zero needs nothing more. Differences round to nearest, so a point just inside the exact
    /// box may lie on the edge of the rounded one: the edges belong to the box.
    #[inline(always)]
    pub fn reach(&self, simd: S) -> Reach<V> {
        // No closures here: they would not be compiled for the instruction set.
        let radius = self.radius();
        // Of a lane that needs nothing the box is turned inside out, and reaches nowhere.
        let radius = simd.where_positive(radius, radius, simd.splat(V::FAR.negative()));
        Reach {
            low_x: simd.lowest(simd.sub(self.x, radius)),
            high_x: simd.highest(simd.add(self.x, radius)),
            low_y: simd.lowest(simd.sub(self.y, radius)),
            high_y: simd.highest(simd.add(self.y, radius)),
        }
    }
}
