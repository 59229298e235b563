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
    /// A count in every lane.
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
    /// |v|.
    fn abs(self, v: Self::F) -> Self::F;
    /// max(|a|, |b|).
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F;
    /// `v` with infinity in one lane.
    fn infinite_at(self, v: Self::F, lane: usize) -> Self::F;
    /// `v` where `r` > 0, elsewhere `other`.
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F;
    /// Counts of zero.
    fn zeroes(self) -> Self::N;
    /// `count` + 1 where `a` < `b`, neither of them negative.
    fn count_less(self, count: Self::N, a: Self::F, b: Self::F) -> Self::N;
    /// The counts one by one; those behind LANES mean nothing.
    fn counts(self, counts: Self::N) -> [u32; 16];
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

    /// Compares |value - centre| with two bounds, for [`WINDOW`] values from `low` and as many from `high` on. Bit i of the
    /// first mask says whether value i is below `inner`, of the second whether it is at most `outer`.
    fn window(self, values: &[f32], low: usize, high: usize, centre: f32, inner: f32, outer: f32) -> (u32, u32);

    /// Runs a task in a function of its own, compiled for this instruction set.
    fn call<T: Task>(self, task: T) -> T::Output;
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
