//! Arrays of eight, for every machine; compilers turn them into what vectors there are.

use super::buffers::{Candidates, Reach};
use super::knots::Knots;
use super::number::Number;
use super::operations::{Simd, Task};

/// Needs nothing of a CPU.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

const LANES: usize = 8;

#[inline(always)]
fn lower<V: PartialOrd>(a: V, b: V) -> V {
    if a < b { a } else { b }
}

#[inline(always)]
fn upper<V: PartialOrd>(a: V, b: V) -> V {
    if a > b { a } else { b }
}

impl<V: Number> Simd<V> for Portable {
    const LANES: usize = LANES;
    type F = [V; LANES];
    type N = [u32; LANES];

    #[inline(always)]
    fn splat(self, value: V) -> Self::F {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[V], at: usize) -> Self::F {
        let from = &from[at..at + LANES];
        std::array::from_fn(|i| from[i])
    }

    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [V], at: usize) {
        to[at..at + LANES].copy_from_slice(&v);
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        std::array::from_fn(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        std::array::from_fn(|i| a[i].lesser(b[i]))
    }

    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        std::array::from_fn(|i| a[i].greater(b[i]))
    }

    #[inline(always)]
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F {
        std::array::from_fn(|i| a[i].apart(V::default()).greater(b[i].apart(V::default())))
    }

    #[inline(always)]
    fn far_at(self, mut v: Self::F, lane: usize) -> Self::F {
        v[lane] = V::FAR;
        v
    }

    #[inline(always)]
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F {
        std::array::from_fn(|i| if r[i] > V::default() { v[i] } else { other[i] })
    }

    #[inline(always)]
    fn lowest(self, v: Self::F) -> V {
        v.into_iter().fold(v[0], lower)
    }

    #[inline(always)]
    fn highest(self, v: Self::F) -> V {
        v.into_iter().fold(v[0], upper)
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
    fn entry<const LEN: usize>(self, values: &[V; LEN], places: Self::N) -> Self::F {
        places.map(|place| values[place as usize % LEN])
    }

    #[inline(always)]
    fn numbers(self, n: Self::N) -> [u32; 16] {
        let mut array = [0; 16];
        array[..LANES].copy_from_slice(&n);
        array
    }

    #[inline(always)]
    fn collect(self, x: &[V], y: &[V], from: usize, to: usize, reach: &Reach<V>, out: &mut Candidates<V>) {
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
            *cell = knots.cell(value.float());
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        for place in &mut places[..LANES] {
            *place = table[*place as usize];
        }
    }

    #[inline(always)]
    fn margin(self, centre: Self::F, radius: Self::F) -> Self::F {
        std::array::from_fn(|i| V::margin(centre[i], radius[i]))
    }

    #[inline(always)]
    fn counts(self, counts: &[u32; 16]) -> Self::N {
        std::array::from_fn(|i| counts[i])
    }

    #[inline(always)]
    fn total(self, n: Self::N, m: Self::N) -> Self::N {
        std::array::from_fn(|i| n[i] + m[i])
    }

    #[inline(never)]
    fn call<T: Task<V>>(self, task: T) -> T::Output {
        task.run(self)
    }
}
