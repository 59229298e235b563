//! How many values lie within a radius in one coordinate, a leaf's points at a time.
//!
//! In: a neuron, values and radii. Out: counts, and where windows could not see all or float32 could not tell.

use super::super::prepare::{FRONT, Lookup, Neuron};
use super::super::simd::{Number, Simd, WINDOW, Windows};

/// Leaves that are taken through each step together: what one step stores a lane at a time the next loads as vectors, and that
/// stalls unless it is some time later.
pub const LEAVES: usize = 8;

/// The values of one coordinate within each lane's radius, from two windows around its ends.
///
/// What is done to one lane alone is kept to loading its windows; the rest is done to all of them at once.
#[derive(Default)]
#[repr(align(64))]
pub struct Spans {
    /// Windows into [`Neuron::distinct`]; the second begins where the first ends, or beyond.
    windows: Windows,
    /// How many inputs are inside, where no end is cut off.
    pub inputs: [u32; 16],
}

impl Spans {
    /// First the cells that the ends of the radius fall into, ...
    #[inline(always)]
    pub fn cells<V: Number, S: Simd<V>>(&mut self, simd: S, lookup: &Lookup, at: S::F, radius: S::F) {
        let Windows { low, high, .. } = &mut self.windows;
        simd.cells(&lookup.knots, simd.sub(at, radius), low);
        simd.cells(&lookup.knots, simd.add(at, radius), high);
    }

    /// ... then the values that these cannot lie before, ...
    #[inline(always)]
    pub fn place<V: Number, S: Simd<V>>(&mut self, simd: S, lookup: &Lookup) {
        simd.look_up(&lookup.cells, &mut self.windows.low);
        simd.look_up(&lookup.cells, &mut self.windows.high);
    }

    /// ... then what the windows there hold, ...
    #[inline(always)]
    pub fn look<V: Number, S: Simd<V>>(&mut self, simd: S, neuron: &Neuron<'_, V>, at: S::F, bounds: [S::F; 2]) {
        // A window starts one before a value that the end cannot lie before, with a value that must lie on the other side of the
        // end, and has room for as many as usually share a cell. Where the ends are near, the second window follows on the
        // first, and no value is seen twice.
        simd.place_windows(&mut self.windows, FRONT as u32 - 1);
        simd.windows(&neuron.distinct, at, bounds, &mut self.windows);
    }

    /// ... and then how many inputs that is.
    #[inline(always)]
    pub fn count<V: Number, S: Simd<V>>(&mut self, neuron: &Neuron<'_, V>) {
        if neuron.tied() {
            for lane in 0..S::LANES {
                let [first, end] = self.range(lane).map(|i| i.min(neuron.below.len() - 1));
                // Wraps where an end is cut off.
                self.inputs[lane] = neuron.below[end].wrapping_sub(neuron.below[first]);
            }
        } else {
            for lane in 0..S::LANES {
                self.inputs[lane] = self.inside(lane).count_ones() + self.between(lane);
            }
        }
    }

    /// Window values that are surely inside.
    #[inline(always)]
    fn inside(&self, lane: usize) -> u32 {
        self.windows.masks[lane] & ((1 << (2 * WINDOW)) - 1)
    }

    /// Those that may be.
    #[inline(always)]
    fn reached(&self, lane: usize) -> u32 {
        !self.windows.masks[lane] >> (2 * WINDOW)
    }

    /// How many values lie between the windows.
    #[inline(always)]
    fn between(&self, lane: usize) -> u32 {
        self.windows.high[lane] - self.windows.low[lane] - WINDOW as u32
    }

    /// Window values that are neither surely inside nor surely outside.
    #[inline(always)]
    pub fn level(&self, lane: usize) -> u32 {
        self.inside(lane) ^ self.reached(lane)
    }

    /// Not zero where an end may lie outside of the windows.
    #[inline(always)]
    pub fn cut_off(&self, lane: usize) -> u32 {
        let (inside, reached) = (self.inside(lane), self.reached(lane));
        // Unless the windows touch, all between them counts, so their inner ends must be inside; their outer ends must not.
        let bridge = if self.between(lane) > 0 { 3 << (WINDOW - 1) } else { 0 };
        let ends = 1 | 1 << (2 * WINDOW - 1);
        (reached & ends) | (bridge & !inside) | u32::from(inside == 0)
    }

    /// The range of distinct values inside; means nothing where an end is cut off.
    #[inline(always)]
    fn range(&self, lane: usize) -> [usize; 2] {
        let (Windows { low, high, .. }, inside) = (&self.windows, self.inside(lane));
        let first = (low[lane] + inside.trailing_zeros()).wrapping_sub(FRONT as u32);
        let end = (high[lane] + u32::BITS - inside.leading_zeros()).wrapping_sub((FRONT + WINDOW) as u32);
        [first as usize, end as usize]
    }

    /// The range itself, or about where it is if the windows missed it.
    pub fn hint(&self, lane: usize) -> [usize; 2] {
        if self.cut_off(lane) == 0 {
            return self.range(lane);
        }
        [self.windows.low[lane], self.windows.high[lane]].map(|start| (start as usize + 1).saturating_sub(FRONT))
    }
}
