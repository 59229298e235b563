//! Activations to measure on, and the clock: what the benchmarks here and in `rivals` share.

use rustix::time::{ClockId, clock_gettime};

/// CPU microseconds of one run.
pub fn once(run: impl Fn() -> f64) -> f64 {
    let now = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
    };
    let start = now();
    std::hint::black_box(run());
    now() - start
}

/// A layer's worth of activations: neurons that mix a few shared directions with noise of their own.
pub fn activations(neurons: usize, samples: usize, rectify: fn(f32) -> f32) -> Vec<Vec<f32>> {
    let mut random = Random(neurons as u64);
    let shared: Vec<Vec<f32>> = (0..8).map(|_| (0..samples).map(|_| random.normal()).collect()).collect();
    (0..neurons)
        .map(|_| {
            let weights: Vec<f32> = (0..8).map(|_| 0.4 * random.normal()).collect();
            let bias = 0.3 * random.normal() - 0.2;
            (0..samples)
                .map(|s| {
                    let mixed: f32 = weights.iter().zip(&shared).map(|(w, z)| w * z[s]).sum();
                    rectify(mixed + 0.5 * random.normal() + bias)
                })
                .collect()
        })
        .collect()
}

pub fn gelu(v: f32) -> f32 {
    0.5 * v * (1.0 + (0.797_884_6 * (v + 0.044_715 * v * v * v)).tanh())
}

pub fn relu(v: f32) -> f32 {
    v.max(0.0)
}

/// A small generator (SplitMix64), so that every run measures the same numbers.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 40) as f32 + 0.5) / (1u32 << 24) as f32
    }

    fn normal(&mut self) -> f32 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f32::consts::TAU * self.uniform()).cos()
    }
}
