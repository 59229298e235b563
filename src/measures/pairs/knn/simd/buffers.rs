//! What the operations read and fill.

/// Room that loads may run into past the end of the values they are about.
pub const SLACK: usize = 16;

/// Width of each half of a [`super::Simd::windows`].
pub const WINDOW: usize = 8;

/// Two windows of [`WINDOW`] neighbouring values per lane. What stands behind the LANES lanes means nothing.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Windows {
    /// Where they start.
    pub low: [u32; 16],
    pub high: [u32; 16],
    /// What they hold. Bit i of a mask is about value low + i, or high + i - WINDOW: whether it is nearer to the centre than the
    /// first bound; 16 bits on, whether it is further than the second.
    pub masks: [u32; 16],
}

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

impl<V: Copy + Default> Candidates<V> {
    /// Empties it and makes room for `most` points.
    pub fn reset(&mut self, most: usize) {
        self.len = 0;
        if self.x.len() < most + SLACK {
            self.x.resize(most + SLACK, V::default());
            self.y.resize(most + SLACK, V::default());
        }
    }
}
