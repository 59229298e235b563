//! Which instruction set to use: asked of the CPU, and then carried as a value.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::operations::{Simd, Task};
use super::portable::Portable;

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
            if Avx512::detect().is_some() {
                levels.push(Level(Set::Avx512));
            }
            if Avx2::detect().is_some() {
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
            Set::Avx512 => Avx512::LANES,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => Avx2::LANES,
            Set::Portable => Portable::LANES,
        }
    }

    /// Runs a task with these instructions.
    pub fn run<T: Task>(self, task: T) -> T::Output {
        #[cfg(target_arch = "x86_64")]
        match self.0 {
            // The CPU is asked again, which is one load: the token can then be had nowhere else.
            Set::Avx512 => {
                if let Some(simd) = Avx512::detect() {
                    return simd.call(task);
                }
            }
            Set::Avx2 => {
                if let Some(simd) = Avx2::detect() {
                    return simd.call(task);
                }
            }
            Set::Portable => {}
        }
        Portable.call(task)
    }
}
