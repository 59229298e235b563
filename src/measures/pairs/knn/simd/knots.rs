//! A map from values to cells that vectors can follow.

/// Segments between the knots: as many as eight lanes hold.
pub const SEGMENTS: usize = 8;

/// A rising map from values to cells: eight segments, each cut into equally many cells of equal width. The segments are
/// short where equal widths would crowd many values into one cell, as under a heavy tail or where values pile up.
#[derive(Debug, Clone)]
pub struct Knots {
    /// First value of every segment, rising.
    pub starts: [f32; SEGMENTS],
    /// Cells a unit of value.
    pub scales: [f32; SEGMENTS],
    pub cells_each: u32,
    /// First cell of every segment: looking it up takes less time than multiplying.
    pub firsts: [u32; SEGMENTS],
}

impl Knots {
    /// Number of cells.
    pub fn cells(&self) -> usize {
        SEGMENTS * self.cells_each as usize
    }

    /// The last cell of a segment.
    #[inline(always)]
    pub fn last(&self) -> f32 {
        (self.cells_each - 1) as f32
    }

    /// The cell of a value, as [`super::operations::Simd::cells`] computes it.
    #[inline(always)]
    pub fn cell(&self, value: f32) -> u32 {
        let segment = self.starts[1..].iter().filter(|&&start| start <= value).count();
        self.cell_in(segment, value)
    }

    #[inline(always)]
    pub fn cell_in(&self, segment: usize, value: f32) -> u32 {
        let inside = (value - self.starts[segment]) * self.scales[segment];
        // Written so that what is not a number, infinity times zero, ends in the first cell.
        let inside = if inside > 0.0 { inside } else { 0.0 };
        let inside = if inside < self.last() { inside } else { self.last() };
        inside as u32 + self.firsts[segment]
    }
}
