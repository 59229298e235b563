//! Where the ends of each lane's radius fall among the sorted values of one coordinate.
//!
//! In: a neuron, values and radii. Out: ranks, and where a window could not see the end or float32 could not tell.

use super::super::prepare::{BACK, Lookup, Neuron};
use super::super::simd::{Number, Simd, WINDOW};
use super::bounds::Bounds;

/// Leaves that are taken through each step together: what one step stores a lane at a time the next loads as vectors, and that
/// stalls unless it is some time later.
pub const LEAVES: usize = 8;

/// Windows that are looked at one after the other, where an end of some lane lies behind the one before: values close to each other
/// share a cell.
const WINDOWS: u32 = 3;

/// How many values these show.
const SEEN: u32 = WINDOWS * WINDOW as u32;

const _: () = assert!(SEEN as usize <= BACK, "windows may begin right behind the values");

/// Where the two ends of each lane's radius are in one coordinate. What stands behind the LANES lanes means nothing.
#[derive(Default)]
#[repr(align(64))]
pub struct Ends {
    /// Windows into the distinct values: no value before one can be at the end or beyond it.
    low: [u32; 16],
    high: [u32; 16],
}

/// What the windows of one coordinate show. Where [`SEEN`] values lie before an end, it may lie behind them.
pub struct Span<N> {
    /// Where the windows begin.
    low: N,
    high: N,
    /// Of the lower one how many values are not surely nearer than the radius, and how many are surely not.
    outside: N,
    beyond: N,
    /// Of the upper one how many are surely nearer, and how many are not surely not.
    inside: N,
    reached: N,
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
        bounds: [S::F; 2],
    ) -> Span<S::N> {
        let none = [simd.number(0); 2];
        let values = &neuron.distinct[..];
        let mut low = below(simd, values, &self.low, at, bounds, none);
        for window in 1..WINDOWS {
            if simd.at_least(low[0], window * WINDOW as u32) == 0 {
                break;
            }
            low = below(simd, values, &after(window, &self.low), at, bounds, low);
        }
        let mut high = above(simd, values, &self.high, at, bounds, none);
        for window in 1..WINDOWS {
            if simd.at_least(high[1], window * WINDOW as u32) == 0 {
                break;
            }
            high = above(simd, values, &after(window, &self.high), at, bounds, high);
        }
        let ([outside, beyond], [inside, reached]) = (low, high);
        Span { low: simd.counts(&self.low), high: simd.counts(&self.high), outside, beyond, inside, reached }
    }
}

/// Adds how many values of the windows from these places on are not surely nearer than the radius, and how many are surely not.
#[inline(always)]
fn below<V: Number, S: Simd<V>>(
    simd: S,
    values: &[V],
    places: &[u32; 16],
    at: S::F,
    [inner, outer]: [S::F; 2],
    [mut outside, mut beyond]: [S::N; 2],
) -> [S::N; 2] {
    for value in simd.gather(values, places) {
        let distance = simd.sub(at, value);
        outside = simd.one_more_where_not_less(outside, distance, inner);
        beyond = simd.one_more_where_less(beyond, outer, distance);
    }
    [outside, beyond]
}

/// Adds how many are surely nearer, and how many are not surely not.
#[inline(always)]
fn above<V: Number, S: Simd<V>>(
    simd: S,
    values: &[V],
    places: &[u32; 16],
    at: S::F,
    [inner, outer]: [S::F; 2],
    [mut inside, mut reached]: [S::N; 2],
) -> [S::N; 2] {
    for value in simd.gather(values, places) {
        let distance = simd.sub(value, at);
        inside = simd.one_more_where_less(inside, distance, inner);
        reached = simd.one_more_where_not_less(reached, outer, distance);
    }
    [inside, reached]
}

/// The places of so many windows later.
#[inline(always)]
fn after(windows: u32, places: &[u32; 16]) -> [u32; 16] {
    let mut after = *places;
    for place in &mut after {
        *place += windows * WINDOW as u32;
    }
    after
}

impl<N: Copy> Span<N> {
    /// The first distinct value that is surely nearer than the radius.
    #[inline(always)]
    pub fn first<V: Number, S: Simd<V, N = N>>(&self, simd: S) -> N {
        simd.total(self.low, self.outside)
    }

    /// The one behind the last.
    #[inline(always)]
    pub fn end<V: Number, S: Simd<V, N = N>>(&self, simd: S) -> N {
        simd.total(self.high, self.inside)
    }

    /// Values that are neither surely nearer nor surely not.
    #[inline(always)]
    pub fn level<V: Number, S: Simd<V, N = N>>(&self, simd: S) -> N {
        simd.total(simd.minus(self.outside, self.beyond), simd.minus(self.reached, self.inside))
    }

    /// Of each lane on its own; may be off where an end is cut off.
    #[inline(always)]
    pub fn bounds<V: Number, S: Simd<V, N = N>>(&self, simd: S) -> [Bounds; 16] {
        let sure = [simd.numbers(self.first(simd)), simd.numbers(self.end(simd))];
        let possible =
            [simd.numbers(simd.total(self.low, self.beyond)), simd.numbers(simd.total(self.high, self.reached))];
        std::array::from_fn(|lane| {
            let of = |ends: [[u32; 16]; 2]| (ends[0][lane] as usize, ends[1][lane] as usize);
            Bounds { sure: of(sure), possible: of(possible) }
        })
    }

    /// One bit per lane where an end may lie behind its window.
    #[inline(always)]
    pub fn cut_off<V: Number, S: Simd<V, N = N>>(&self, simd: S) -> u32 {
        simd.at_least(self.outside, SEEN) | simd.at_least(self.reached, SEEN)
    }
}
