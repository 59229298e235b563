//! What the operations read and fill.

/// Room that loads may run into past the end of the values they are about.
pub const SLACK: usize = 16;

/// Width of each half of a [`Simd::window`].
pub const WINDOW: usize = 8;

/// Two windows of [`WINDOW`] neighbouring values a lane. What stands behind the LANES lanes means nothing.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Windows {
    /// Where they start.
    pub low: [u32; 16],
    pub high: [u32; 16],
    /// What they hold. Bit i of a mask is about value low + i, or high + i - WINDOW: whether it is nearer to the centre than the
    /// first bound; 16 bits on, whether it is at most as far as the second.
    pub masks: [u32; 16],
}

/// A box in the plane.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub low_x: f32,
    pub high_x: f32,
    pub low_y: f32,
    pub high_y: f32,
}

/// Points found by [`Simd::collect`].
#[derive(Debug, Default)]
pub struct Candidates {
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    pub len: usize,
    /// Room for their distances in float64.
    pub exact: Vec<f64>,
}

impl Candidates {
    /// Empties it and makes room for `most` points.
    pub fn reset(&mut self, most: usize) {
        self.len = 0;
        if self.x.len() < most + SLACK {
            self.x.resize(most + SLACK, 0.0);
            self.y.resize(most + SLACK, 0.0);
        }
    }
}
