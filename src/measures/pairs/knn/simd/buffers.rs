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

    /// The points by fours, the last ones filled up with some that nothing reaches.
    #[inline(always)]
    pub fn in_fours(&mut self) -> (&[[V; 4]], &[[V; 4]]) {
        let filled = self.len.next_multiple_of(4);
        self.x[self.len..self.len + 4].fill(V::BEHIND);
        self.y[self.len..self.len + 4].fill(V::BEHIND);
        (self.x[..filled].as_chunks().0, self.y[..filled].as_chunks().0)
    }
}
