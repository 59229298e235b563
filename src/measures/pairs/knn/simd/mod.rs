//! The instruction sets: one small trait, implemented for AVX-512, AVX2 and for any machine.
//!
//! In: slices of float32. Out: the same answers from every implementation, bit for bit where an answer is a number that
//! matters (distances, masks); only how many lanes there are differs. The search and the counting are written once against
//! [`Simd`] and compiled for each.
//!
//! A value of an implementing type is the proof that the CPU has its instructions: the types of this folder can only be
//! made by [`Level::run`] after the CPU was asked. That makes the methods safe to call.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use super::lookup::Knots;

/// Room that loads may run into past the end of the values they are about.
pub const SLACK: usize = 16;

/// Width of each half of a [`Simd::window`].
pub const WINDOW: usize = 8;

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

/// Two windows of [`WINDOW`] neighbouring values a lane. What stands behind the LANES lanes means nothing.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Windows {
    /// Where they start.
    pub low: [u32; 16],
    pub high: [u32; 16],
    /// What they hold. Bit i of a mask is about value low + i, or high + i - WINDOW: whether it is nearer to the centre than the
    /// first bound; 16 bits on, whether it is at most as far as the second.
    pub masks: [u32; 16],
}

/// Code that is compiled for each instruction set. `run` must be `#[inline(always)]`, and so must all it calls with `simd`:
/// only what ends up inside [`Simd::call`] gets that set's instructions.
pub trait Task {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// A box in the plane.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub low_x: f32,
    pub high_x: f32,
    pub low_y: f32,
    pub high_y: f32,
}

/// Points found by [`Simd::collect`].
#[derive(Debug, Default)]
pub struct Candidates {
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    pub len: usize,
    /// Room for their distances in float64.
    pub exact: Vec<f64>,
}

impl Candidates {
    /// Empties it and makes room for `most` points.
    pub fn reset(&mut self, most: usize) {
        self.len = 0;
        if self.x.len() < most + SLACK {
            self.x.resize(most + SLACK, 0.0);
            self.y.resize(most + SLACK, 0.0);
        }
    }
}

/// An instruction set that this CPU has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// All that this CPU has, the best first.
    pub fn all() -> Vec<Level> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if avx512::Avx512::detect().is_some() {
                levels.push(Level(Set::Avx512));
            }
            if avx2::Avx2::detect().is_some() {
                levels.push(Level(Set::Avx2));
            }
        }
        levels.push(Level(Set::Portable));
        levels
    }

    /// The best that this CPU has.
    pub fn best() -> Level {
        Level::all()[0]
    }

    /// The name in benchmarks and tests.
    #[cfg(any(test, feature = "internals"))]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            Set::Portable => "portable",
        }
    }

    /// Lanes of a vector.
    pub fn lanes(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::Avx512::LANES,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::Avx2::LANES,
            Set::Portable => portable::Portable::LANES,
        }
    }

    /// Runs a task with these instructions.
    pub fn run<T: Task>(self, task: T) -> T::Output {
        #[cfg(target_arch = "x86_64")]
        match self.0 {
            // The CPU is asked again, which is one load: the token can then be had nowhere else.
            Set::Avx512 => {
                if let Some(simd) = avx512::Avx512::detect() {
                    return simd.call(task);
                }
            }
            Set::Avx2 => {
                if let Some(simd) = avx2::Avx2::detect() {
                    return simd.call(task);
                }
            }
            Set::Portable => {}
        }
        portable::Portable.call(task)
    }
}
