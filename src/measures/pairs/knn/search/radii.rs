//! How far the k-th neighbours are, and what counts as nearer.

use super::super::simd::{Number, Simd};

/// Of every position of the strips.
#[derive(Debug, Default)]
pub struct Radii<V> {
    /// The distance to the k-th neighbour.
    pub radius: Vec<V>,
    /// How many of the neighbours are surely nearer than that one, as [`bounds`] says; less than k.
    pub nearer: Vec<u32>,
}

impl<V: Number> Radii<V> {
    /// Makes room for so many positions.
    pub fn reset(&mut self, positions: usize) {
        if self.radius.len() < positions {
            self.radius.resize(positions, V::default());
            self.nearer.resize(positions, 0);
        }
    }
}

/// The distances that one must be below to be surely nearer than `radius`, and above to be surely not. A radius of zero stands for
/// [`Number::TIED`], so that "nearer than the radius" means "tied".
#[inline(always)]
pub fn bounds<V: Number, S: Simd<V>>(simd: S, radius: S::F) -> [S::F; 2] {
    let (margin, tied) = (simd.splat(V::MARGIN), simd.splat(V::TIED));
    [simd.max(simd.sub(radius, margin), tied), simd.max(simd.add(radius, margin), tied)]
}
