//! What the search and the counting ask of a processor, and the code that is compiled for each instruction set.

use super::buffers::{Candidates, Reach, Windows};
use super::knots::Knots;

/// Operations on a few float32 at a time, one query point a lane.
pub trait Simd: Copy {
    /// Lanes of a vector; at most 16.
    const LANES: usize;
    /// A vector.
    type F: Copy;
    /// A whole number in every lane.
    type N: Copy;

    /// The same value in every lane.
    fn splat(self, value: f32) -> Self::F;
    /// LANES values, from `at` on.
    fn load(self, from: &[f32], at: usize) -> Self::F;
    /// Writes LANES values, from `at` on.
    fn store(self, v: Self::F, to: &mut [f32], at: usize);
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// The smaller one, where not both are negative.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The larger one, where not both are negative.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// max(|a|, |b|).
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F;
    /// `v` with infinity in one lane.
    fn infinite_at(self, v: Self::F, lane: usize) -> Self::F;
    /// `v` where `r` > 0, elsewhere `other`.
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F;
    /// The same number in every lane.
    fn number(self, n: u32) -> Self::N;
    /// n + m, modulo 2^32.
    fn plus(self, n: Self::N, m: u32) -> Self::N;
    /// n - m, which is not below zero.
    fn minus(self, n: Self::N, m: Self::N) -> Self::N;
    /// n + m where a < b.
    fn plus_where_less(self, n: Self::N, m: u32, a: Self::F, b: Self::F) -> Self::N;
    /// n + m where a >= b.
    fn plus_where_not_less(self, n: Self::N, m: u32, a: Self::F, b: Self::F) -> Self::N;
    /// Of each lane the value at its place, counted modulo LEN: a power of two from 32 to 128.
    fn entry<const LEN: usize>(self, values: &[f32; LEN], places: Self::N) -> Self::F;
    /// The numbers one by one; those behind LANES mean nothing.
    fn numbers(self, n: Self::N) -> [u32; 16];
    /// The lanes one by one; those behind LANES mean nothing.
    #[inline(always)]
    fn array(self, v: Self::F) -> [f32; 16] {
        let mut array = [0.0; 16];
        self.store(v, &mut array, 0);
        array
    }
    /// The smallest lane.
    fn lowest(self, v: Self::F) -> f32;
    /// The largest lane.
    fn highest(self, v: Self::F) -> f32;

    /// How many of the `len` <= LANES values from `at` on are below `bound`. There must be [`SLACK`] behind.
    fn count_below(self, values: &[f32], at: usize, len: usize, bound: f32) -> usize;

    /// Appends those of the points `from..to` that lie in `reach`, its edges included. There must be [`SLACK`] behind.
    fn collect(self, x: &[f32], y: &[f32], from: usize, to: usize, reach: &Reach, out: &mut Candidates);

    /// The cell of every lane's value (see [`Knots`]).
    fn cells(self, knots: &Knots, values: Self::F, out: &mut [u32; 16]);

    /// Replaces every lane's place in `table` by what stands there.
    fn look_up(self, table: &[u32], places: &mut [u32; 16]);

    /// Fills the masks of `windows`: compares every lane's |value - centre| with the lane's two bounds.
    fn windows(self, values: &[f32], centres: Self::F, bounds: [Self::F; 2], windows: &mut Windows);

    /// Runs a task in a function of its own, compiled for this instruction set.
    fn call<T: Task>(self, task: T) -> T::Output;
}

/// Code that is compiled for each instruction set. `run` must be `#[inline(always)]`, and so must all it calls with `simd`:
/// only what ends up inside [`Simd::call`] gets that set's instructions.
pub trait Task {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}
