//! How many points lie nearer than the k-th neighbour in one coordinate alone, and what their digammas add up to.

use super::exact::Settle;
use super::neuron::{FRONT, Neuron};
use super::psi::FixedPsi;
use super::simd::{Candidates, Simd, Task, WINDOW};
use super::strips::Strips;

/// A distance below all that two different float32 can have: takes the place of a radius of zero, so that "nearer than the
/// radius" means "tied".
pub const TIED: f32 = f32::from_bits(1);

/// Sums over the points of a pair, in fixed point.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// Of psi(points within the radius in x, the point itself included), and alike in y.
    pub marginal: i64,
    /// Of psi(k), or of psi(points at distance zero) where the radius is zero and `mixture` is set.
    pub neighbors: i64,
}

/// The distances that a float32 distance must be below to be surely nearer than `radius`, and above to be surely not, around
/// the points at `at`; `margin` is that of [`Count`].
#[inline(always)]
pub fn bounds<S: Simd>(simd: S, at: [S::F; 2], radius: S::F, margin: f32) -> (S::F, S::F) {
    if margin > 0.0 {
        let magnitude = simd.add(simd.max_abs(at[0], at[1]), radius);
        let off = simd.mul(magnitude, simd.splat(margin));
        (simd.sub(radius, off), simd.add(radius, off))
    } else {
        (radius, radius)
    }
}

/// Counts for every point of `strips`.
pub struct Count<'a> {
    pub strips: &'a Strips,
    pub x: &'a Neuron<'a>,
    pub y: &'a Neuron<'a>,
    pub k: usize,
    /// By position: distance to the k-th neighbour.
    pub radii: &'a [f32],
    pub psi: &'a FixedPsi,
    /// How far float32 may be off, as a share of the numbers compared; 0 where rounding keeps every `<` right.
    pub margin: f32,
    pub mixture: bool,
    pub candidates: &'a mut Candidates,
}

impl Task for Count<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Sums {
        let Count { strips, x, y, k, radii, psi, margin, mixture, candidates } = self;
        let (by_x, by_y) = (x.lookup(), y.lookup());
        let mut sums = Sums::default();
        // Where differences are exact, so is equality, and there is nothing to settle in float64.
        let doubtful = if x.exact && y.exact { 0 } else { !0 };
        let y_counts = if x.repeats(y) { 0 } else { !0 };
        let mut cells = [[0u32; 16]; 4];
        let (mut inner, mut outer) = ([0.0f32; 16], [0.0f32; 16]);
        for strip in &strips.strips {
            let mut same = Run::default();
            let mut leaf = strip.start;
            while leaf < strip.end {
                let (px, py, radius) = (simd.load(&strips.x, leaf), simd.load(&strips.y, leaf), simd.load(radii, leaf));
                simd.cells(&by_x.knots, simd.sub(px, radius), &mut cells[0]);
                simd.cells(&by_x.knots, simd.add(px, radius), &mut cells[1]);
                simd.cells(&by_y.knots, simd.sub(py, radius), &mut cells[2]);
                simd.cells(&by_y.knots, simd.add(py, radius), &mut cells[3]);
                let (below, above) = bounds(simd, [px, py], radius, margin);
                simd.store(simd.max(below, simd.splat(TIED)), &mut inner, 0);
                simd.store(simd.max(above, simd.splat(TIED)), &mut outer, 0);
                for lane in 0..(strip.end - leaf).min(S::LANES) {
                    let (at_x, at_y) = (strips.x[leaf + lane], strips.y[leaf + lane]);
                    let (inner, outer) = (inner[lane], outer[lane]);
                    // The distinct values that the ends of the radius cannot lie before.
                    let ends_x = [0, 1].map(|end| by_x.cells[cells[end][lane] as usize] as usize);
                    let ends_y = [2, 3].map(|end| by_y.cells[cells[end][lane] as usize] as usize);
                    let in_x = Span::new(simd, x, ends_x, at_x, inner, outer);
                    let in_y = Span::new(simd, y, ends_y, at_y, inner, outer);
                    // Values that float32 cannot tell from the radius. The k-th neighbour itself is one, and not inside.
                    let level = in_x.level | (in_y.level << 16 & y_counts);
                    let (inside_x, inside_y) =
                        if in_x.cut_off | in_y.cut_off | (level & level.wrapping_sub(1) & doubtful) == 0 {
                            (in_x.inputs(x), in_y.inputs(y))
                        } else {
                            let radius = radii[leaf + lane];
                            let point = (at_x, at_y);
                            let hints = [in_x.hint(ends_x), in_y.hint(ends_y)];
                            simd.call(Settle {
                                strips,
                                x,
                                y,
                                k,
                                point,
                                hints,
                                radius,
                                inner,
                                outer,
                                candidates: &mut *candidates,
                            })
                        };
                    sums.marginal += psi.of(inside_x) + psi.of(inside_y);
                    if mixture && radii[leaf + lane] == 0.0 {
                        sums.neighbors += psi.of(same.length(strips, leaf + lane, strip.end));
                    } else {
                        sums.neighbors += psi.of(k);
                    }
                }
                leaf += S::LANES;
            }
        }
        sums
    }
}

/// The values of one coordinate within the radius, from two windows around its ends.
struct Span {
    first: usize,
    end: usize,
    /// Window values that are neither surely inside nor surely outside.
    level: u32,
    /// Not zero where an end may lie outside of the windows.
    cut_off: u32,
}

impl Span {
    #[inline(always)]
    fn new<S: Simd>(simd: S, neuron: &Neuron<'_>, ends: [usize; 2], at: f32, inner: f32, outer: f32) -> Span {
        // The window starts one before a value that the end cannot lie before, with a value that must lie on the other side
        // of the end, and has room for as many as usually share a cell.
        let low = ends[0] + FRONT - 1;
        // Where the ends are near, the second window follows on the first, and no value is seen twice.
        let high = (ends[1] + FRONT - 1).max(low + WINDOW);
        let (inside, reached) = simd.window(&neuron.distinct, low, high, at, inner, outer);
        // Unless the windows touch, all between them counts, so their inner ends must be inside; their outer ends must not.
        let bridge = if high > low + WINDOW { 3 << (WINDOW - 1) } else { 0 };
        let ends = 1 | 1 << (2 * WINDOW - 1);
        // Bit i of the windows is value low + i, or high + i - WINDOW; from the lowest bit to behind the highest one. (Where
        // no bit is set these wrap around, and are not used.)
        let first = (low + inside.trailing_zeros() as usize).wrapping_sub(FRONT);
        let end = (high + (u32::BITS - inside.leading_zeros()) as usize).wrapping_sub(FRONT + WINDOW);
        Span {
            first,
            end,
            level: inside ^ reached,
            cut_off: (reached & ends) | (bridge & !inside) | u32::from(inside == 0),
        }
    }

    /// The range itself, or about where it is if the windows missed it.
    fn hint(&self, ends: [usize; 2]) -> [usize; 2] {
        if self.cut_off == 0 { [self.first, self.end] } else { ends }
    }

    #[inline(always)]
    fn inputs(&self, neuron: &Neuron<'_>) -> usize {
        neuron.inputs_below(self.end) - neuron.inputs_below(self.first)
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
    fn length(&mut self, strips: &Strips, position: usize, end: usize) -> usize {
        if position >= self.end {
            let place = |i: usize| (strips.x[i], strips.y[i]);
            self.end = (position + 1..end).find(|&i| place(i) != place(position)).unwrap_or(end);
            self.length = self.end - position;
        }
        self.length
    }
}
