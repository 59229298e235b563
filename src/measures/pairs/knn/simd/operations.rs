//! What the search and the counting ask of a processor, and the code that is compiled for each instruction set.

use super::buffers::{Candidates, Reach, WINDOW};
use super::knots::Knots;
use super::number::Number;

/// Operations on a few coordinates at a time, one query point per lane.
pub trait Simd<V: Number>: Copy {
    /// Lanes of a vector; at most 16.
    const LANES: usize;
    /// Whether packing the points that lie in a box costs less than trying those beside it too.
    const PACKS: bool = false;
    /// A coordinate or a distance in every lane.
    type F: Copy;
    /// A count in every lane.
    type N: Copy;

    /// The same value in every lane.
    fn splat(self, value: V) -> Self::F;
    /// LANES values, from `at` on.
    fn load(self, from: &[V], at: usize) -> Self::F;
    /// Writes LANES values, from `at` on.
    fn store(self, v: Self::F, to: &mut [V], at: usize);
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// The smaller one, where not both are negative.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The larger one, where not both are negative.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// max(|a|, |b|).
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F;
    /// `v` with [`Number::FAR`] in one lane.
    fn far_at(self, v: Self::F, lane: usize) -> Self::F;
    /// `v` where `r` > 0, elsewhere `other`.
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F;
    /// The lanes one by one; those behind LANES mean nothing.
    #[inline(always)]
    fn array(self, v: Self::F) -> [V; 16] {
        let mut array = [V::default(); 16];
        self.store(v, &mut array, 0);
        array
    }
    /// The smallest lane.
    fn lowest(self, v: Self::F) -> V;
    /// The largest lane.
    fn highest(self, v: Self::F) -> V;

    /// The same count in every lane.
    fn number(self, n: u32) -> Self::N;
    /// n + m, modulo 2^32.
    fn plus(self, n: Self::N, m: u32) -> Self::N;
    /// n - m, which is not below zero.
    fn minus(self, n: Self::N, m: Self::N) -> Self::N;
    /// These counts.
    fn counts(self, counts: &[u32; 16]) -> Self::N;
    /// n + m.
    fn total(self, n: Self::N, m: Self::N) -> Self::N;
    /// n + 1 where a < b.
    #[inline(always)]
    fn one_more_where_less(self, n: Self::N, a: Self::F, b: Self::F) -> Self::N {
        self.plus_where_less(n, 1, a, b)
    }
    /// n + 1 where a >= b.
    #[inline(always)]
    fn one_more_where_not_less(self, n: Self::N, a: Self::F, b: Self::F) -> Self::N {
        self.plus_where_not_less(n, 1, a, b)
    }
    /// One bit per lane where n >= m.
    #[inline(always)]
    fn at_least(self, n: Self::N, m: u32) -> u32 {
        let counts = self.numbers(n);
        let mut bits = 0;
        for (lane, &count) in counts.iter().enumerate().take(Self::LANES) {
            bits |= u32::from(count >= m) << lane;
        }
        bits
    }
    /// n + m where a < b.
    fn plus_where_less(self, n: Self::N, m: u32, a: Self::F, b: Self::F) -> Self::N;
    /// n + m where a >= b.
    fn plus_where_not_less(self, n: Self::N, m: u32, a: Self::F, b: Self::F) -> Self::N;
    /// Of each lane the value at its place, counted modulo LEN: a power of two from 32 to 128.
    fn entry<const LEN: usize>(self, values: &[V; LEN], places: Self::N) -> Self::F;
    /// The counts one by one; those behind LANES mean nothing.
    fn numbers(self, n: Self::N) -> [u32; 16];

    /// How many of the values, a multiple of LANES, are below `bound`.
    #[inline(always)]
    fn count_below(self, values: &[V], bound: V) -> usize {
        values.iter().map(|&value| usize::from(value < bound)).sum()
    }

    /// Appends those of the points `from..to` that lie in `reach`, its edges included. There must be [`super::SLACK`] behind.
    fn collect(self, x: &[V], y: &[V], from: usize, to: usize, reach: &Reach<V>, out: &mut Candidates<V>);

    /// The cell of every lane's value (see [`Knots`]).
    fn cells(self, knots: &Knots, values: Self::F, out: &mut [u32; 16]);

    /// Replaces every lane's place in `table` by what stands there.
    fn look_up(self, table: &[u32], places: &mut [u32; 16]);

    /// Of each lane the [`WINDOW`] values from its place on: first the first of all lanes, then the second, and so on.
    #[inline(always)]
    fn gather(self, values: &[V], places: &[u32; 16]) -> [Self::F; WINDOW] {
        let mut gathered = [[V::default(); 16]; WINDOW];
        for (lane, &place) in places.iter().enumerate().take(Self::LANES) {
            let values = &values[place as usize..place as usize + WINDOW];
            for (gathered, &value) in gathered.iter_mut().zip(values) {
                gathered[lane] = value;
            }
        }
        // No closure here: it would not be compiled for the instruction set.
        let mut vectors = [self.splat(V::default()); WINDOW];
        for (vector, gathered) in vectors.iter_mut().zip(&gathered) {
            *vector = self.load(gathered, 0);
        }
        vectors
    }

    /// More than what rounding can move centre - radius and centre + radius by, and than distances that cannot be told from radius
    /// differ from it.
    fn margin(self, centre: Self::F, radius: Self::F) -> Self::F;

    /// Runs a task in a function of its own, compiled for this instruction set.
    fn call<T: Task<V>>(self, task: T) -> T::Output;
}

/// Code that is compiled for each instruction set. `run` must be `#[inline(always)]`, and so must all it calls with `simd`:
/// only what ends up inside [`Simd::call`] gets that set's instructions.
pub trait Task<V: Number> {
    type Output;
    fn run<S: Simd<V>>(self, simd: S) -> Self::Output;
}
