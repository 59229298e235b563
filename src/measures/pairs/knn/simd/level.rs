//! Which instruction set to use: asked of the CPU, and then carried as a value.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Avx2};
#[cfg(target_arch = "x86_64")]
use super::avx512::{self, Avx512};
#[cfg(target_arch = "aarch64")]
use super::neon::{self, Neon};
use super::number::Number;
use super::operations::{Simd, Task};
use super::portable::Portable;

/// A number that every instruction set can compute with.
#[cfg(target_arch = "x86_64")]
pub trait Coordinate: Number + avx2::Lane + avx512::Lane {}
#[cfg(target_arch = "x86_64")]
impl<V: Number + avx2::Lane + avx512::Lane> Coordinate for V {}

#[cfg(target_arch = "aarch64")]
pub trait Coordinate: Number + neon::Lane {}
#[cfg(target_arch = "aarch64")]
impl<V: Number + neon::Lane> Coordinate for V {}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub trait Coordinate: Number {}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl<V: Number> Coordinate for V {}

/// The variable that names an instruction set: `portable`, `avx2`, `avx512` or `neon`.
const ASKED: &str = "PROBE_SIMD";

/// An instruction set that this CPU has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

impl Level {
    /// All that this CPU has, the best first.
    pub fn all() -> Vec<Level> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if Avx512::detect().is_some() {
                levels.push(Level(Set::Avx512));
            }
            if Avx2::detect().is_some() {
                levels.push(Level(Set::Avx2));
            }
        }
        #[cfg(target_arch = "aarch64")]
        levels.push(Level(Set::Neon));
        levels.push(Level(Set::Portable));
        levels
    }

    /// The best that this CPU has; another that it has where the environment names one. All give the same bytes, which can
    /// so be seen on one machine.
    pub fn best() -> Level {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| {
            let all = Level::all();
            let asked = std::env::var(ASKED).ok();
            let named = asked.and_then(|name| all.iter().copied().find(|level| level.name() == name));
            named.unwrap_or(all[0])
        })
    }

    /// The name in benchmarks, tests and the environment.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "neon",
            Set::Portable => "portable",
        }
    }

    /// Runs a task with these instructions.
    pub fn run<V: Coordinate, T: Task<V>>(self, task: T) -> T::Output {
        match self.0 {
            // The CPU is asked again, which is one load: the token can then be had nowhere else.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => {
                if let Some(simd) = Avx512::detect() {
                    return simd.call(task);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => {
                if let Some(simd) = Avx2::detect() {
                    return simd.call(task);
                }
            }
            #[cfg(target_arch = "aarch64")]
            Set::Neon => return Neon::new().call(task),
            Set::Portable => {}
        }
        Portable.call(task)
    }
}
