//! How many points lie nearer than the k-th neighbour in one coordinate alone, and what their digammas add up to.

use super::super::prepare::{Neuron, Strips};
use super::super::psi::FixedPsi;
use super::super::simd::{Candidates, Number, Simd, Task};
use super::radius::bounds;
use super::settle::Settle;
use super::spans::{LEAVES, Spans};
use super::sums::Sums;

/// Counts for every point of `strips`.
pub struct Count<'a, V> {
    pub strips: &'a Strips<V>,
    pub x: &'a Neuron<'a, V>,
    pub y: &'a Neuron<'a, V>,
    pub k: usize,
    /// By position: distance to the k-th neighbour.
    pub radii: &'a [V],
    pub psi: &'a FixedPsi,
    pub mixture: bool,
    /// Whether x and y repeat each other, so that one of them has all values on a level with a radius.
    pub repeats: bool,
    pub candidates: &'a mut Candidates<V>,
}

impl<V: Number> Task<V> for Count<'_, V> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd<V>>(mut self, simd: S) -> Sums {
        let Count { strips, x, y, k, radii, psi, .. } = self;
        let mut sums = Sums::default();
        // Points at one place are tied in both.
        let mixture = self.mixture && x.tied() && y.tied();
        let mut block: [[Spans; 2]; LEAVES] = Default::default();
        for strip in &strips.strips {
            let mut same = Run::default();
            for first in (strip.start..strip.end).step_by(LEAVES * S::LANES) {
                let leaves = (first..strip.end).step_by(S::LANES).take(LEAVES);
                for (leaf, [in_x, in_y]) in leaves.clone().zip(&mut block) {
                    let radius = simd.load(radii, leaf);
                    in_x.cells(simd, x.lookup(), simd.load(&strips.x, leaf), radius);
                    in_y.cells(simd, y.lookup(), simd.load(&strips.y, leaf), radius);
                }
                for [in_x, in_y] in &mut block[..leaves.len()] {
                    in_x.place(simd, x.lookup());
                    in_y.place(simd, y.lookup());
                }
                for (leaf, [in_x, in_y]) in leaves.clone().zip(&mut block) {
                    let at = [simd.load(&strips.x, leaf), simd.load(&strips.y, leaf)];
                    let bounds = bounds(simd, simd.load(radii, leaf));
                    in_x.look(simd, x, at[0], bounds);
                    in_y.look(simd, y, at[1], bounds);
                }
                for (leaf, [in_x, in_y]) in leaves.zip(&mut block) {
                    in_x.count::<V, S>(x);
                    in_y.count::<V, S>(y);
                    let lanes = (strip.end - leaf).min(S::LANES);
                    self.settle(simd, leaf, lanes, in_x, in_y);
                    for (&inside_x, &inside_y) in in_x.inputs.iter().zip(&in_y.inputs).take(lanes) {
                        sums.marginal += psi.of(inside_x as usize) + psi.of(inside_y as usize);
                    }
                    sums.neighbors += lanes as i64 * psi.of(k);
                    if mixture {
                        for position in (leaf..leaf + lanes).filter(|&position| radii[position] == V::default()) {
                            sums.neighbors += psi.of(same.length(strips, position, strip.end)) - psi.of(k);
                        }
                    }
                }
            }
        }
        sums
    }
}

impl<V: Number> Count<'_, V> {
    /// Counts again, exactly, for the points of a leaf that windows or float32 cannot settle.
    #[inline(always)]
    fn settle<S: Simd<V>>(&mut self, simd: S, leaf: usize, lanes: usize, in_x: &mut Spans, in_y: &mut Spans) {
        let Count { strips, x, y, k, radii, .. } = *self;
        // Where differences are exact, so is equality, and there is nothing to settle in float64.
        let doubtful = if x.exact && y.exact { 0 } else { !0 };
        let y_counts = if self.repeats { 0 } else { !0 };
        let mut unsettled = [0; 16];
        for (lane, unsettled) in unsettled.iter_mut().enumerate().take(S::LANES) {
            // Values that float32 cannot tell from the radius. The k-th neighbour itself is one, and not inside.
            let level = in_x.level(lane) | (in_y.level(lane) << 16 & y_counts);
            *unsettled = in_x.cut_off(lane) | in_y.cut_off(lane) | (level & level.wrapping_sub(1) & doubtful);
        }
        if unsettled.iter().fold(0, |any, lane| any | lane) == 0 {
            return;
        }
        let [inner, outer] = bounds(simd, simd.load(radii, leaf));
        let (inner, outer) = (simd.array(inner), simd.array(outer));
        for lane in (0..lanes).filter(|&lane| unsettled[lane] != 0) {
            let (inside_x, inside_y) = simd.call(Settle {
                strips,
                x,
                y,
                k,
                point: (strips.x[leaf + lane], strips.y[leaf + lane]),
                hints: [in_x.hint(lane), in_y.hint(lane)],
                radius: radii[leaf + lane],
                inner: inner[lane],
                outer: outer[lane],
                candidates: self.candidates,
            });
            (in_x.inputs[lane], in_y.inputs[lane]) = (inside_x as u32, inside_y as u32);
        }
    }
}

/// Consecutive points of a strip at the same place.
#[derive(Debug, Default)]
struct Run {
    end: usize,
    length: usize,
}

impl Run {
    /// How many points lie where the one at `position` does, itself included; positions come in rising order.
    #[inline(always)]
    fn length<V: Number>(&mut self, strips: &Strips<V>, position: usize, end: usize) -> usize {
        if position >= self.end {
            let place = |i: usize| (strips.x[i], strips.y[i]);
            self.end = (position + 1..end).find(|&i| place(i) != place(position)).unwrap_or(end);
            self.length = self.end - position;
        }
        self.length
    }
}
