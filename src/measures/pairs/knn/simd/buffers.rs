//! What the operations read and fill.

use super::number::Number;

/// Room that loads may run into past the end of the values they are about.
pub const SLACK: usize = 16;

/// How many neighbouring values are looked at where a radius ends.
pub const WINDOW: usize = 4;

/// A box in the plane.
#[derive(Debug, Clone, Copy)]
pub struct Reach<V> {
    pub low_x: V,
    pub high_x: V,
    pub low_y: V,
    pub high_y: V,
}

/// Points found by [`super::Simd::collect`].
#[derive(Debug, Default)]
pub struct Candidates<V> {
    pub x: Vec<V>,
    pub y: Vec<V>,
    pub len: usize,
    /// Room for their distances in float64.
    pub exact: Vec<f64>,
}

impl<V: Number> Candidates<V> {
    /// Empties it and makes room for `most` points.
    pub fn reset(&mut self, most: usize) {
        self.len = 0;
        if self.x.len() < most + SLACK {
            self.x.resize(most + SLACK, V::default());
            self.y.resize(most + SLACK, V::default());
        }
    }

    /// Their x and y, filled up to a multiple of four with points that nothing reaches.
    #[inline(always)]
    pub fn in_fours(&mut self) -> (&[V], &[V]) {
        let filled = self.len.next_multiple_of(4);
        self.x[self.len..self.len + 4].fill(V::BEHIND);
        self.y[self.len..self.len + 4].fill(V::BEHIND);
        (&self.x[..filled], &self.y[..filled])
    }
}
