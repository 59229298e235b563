//! How many points lie nearer than the k-th neighbour in one coordinate alone, and what their digammas add up to.

use super::super::prepare::{Neuron, Strips};
use super::super::psi::FixedPsi;
use super::super::search::{Radii, bounds};
use super::super::simd::{Candidates, Number, Simd, Task};
use super::settle::Settle;
use super::spans::{Ends, LEAVES, Span};
use super::sums::Sums;

/// Counts for every point of `strips`.
pub struct Count<'a, V> {
    pub strips: &'a Strips<V>,
    pub x: &'a Neuron<'a, V>,
    pub y: &'a Neuron<'a, V>,
    pub k: usize,
    pub radii: &'a Radii<V>,
    pub psi: &'a FixedPsi,
    pub mixture: bool,
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
        let mut block: [[Ends; 2]; LEAVES] = Default::default();
        for strip in &strips.strips {
            let mut same = Run::default();
            for first in (strip.start..strip.end).step_by(LEAVES * S::LANES) {
                let leaves = (first..strip.end).step_by(S::LANES).take(LEAVES);
                for (leaf, [in_x, in_y]) in leaves.clone().zip(&mut block) {
                    let radius = simd.load(&radii.radius, leaf);
                    in_x.cells(simd, x.lookup(), simd.load(&strips.x, leaf), radius, x.exact);
                    in_y.cells(simd, y.lookup(), simd.load(&strips.y, leaf), radius, y.exact);
                }
                for [in_x, in_y] in &mut block[..leaves.len()] {
                    in_x.place(simd, x.lookup());
                    in_y.place(simd, y.lookup());
                }
                for (leaf, [in_x, in_y]) in leaves.zip(&block) {
                    let lanes = (strip.end - leaf).min(S::LANES);
                    let bounds = bounds(simd, simd.load(&radii.radius, leaf));
                    let in_x = in_x.look(simd, x, simd.load(&strips.x, leaf), bounds);
                    let in_y = in_y.look(simd, y, simd.load(&strips.y, leaf), bounds);
                    let mut inputs = [inputs(simd, x, &in_x), inputs(simd, y, &in_y)];
                    // Values that float32 cannot tell from the radius. The k-th neighbour itself is one, and not inside.
                    let level = simd.total(in_x.level(simd), in_y.level(simd));
                    // Where differences are exact, so is equality, and there is nothing to settle in float64.
                    let doubtful = if x.exact && y.exact { 0 } else { simd.at_least(level, 2) };
                    let unsettled = (doubtful | in_x.cut_off(simd) | in_y.cut_off(simd)) & ((1 << lanes) - 1);
                    if unsettled != 0 {
                        self.settle(simd, leaf, unsettled, [&in_x, &in_y], &mut inputs);
                    }
                    for (&inside_x, &inside_y) in inputs[0].iter().zip(&inputs[1]).take(lanes) {
                        sums.marginal += psi.of(inside_x as usize) + psi.of(inside_y as usize);
                    }
                    sums.neighbors += lanes as i64 * psi.of(k);
                    if mixture {
                        for position in (leaf..leaf + lanes).filter(|&position| radii.radius[position] == V::default())
                        {
                            sums.neighbors += psi.of(same.length(strips, position, strip.end)) - psi.of(k);
                        }
                    }
                }
            }
        }
        sums
    }
}

/// How many inputs have the values of a span; means nothing where an end is cut off.
#[inline(always)]
fn inputs<V: Number, S: Simd<V>>(simd: S, neuron: &Neuron<'_, V>, span: &Span<S::N>) -> [u32; 16] {
    if !neuron.tied() {
        return simd.numbers(simd.minus(span.end(simd), span.first(simd)));
    }
    let (first, end) = (simd.numbers(span.first(simd)), simd.numbers(span.end(simd)));
    let below = |i: u32| neuron.below[(i as usize).min(neuron.below.len() - 1)];
    let mut inputs = [0; 16];
    for lane in 0..S::LANES {
        inputs[lane] = below(end[lane]).wrapping_sub(below(first[lane]));
    }
    inputs
}

impl<V: Number> Count<'_, V> {
    /// Counts again, exactly, for the points of a leaf that windows or float32 cannot settle.
    #[inline(always)]
    fn settle<S: Simd<V>>(
        &mut self,
        simd: S,
        leaf: usize,
        unsettled: u32,
        spans: [&Span<S::N>; 2],
        inputs: &mut [[u32; 16]; 2],
    ) {
        let Count { strips, x, y, k, radii, .. } = *self;
        let [inner, outer] = bounds(simd, simd.load(&radii.radius, leaf));
        let (inner, outer) = (simd.array(inner), simd.array(outer));
        let cut_off = [spans[0].cut_off(simd), spans[1].cut_off(simd)];
        let bounds = [spans[0].bounds(simd), spans[1].bounds(simd)];
        for lane in (0..S::LANES).filter(|&lane| unsettled >> lane & 1 == 1) {
            let point = (strips.x[leaf + lane], strips.y[leaf + lane]);
            let [mut in_x, mut in_y] = [bounds[0][lane], bounds[1][lane]];
            if cut_off[0] >> lane & 1 == 1 {
                in_x = in_x.look_again(x.values(), point.0, inner[lane], outer[lane]);
            }
            if cut_off[1] >> lane & 1 == 1 {
                in_y = in_y.look_again(y.values(), point.1, inner[lane], outer[lane]);
            }
            let (inside_x, inside_y) = simd.call(Settle {
                strips,
                x,
                y,
                k,
                point,
                in_x,
                in_y,
                radius: radii.radius[leaf + lane],
                nearer: radii.nearer[leaf + lane] as usize,
                inner: inner[lane],
                outer: outer[lane],
                candidates: self.candidates,
            });
            (inputs[0][lane], inputs[1][lane]) = (inside_x as u32, inside_y as u32);
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
