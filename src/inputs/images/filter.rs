//! The kernels of PIL's `Image.resize` and the fixed-point weights it makes of them.
//!
//! In: a filter and the lengths before and after. Out: for each output position, where its window starts and the
//! window's weights. Source: Pillow's `Resample.c`, whose rounding is followed to the bit; the weights are floating
//! point normalized to one and only then rounded, so a window's sum may miss one by a few units, as it does in PIL.

use serde::{Deserialize, Serialize};

/// Fractional bits of a weight: 32 less 8 of the pixel, less 2 of headroom for sums beyond the range.
pub const PRECISION_BITS: u32 = 32 - 8 - 2;

/// How to interpolate; the numbers are PIL's (`Image.Resampling`), which `preprocessor_config.json` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    Nearest,
    Lanczos,
    Bilinear,
    Bicubic,
    Box,
    Hamming,
}

impl Filter {
    /// The filter of a number in `preprocessor_config.json`.
    pub fn from_number(number: u64) -> Option<Filter> {
        Some(match number {
            0 => Filter::Nearest,
            1 => Filter::Lanczos,
            2 => Filter::Bilinear,
            3 => Filter::Bicubic,
            4 => Filter::Box,
            5 => Filter::Hamming,
            _ => return None,
        })
    }

    /// The filter of a name as timm, torchvision and PIL spell it.
    pub fn from_name(name: &str) -> Option<Filter> {
        Some(match name.to_ascii_lowercase().as_str() {
            "nearest" => Filter::Nearest,
            "lanczos" => Filter::Lanczos,
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            "box" => Filter::Box,
            "hamming" => Filter::Hamming,
            _ => return None,
        })
    }

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Filter::Nearest => "nearest",
            Filter::Lanczos => "lanczos",
            Filter::Bilinear => "bilinear",
            Filter::Bicubic => "bicubic",
            Filter::Box => "box",
            Filter::Hamming => "hamming",
        }
    }

    /// Half the width of the kernel, in pixels at scale one. Nearest has no kernel: it picks.
    fn support(self) -> f64 {
        match self {
            Filter::Nearest => 0.0,
            Filter::Box => 0.5,
            Filter::Bilinear | Filter::Hamming => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    /// The kernel at distance `x`. The order of operations is PIL's, since the last bit decides a rounding.
    fn at(self, x: f64) -> f64 {
        match self {
            Filter::Nearest => 0.0,
            Filter::Box => f64::from(x > -0.5 && x <= 0.5),
            Filter::Bilinear => (1.0 - x.abs()).max(0.0),
            Filter::Hamming => {
                let x = x.abs();
                if x == 0.0 {
                    1.0
                } else if x >= 1.0 {
                    0.0
                } else {
                    let x = x * std::f64::consts::PI;
                    x.sin() / x * (0.54 + 0.46 * x.cos())
                }
            }
            Filter::Bicubic => {
                const A: f64 = -0.5;
                let x = x.abs();
                if x < 1.0 {
                    ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
                } else if x < 2.0 {
                    (((x - 5.0) * x + 8.0) * x - 4.0) * A
                } else {
                    0.0
                }
            }
            Filter::Lanczos => {
                if (-3.0..3.0).contains(&x) {
                    sinc(x) * sinc(x / 3.0)
                } else {
                    0.0
                }
            }
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}

/// The windows of one axis: output position `i` is the weighted sum of `len` inputs from `start` on.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    bounds: Vec<(usize, usize)>,
    /// `stride` weights a window, the rest zero.
    weights: Vec<i32>,
    stride: usize,
}

impl Windows {
    /// The windows that take `from` pixels to `to`, for the output positions `wanted` only.
    pub fn new(filter: Filter, from: usize, to: usize, wanted: std::ops::Range<usize>) -> Windows {
        let scale = from as f64 / to as f64;
        // Enlarging does not narrow the kernel.
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let stride = support.ceil() as usize * 2 + 1;
        let mut windows =
            Windows { bounds: Vec::with_capacity(wanted.len()), weights: vec![0; wanted.len() * stride], stride };
        let mut exact = Vec::with_capacity(stride);
        for (i, weights) in wanted.zip(windows.weights.chunks_exact_mut(stride)) {
            let center = (i as f64 + 0.5) * scale;
            // The casts cut towards zero, as C's do; a negative start is clamped either way.
            let start = ((center - support + 0.5) as i64).max(0) as usize;
            let end = ((center + support + 0.5) as i64).clamp(0, from as i64) as usize;
            exact.clear();
            exact.extend((start..end).map(|j| filter.at((j as f64 - center + 0.5) * (1.0 / stretch))));
            let sum: f64 = exact.iter().sum();
            for (weight, &value) in weights.iter_mut().zip(&exact) {
                let value = if sum != 0.0 { value / sum } else { value };
                let half = if value < 0.0 { -0.5 } else { 0.5 };
                *weight = (half + value * f64::from(1u32 << PRECISION_BITS)) as i32;
            }
            windows.bounds.push((start, end - start));
        }
        windows
    }

    /// The inputs that any window touches.
    pub fn touched(&self) -> std::ops::Range<usize> {
        let start = self.bounds.iter().map(|b| b.0).min().unwrap_or(0);
        start..self.bounds.iter().map(|b| b.0 + b.1).max().unwrap_or(start)
    }

    /// Start and weights of each window in turn.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        self.bounds.iter().zip(self.weights.chunks_exact(self.stride)).map(|(b, w)| (b.0, &w[..b.1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_with_box_averages_two_pixels() {
        let windows = Windows::new(Filter::Box, 8, 4, 0..4);
        let all: Vec<_> = windows.iter().map(|(start, weights)| (start, weights.to_vec())).collect();
        assert_eq!(all, (0..4).map(|i| (2 * i, vec![1 << 21, 1 << 21])).collect::<Vec<_>>());
    }

    #[test]
    fn every_window_sums_to_one_but_for_rounding() {
        for filter in [Filter::Lanczos, Filter::Bilinear, Filter::Bicubic, Filter::Box, Filter::Hamming] {
            for (from, to) in [(5, 3), (640, 224), (3, 17), (1, 9), (9, 1)] {
                for (start, weights) in Windows::new(filter, from, to, 0..to).iter() {
                    let sum: i32 = weights.iter().sum();
                    assert!((sum - (1 << PRECISION_BITS)).unsigned_abs() as usize <= weights.len(), "{filter:?} {sum}");
                    assert!(start + weights.len() <= from);
                }
            }
        }
    }

    #[test]
    fn a_part_has_the_same_windows_as_the_whole() {
        let whole = Windows::new(Filter::Bicubic, 375, 256, 0..256);
        let part = Windows::new(Filter::Bicubic, 375, 256, 16..240);
        assert!(whole.iter().skip(16).take(224).eq(part.iter()));
    }

    #[test]
    fn names_and_numbers_are_pils() {
        assert_eq!(Filter::from_number(2), Some(Filter::Bilinear));
        assert_eq!(Filter::from_number(3), Some(Filter::Bicubic));
        assert_eq!(Filter::from_number(6), None);
        for number in 0..6 {
            let filter = Filter::from_number(number).unwrap();
            assert_eq!(Filter::from_name(filter.name()), Some(filter));
        }
    }
}
