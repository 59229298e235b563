//! The two kinds of numbers that points are made of.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::{Add, Sub};

/// What a vector instruction compares: float32 activations, or normal scores in fixed point.
///
/// Differences of scores are compared as whole numbers because those are exact, while scores rounded to float32 lie so near to
/// each other that from some ten thousand inputs on float32 often cannot tell one distance from another.
pub trait Number:
    Copy + Default + Debug + PartialEq + PartialOrd + Sub<Output = Self> + Add<Output = Self> + Send + Sync + 'static
{
    /// Further than all distances; still defined are its sum with a coordinate and its difference from one.
    const FAR: Self;
    /// Nearer than all distances.
    const NEARER_THAN_ALL: Self;
    /// A coordinate so far behind all others that nothing reaches it; its negative lies before all.
    const BEHIND: Self;
    /// A distance that only points at the same place are below.
    const TIED: Self;
    /// How far apart two distances must be for the exact ones to be in the same order.
    const MARGIN: Self;

    /// Nearly the same number; rises where this one rises.
    fn float(self) -> f32;
    /// These numbers as [`Number::float`] gives them.
    fn floats(values: &[Self]) -> Cow<'_, [f32]>;
    /// The distance of two.
    fn apart(self, other: Self) -> Self;
    fn negative(self) -> Self;
    /// The smaller one, where not both are negative.
    fn lesser(self, other: Self) -> Self;
    /// The larger one, where not both are negative.
    fn greater(self, other: Self) -> Self;
    /// The next number above.
    fn above(self) -> Self;
    /// More than what rounding moves an end of a radius by, or a distance from what it is told apart from.
    fn margin(centre: Self, radius: Self) -> Self;
    /// Whether all differences of these values, rising, are the exact ones.
    fn differences_are_exact(values: &[Self]) -> bool;
}

/// Whether compilers make vectors of comparing floats: the oldest instructions for vectors on x86 have a minimum of these and
/// none of whole numbers. Elsewhere they make vectors of the minimum of whole numbers only; the bits of floats of which at most
/// one is negative are in the same order.
const COMPARES_FLOATS: bool = cfg!(any(target_arch = "x86", target_arch = "x86_64"));

impl Number for f32 {
    const FAR: f32 = f32::INFINITY;
    const NEARER_THAN_ALL: f32 = -1.0;
    const BEHIND: f32 = f32::INFINITY;
    /// Two different float32 are no less apart than this.
    const TIED: f32 = f32::from_bits(1);
    /// Rounding keeps the order of distances.
    const MARGIN: f32 = 0.0;

    #[inline(always)]
    fn float(self) -> f32 {
        self
    }

    fn floats(values: &[f32]) -> Cow<'_, [f32]> {
        Cow::Borrowed(values)
    }

    #[inline(always)]
    fn apart(self, other: f32) -> f32 {
        (self - other).abs()
    }

    #[inline(always)]
    fn negative(self) -> f32 {
        -self
    }

    #[inline(always)]
    fn lesser(self, other: f32) -> f32 {
        if COMPARES_FLOATS {
            return if self < other { self } else { other };
        }
        f32::from_bits(self.to_bits().cast_signed().min(other.to_bits().cast_signed()).cast_unsigned())
    }

    #[inline(always)]
    fn greater(self, other: f32) -> f32 {
        if COMPARES_FLOATS {
            return if self > other { self } else { other };
        }
        f32::from_bits(self.to_bits().cast_signed().max(other.to_bits().cast_signed()).cast_unsigned())
    }

    fn above(self) -> f32 {
        self.next_up()
    }

    #[inline(always)]
    fn margin(centre: f32, radius: f32) -> f32 {
        (centre.abs() + radius) * ROUNDING
    }

    fn differences_are_exact(values: &[f32]) -> bool {
        let largest = values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        // All values are multiples of the step, and their differences below 2^24 steps: so whole numbers that fit.
        let least_step = f64::from(largest) / f64::from(1 << 23);
        values.iter().all(|&v| v == 0.0 || last_digit(v) >= least_step)
    }
}

/// How far two roundings of a float32 can be off, as a part of it.
pub const ROUNDING: f32 = 1.0 / (1 << 21) as f32;

/// The weight of a value's last binary digit that is not zero.
fn last_digit(value: f32) -> f64 {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 23) & 0xff, bits & 0x7f_ffff);
    let (exponent, digits) = if exponent == 0 { (1, fraction) } else { (exponent, fraction | 0x80_0000) };
    2f64.powi(exponent as i32 - 150 + digits.trailing_zeros() as i32)
}

/// The largest score in fixed point. Sums and differences of two scores, of a score and [`Number::FAR`], and of a score and
/// [`Number::BEHIND`] stay within 32 bits.
pub const LARGEST_SCORE: i32 = (1 << 29) - (1 << 10);

impl Number for i32 {
    const FAR: i32 = 1 << 30;
    const NEARER_THAN_ALL: i32 = -1;
    const BEHIND: i32 = (1 << 30) + (1 << 29);
    const TIED: i32 = 1;
    /// A score in fixed point is off by one half, a distance by one, two distances by two together; what float64 rounds away of
    /// them is far below one.
    const MARGIN: i32 = 2;

    #[inline(always)]
    fn float(self) -> f32 {
        self as f32
    }

    fn floats(values: &[i32]) -> Cow<'_, [f32]> {
        Cow::Owned(values.iter().map(|&v| v as f32).collect())
    }

    #[inline(always)]
    fn apart(self, other: i32) -> i32 {
        (self - other).abs()
    }

    #[inline(always)]
    fn negative(self) -> i32 {
        -self
    }

    #[inline(always)]
    fn lesser(self, other: i32) -> i32 {
        self.min(other)
    }

    #[inline(always)]
    fn greater(self, other: i32) -> i32 {
        self.max(other)
    }

    fn above(self) -> i32 {
        self + 1
    }

    #[inline(always)]
    fn margin(_: i32, _: i32) -> i32 {
        i32::MARGIN + 1
    }

    fn differences_are_exact(_: &[i32]) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_when_float32_differences_are_exact() {
        let exact = |values: &[f32]| f32::differences_are_exact(values);
        assert!(exact(&[-127.0, 0.0, 3.0, 127.0]));
        assert!(exact(&[0.5, 1.25, 8_388_607.0]) == exact(&[2.0, 5.0, 33_554_428.0]));
        assert!(!exact(&[0.1, 0.2, 0.3]));
        assert!(!exact(&[1e-12, 1.0]));
        assert!(exact(&[f32::from_bits(1), f32::from_bits(77)]));
        assert!(!exact(&[-16_777_215.0, 16_777_215.0]), "their difference needs 25 digits");
    }

    #[test]
    fn fixed_point_does_not_overflow() {
        let (most, far, behind) = (LARGEST_SCORE, i32::FAR, i32::BEHIND);
        assert!(2 * most < far, "the largest distance");
        assert!(behind - most > 2 * most + i32::MARGIN && behind.checked_add(most).is_some());
        assert!(-most - far < -most && most - far < -most && far - most > most);
        assert!((-most).checked_sub(far).is_some() && most.checked_add(far).is_some());
    }
}
