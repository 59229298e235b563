//! Equal-width bins whose edges are float32, as the published code has them, and which bin a value falls in.
//!
//! The edges are NumPy 2's `histogram_bin_edges` of float32 values, the index that of `digitize`: the number of edges
//! at or below the value. Bin 0 lies below the first edge and bin B + 1 at or beyond the last, so that a value equal
//! to the last edge is in a bin of its own.

use crate::measures::widest::widest;

/// As many bins as a 16-bit index can name, with the two beyond the ends.
pub const MOST_BINS: usize = 65_533;

/// Whether the bins beyond the ends are bins of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// As published: a value equal to the last edge is in a bin of its own.
    Open,
    /// Values beyond the ends are in the end bins, and the last bin is closed.
    Closed,
}

/// The edges of B bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Edges {
    bins: usize,
    min: f32,
    max: f32,
    step: f32,
    ends: Ends,
    /// The edges themselves, where they are not as even as the quick way to an index needs them.
    uneven: Option<Vec<f32>>,
}

/// 1.5 * 2^23: float32 near it have no room for a fraction, so adding it rounds to an integer, which then stands in the
/// low bits.
const ROUND: f32 = 12_582_912.0;

impl Edges {
    /// B bins from `min` to `max`, both finite and in order. Where they are equal the range is 0.5 to either side.
    pub fn new(min: f32, max: f32, bins: usize, ends: Ends) -> Edges {
        debug_assert!(min <= max && bins > 0);
        let (min, max) = if min == max { (min - 0.5, max + 0.5) } else { (min, max) };
        let step = (max - min) / bins as f32;
        let mut edges = Edges { bins, min, max, step, ends, uneven: None };
        if !edges.is_even() {
            edges.uneven = Some(edges.values());
        }
        edges
    }

    /// The B + 1 edges.
    ///
    /// `fl32(fl32(k * step) + min)`, the last `max` itself. NumPy's two other branches are here too: where `step`
    /// underflows the fraction is multiplied by the width, and where the width overflows, for which NumPy gives
    /// nothing, the sum is done in float64. Among denormals a rounded step can carry edges past the last one, which
    /// NumPy refuses; they stop at it.
    pub fn values(&self) -> Vec<f32> {
        let width = self.max - self.min;
        let mut values: Vec<f32> = (0..=self.bins)
            .map(|k| {
                let edge = if !width.is_finite() {
                    let (min, max) = (f64::from(self.min), f64::from(self.max));
                    ((max - min) * (k as f64 / self.bins as f64) + min) as f32
                } else if self.step == 0.0 {
                    k as f32 / self.bins as f32 * width + self.min
                } else {
                    k as f32 * self.step + self.min
                };
                edge.min(self.max)
            })
            .collect();
        values[self.bins] = self.max;
        values
    }

    /// How many bins there are to count in: B and one beyond each end.
    pub fn slots(&self) -> usize {
        self.bins + 2
    }

    /// The bin of every value of `row`; no value may be NaN.
    pub fn fill<I: Index>(&self, row: &[f32], into: &mut [I]) {
        match &self.uneven {
            Some(edges) => {
                for (slot, &x) in into.iter_mut().zip(row) {
                    *slot = I::of(self.search(edges, x) as u32);
                }
            }
            None => fill_evenly(self, row, into),
        }
    }

    /// Whether the quick way is not exact here.
    #[cfg(test)]
    pub(super) fn is_uneven(&self) -> bool {
        self.uneven.is_some()
    }

    /// The definition: how many edges are at or below `x`, and then what becomes of the ends.
    fn search(&self, edges: &[f32], x: f32) -> usize {
        let index = edges.partition_point(|&edge| edge <= x);
        match self.ends {
            Ends::Open => index,
            Ends::Closed => index.clamp(1, self.bins),
        }
    }

    /// Whether the index got by a multiplication is off by less than a quarter of a bin, and no two edges are equal.
    ///
    /// Rounding moves an edge, and the difference from `min`, by at most two units in the last place of the larger end,
    /// and the product by three parts in 2^24 of B; with a step of over 2^6 such units and B below 2^17 all of it is
    /// under a tenth of a bin.
    fn is_even(&self) -> bool {
        let unit = self.min.abs().max(self.max.abs()) * f32::EPSILON;
        self.step.is_finite()
            && (self.max - self.min).is_finite()
            && self.step > 64.0 * unit
            && self.step > 1e6 * f32::MIN_POSITIVE
            && self.bins < 1 << 17
    }

    /// The quick way, one value a lane: guess by a multiplication, then compare with the float32 edge itself.
    ///
    /// A quarter of a bin is taken off before the guess, so that it is right or one too low and a single edge decides.
    #[inline(always)]
    pub(super) fn fill_evenly<I: Index>(&self, row: &[f32], into: &mut [I]) {
        let (min, max, step) = (self.min, self.max, self.step);
        let (inverse, bins) = (1.0 / step, self.bins as f32);
        // Counted from 1 and rounded to the nearest: x - min - step / 4 + step / 2.
        let origin = min - 0.25 * step;
        let (lowest, highest) = match self.ends {
            Ends::Open => (0.0, bins + 1.0),
            Ends::Closed => (1.0, bins),
        };
        for (slot, &x) in into.iter_mut().zip(row) {
            let guess = ((x - origin) * inverse + ROUND) - ROUND;
            let edge = guess * step + min;
            let index = if x >= edge { guess + 1.0 } else { guess };
            let index = if index > lowest { index } else { lowest };
            // The last edge is `max` and not what the formula gives.
            let index = if index < bins { index } else { bins };
            let index = if x >= max { highest } else { index };
            *slot = I::of((index + ROUND).to_bits());
        }
    }
}

widest! {
    /// The bin of every value of `row`, for evenly spaced edges.
    fn fill_evenly [<I: Index>] (edges: &Edges, row: &[f32], into: &mut [I]), edges.fill_evenly(row, into)
}

/// The type of a bin's index: a byte where B + 2 bins allow it, which is quicker to count.
pub trait Index: Copy + Default + Send + Sync {
    /// From the low bits of a number.
    fn of(index: u32) -> Self;
    fn get(self) -> usize;
}

impl Index for u8 {
    #[inline(always)]
    fn of(index: u32) -> u8 {
        index as u8
    }
    #[inline(always)]
    fn get(self) -> usize {
        usize::from(self)
    }
}

impl Index for u16 {
    #[inline(always)]
    fn of(index: u32) -> u16 {
        index as u16
    }
    #[inline(always)]
    fn get(self) -> usize {
        usize::from(self)
    }
}
