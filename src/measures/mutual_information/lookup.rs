//! From a value to about its rank: a table that is equally good for every distribution.

/// Segments between the knots.
pub const SEGMENTS: usize = 16;

/// A rising map from values to cells: sixteen segments that hold equally many distinct values, each cut into cells of equal
/// width. Equal widths alone would put most of a heavy-tailed neuron into one cell.
#[derive(Debug, Clone)]
pub struct Knots {
    /// First value of every segment, rising.
    pub starts: [f32; SEGMENTS],
    /// Cells a unit of value.
    pub scales: [f32; SEGMENTS],
    pub cells_each: u32,
}

impl Knots {
    /// Knots for distinct values that rise.
    pub fn new(distinct: &[f32]) -> Self {
        let at = |segment: usize| distinct[(segment * distinct.len() / SEGMENTS).min(distinct.len() - 1)];
        // About half a value a cell: where a segment is uneven, still few share one.
        let cells_each = (2 * distinct.len()).div_ceil(SEGMENTS) as u32;
        let scale = |segment| {
            let width = at(segment + 1) - at(segment);
            if width > 0.0 { (cells_each as f32 / width).min(f32::MAX) } else { 0.0 }
        };
        Knots { starts: std::array::from_fn(at), scales: std::array::from_fn(scale), cells_each }
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        SEGMENTS * self.cells_each as usize
    }

    /// The last cell of a segment.
    #[inline(always)]
    pub fn last(&self) -> f32 {
        (self.cells_each - 1) as f32
    }

    /// Typical width of a segment: how far apart this neuron's values usually are, whatever a few of them do.
    pub fn spread(&self) -> f32 {
        let mut widths: Vec<f32> =
            self.scales.iter().map(|&s| if s > 0.0 { self.cells_each as f32 / s } else { 0.0 }).collect();
        widths.sort_unstable_by(f32::total_cmp);
        widths[SEGMENTS / 2]
    }

    /// The cell of a value, as [`super::simd::Simd::cells`] computes it.
    #[inline(always)]
    pub fn cell(&self, value: f32) -> u32 {
        let mut segment = 0;
        for step in [8, 4, 2, 1] {
            if self.starts[segment + step] <= value {
                segment += step;
            }
        }
        let inside = (value - self.starts[segment]) * self.scales[segment];
        // Written so that what is not a number, infinity times zero, ends in the first cell.
        let inside = if inside > 0.0 { inside } else { 0.0 };
        let inside = if inside < self.last() { inside } else { self.last() };
        inside as u32 + segment as u32 * self.cells_each
    }

    /// For every cell, how many of the distinct values lie in cells before it.
    pub fn table(&self, distinct: &[f32]) -> Vec<u32> {
        let mut table = vec![0u32; self.cells()];
        let mut filled = 0;
        for (rank, &value) in distinct.iter().enumerate() {
            let cell = self.cell(value) as usize;
            // Cells up to this value's start no later than here.
            while filled <= cell {
                table[filled] = rank as u32;
                filled += 1;
            }
        }
        table[filled..].fill(distinct.len() as u32);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distributions() -> Vec<Vec<f32>> {
        let mut all: Vec<Vec<f32>> = vec![
            (0..1000).map(|i| i as f32).collect(),
            (0..1000).map(|i| (i as f32 / 50.0).exp()).collect(),
            (0..300).map(|i| 1.0 - 1.0 / (i as f32 + 2.0)).collect(),
            vec![3.0],
            vec![-1.0, 1e-45, 3e38],
            (1..40).map(|i| f32::from_bits(i * 3)).collect(),
        ];
        for values in &mut all {
            values.dedup();
        }
        all
    }

    #[test]
    fn every_rank_lies_within_its_cell() {
        for values in distributions() {
            let knots = Knots::new(&values);
            let table = knots.table(&values);
            for (rank, &value) in values.iter().enumerate() {
                let cell = knots.cell(value) as usize;
                assert!(table[cell] as usize <= rank);
                assert!(table.get(cell + 1).is_none_or(|&next| next as usize > rank));
            }
            assert!(table.is_sorted());
            for outside in [f32::NEG_INFINITY, f32::INFINITY] {
                assert!((knots.cell(outside) as usize) < knots.cells());
            }
        }
    }

    #[test]
    fn cells_hold_few_values_whatever_the_distribution() {
        let values = &distributions()[1];
        let table = Knots::new(values).table(values);
        assert!(table.windows(2).all(|pair| pair[1] - pair[0] < 8));
    }
}
