//! Arrays of eight, for every machine; compilers turn them into what vectors there are.

use super::buffers::{Candidates, Reach, WINDOW, Windows};
use super::knots::Knots;
use super::operations::{Simd, Task};

#[derive(Debug, Clone, Copy)]
pub struct Portable;

const LANES: usize = 8;

#[inline(always)]
fn each(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

// As the vector instructions do it: the second operand where they are equal or not comparable.
#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn upper(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

impl Simd for Portable {
    const LANES: usize = LANES;
    type F = [f32; LANES];
    type N = [u32; LANES];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f32], at: usize) -> Self::F {
        let from = &from[at..at + LANES];
        std::array::from_fn(|i| from[i])
    }

    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [f32], at: usize) {
        to[at..at + LANES].copy_from_slice(&v);
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        each(a, b, lower)
    }

    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        each(a, b, upper)
    }

    #[inline(always)]
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F {
        each(a, b, |a, b| upper(a.abs(), b.abs()))
    }

    #[inline(always)]
    fn infinite_at(self, mut v: Self::F, lane: usize) -> Self::F {
        v[lane] = f32::INFINITY;
        v
    }

    #[inline(always)]
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F {
        std::array::from_fn(|i| if r[i] > 0.0 { v[i] } else { other[i] })
    }

    #[inline(always)]
    fn number(self, n: u32) -> Self::N {
        [n; LANES]
    }

    #[inline(always)]
    fn plus(self, n: Self::N, m: u32) -> Self::N {
        n.map(|n| n.wrapping_add(m))
    }

    #[inline(always)]
    fn minus(self, n: Self::N, m: Self::N) -> Self::N {
        std::array::from_fn(|i| n[i].wrapping_sub(m[i]))
    }

    #[inline(always)]
    fn plus_where_less(self, n: Self::N, m: u32, a: Self::F, b: Self::F) -> Self::N {
        std::array::from_fn(|i| if a[i] < b[i] { n[i] + m } else { n[i] })
    }

    #[inline(always)]
    fn plus_where_not_less(self, n: Self::N, m: u32, a: Self::F, b: Self::F) -> Self::N {
        std::array::from_fn(|i| if a[i] >= b[i] { n[i] + m } else { n[i] })
    }

    #[inline(always)]
    fn entry<const LEN: usize>(self, values: &[f32; LEN], places: Self::N) -> Self::F {
        places.map(|place| values[place as usize % LEN])
    }

    #[inline(always)]
    fn numbers(self, n: Self::N) -> [u32; 16] {
        let mut array = [0; 16];
        array[..LANES].copy_from_slice(&n);
        array
    }

    #[inline(always)]
    fn lowest(self, v: Self::F) -> f32 {
        v.into_iter().fold(f32::INFINITY, lower)
    }

    #[inline(always)]
    fn highest(self, v: Self::F) -> f32 {
        v.into_iter().fold(f32::NEG_INFINITY, upper)
    }

    #[inline(always)]
    fn count_below(self, values: &[f32], at: usize, len: usize, bound: f32) -> usize {
        values[at..at + len].iter().filter(|&&v| v < bound).count()
    }

    #[inline(always)]
    fn collect(self, x: &[f32], y: &[f32], from: usize, to: usize, reach: &Reach, out: &mut Candidates) {
        for (&x, &y) in x[from..to].iter().zip(&y[from..to]) {
            // Written always and counted sometimes: no branch to guess.
            (out.x[out.len], out.y[out.len]) = (x, y);
            let inside = (x >= reach.low_x) & (x <= reach.high_x) & (y >= reach.low_y) & (y <= reach.high_y);
            out.len += usize::from(inside);
        }
    }

    #[inline(always)]
    fn cells(self, knots: &Knots, values: Self::F, out: &mut [u32; 16]) {
        for (cell, &value) in out.iter_mut().zip(&values) {
            *cell = knots.cell(value);
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        for place in &mut places[..LANES] {
            *place = table[*place as usize];
        }
    }

    #[inline(always)]
    fn windows(self, values: &[f32], centres: Self::F, [inner, outer]: [Self::F; 2], windows: &mut Windows) {
        for lane in 0..LANES {
            let (mut inside, mut reached) = (0, 0);
            for (half, at) in [windows.low[lane], windows.high[lane]].into_iter().enumerate() {
                for (i, &value) in values[at as usize..at as usize + WINDOW].iter().enumerate() {
                    let distance = (value - centres[lane]).abs();
                    inside |= u32::from(distance < inner[lane]) << (half * WINDOW + i);
                    reached |= u32::from(distance <= outer[lane]) << (half * WINDOW + i);
                }
            }
            windows.masks[lane] = inside | reached << (2 * WINDOW);
        }
    }

    #[inline(never)]
    fn call<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}
