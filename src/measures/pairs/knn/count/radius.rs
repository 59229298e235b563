//! What counts as nearer than a radius.

use super::super::simd::Simd;

/// A distance below all that two different float32 can have: takes the place of a radius of zero, so that "nearer than the
/// radius" means "tied".
pub const TIED: f32 = f32::from_bits(1);

/// The distances that a float32 distance must be below to be surely nearer than `radius`, and above to be surely not, around
/// the points at `at`; `margin` is that of [`Count`]. A radius of zero stands for [`TIED`].
#[inline(always)]
pub fn bounds<S: Simd>(simd: S, at: [S::F; 2], radius: S::F, margin: f32) -> [S::F; 2] {
    let tied = simd.splat(TIED);
    if margin > 0.0 {
        let magnitude = simd.add(simd.max_abs(at[0], at[1]), radius);
        let off = simd.mul(magnitude, simd.splat(margin));
        [simd.max(simd.sub(radius, off), tied), simd.max(simd.add(radius, off), tied)]
    } else {
        [simd.max(radius, tied); 2]
    }
}
