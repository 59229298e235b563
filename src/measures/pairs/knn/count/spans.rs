//! Where the ends of each lane's radius fall among the sorted values of one coordinate.
//!
//! In: a neuron, values and radii. Out: ranks, and where a window could not see the end or float32 could not tell.

use super::super::prepare::{Lookup, Neuron};
use super::super::simd::{Number, Simd, WINDOW};

/// Leaves that are taken through each step together: what one step stores a lane at a time the next loads as vectors, and that
/// stalls unless it is some time later.
pub const LEAVES: usize = 8;

/// Where the two ends of each lane's radius are in one coordinate. What stands behind the LANES lanes means nothing.
#[derive(Default)]
#[repr(align(64))]
pub struct Ends {
    /// Windows into the distinct values: no value before one can be at the end or beyond it.
    low: [u32; 16],
    high: [u32; 16],
}

/// What the windows of one coordinate show.
pub struct Span<N> {
    /// The first distinct value that is surely nearer than the radius, and the one behind the last.
    pub first: N,
    pub end: N,
    /// Values that are neither surely nearer nor surely not.
    pub level: N,
    /// [`WINDOW`] where a window may not reach to the end.
    pub seen: [N; 2],
}

impl Ends {
    /// First the cells that the ends fall into, ...
    #[inline(always)]
    pub fn cells<V: Number, S: Simd<V>>(&mut self, simd: S, lookup: &Lookup, at: S::F, radius: S::F, exact: bool) {
        // A little below the ends, so that what float32 cannot tell from them lies in the window.
        let margin = if exact { simd.splat(V::default()) } else { simd.margin(at, radius) };
        simd.cells(&lookup.knots, simd.sub(simd.sub(at, radius), margin), &mut self.low);
        simd.cells(&lookup.knots, simd.sub(simd.add(at, radius), margin), &mut self.high);
    }

    /// ... then the values that these cannot lie before, ...
    #[inline(always)]
    pub fn place<V: Number, S: Simd<V>>(&mut self, simd: S, lookup: &Lookup) {
        simd.look_up(&lookup.cells, &mut self.low);
        simd.look_up(&lookup.cells, &mut self.high);
    }

    /// ... and then how many of the values from there on the ends lie behind.
    #[inline(always)]
    pub fn look<V: Number, S: Simd<V>>(
        &self,
        simd: S,
        neuron: &Neuron<'_, V>,
        at: S::F,
        [inner, outer]: [S::F; 2],
    ) -> Span<S::N> {
        let none = simd.number(0);
        let [mut outside, mut beyond] = [none; 2];
        for value in simd.gather(&neuron.distinct, &self.low) {
            let distance = simd.sub(at, value);
            outside = simd.one_more_where_not_less(outside, distance, inner);
            beyond = simd.one_more_where_less(beyond, outer, distance);
        }
        let [mut inside, mut reached] = [none; 2];
        for value in simd.gather(&neuron.distinct, &self.high) {
            let distance = simd.sub(value, at);
            inside = simd.one_more_where_less(inside, distance, inner);
            reached = simd.one_more_where_not_less(reached, outer, distance);
        }
        Span {
            first: simd.total(simd.counts(&self.low), outside),
            end: simd.total(simd.counts(&self.high), inside),
            level: simd.total(simd.minus(outside, beyond), simd.minus(reached, inside)),
            seen: [outside, reached],
        }
    }
}

impl<N: Copy> Span<N> {
    /// One bit per lane where an end may lie behind its window.
    #[inline(always)]
    pub fn cut_off<V: Number, S: Simd<V, N = N>>(&self, simd: S) -> u32 {
        simd.at_least(self.seen[0], WINDOW as u32) | simd.at_least(self.seen[1], WINDOW as u32)
    }
}
