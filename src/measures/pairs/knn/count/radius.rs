//! What counts as nearer than a radius.

use super::super::simd::{Number, Simd};

/// The distances that one must be below to be surely nearer than `radius`, and above to be surely not. A radius of zero stands for
/// [`Number::TIED`], so that "nearer than the radius" means "tied".
#[inline(always)]
pub fn bounds<V: Number, S: Simd<V>>(simd: S, radius: S::F) -> [S::F; 2] {
    let (margin, tied) = (simd.splat(V::MARGIN), simd.splat(V::TIED));
    [simd.max(simd.sub(radius, margin), tied), simd.max(simd.add(radius, margin), tied)]
}
