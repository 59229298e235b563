//! The instruction sets: one small trait, implemented for AVX-512, AVX2 and for any machine.
//!
//! In: slices of float32. Out: the same answers from every implementation, bit for bit where an answer is a number that
//! matters (distances, counts); only how many lanes there are differs. The search and the counting are written once against
//! [`Simd`] and compiled for each.
//!
//! A value of an implementing type is the proof that the CPU has its instructions: the types of this folder can only be
//! made by [`Level::run`] after the CPU was asked. That makes the methods safe to call.

mod buffers;
mod knots;
mod level;
mod number;
mod operations;
mod portable;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

pub use buffers::{Candidates, Reach, SLACK, WINDOW};
pub use knots::{Knots, SEGMENTS};
pub use level::{Coordinate, Level};
pub use number::{LARGEST_SCORE, Number};
pub use operations::{Simd, Task};
