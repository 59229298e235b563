//! The matrix of mutual information as bytes for the page's canvas.
//!
//! A cell is a byte: one of 255 levels, half of them spread evenly over the range and half over the quantiles, so that
//! colours are even and a value under the pointer is fine where values are dense. A matrix too large for a page is
//! averaged over blocks of neighbouring neurons of one layer. The exact values are in `measures.npz`.

use serde::Serialize;

use super::order::by_similarity;
use crate::base::text::base64;
use crate::report::figures::Figures;

/// No value: a neuron with non-finite activations, or a cell of one neuron with itself.
const NOTHING: u8 = 255;
/// Cells on a side beyond which neither screen nor eye gains.
const SIDE: usize = 1024;
/// Cells of all heatmaps of a page together, so that it stays under 2 MB.
const CELLS: usize = 900_000;

/// A heatmap as the page's script reads it.
#[derive(Debug, Serialize)]
pub struct Heatmap {
    /// Cells on a side.
    pub side: usize,
    /// The layer and the first and last neuron of each cell.
    pub cells: Vec<[usize; 3]>,
    /// Neurons averaged into a cell, at most.
    pub block: usize,
    /// Cells in order of similarity within their layer.
    pub order: Vec<usize>,
    /// Nats, ascending.
    pub levels: Vec<f32>,
    /// The upper triangle with the diagonal, row by row, base64.
    pub bytes: String,
}

/// Makes the heatmap of one of `variants` runs. `sorted` are the finite values off the diagonal, ascending.
pub fn heatmap(figures: &Figures, sorted: &[f64], variants: usize) -> Heatmap {
    let most = SIDE.min((2.0 * CELLS as f64 / variants.max(1) as f64).sqrt() as usize);
    let (cells, block) = blocks(figures, most);
    let side = cells.len();
    let values = averaged(figures, &cells);
    let get = |i: usize, j: usize| values[i.min(j) * side + i.max(j)];

    let spans: Vec<[usize; 3]> = cells
        .iter()
        .map(|cell| {
            let (first, last) = (figures.pair_neurons[cell.start], figures.pair_neurons[cell.end - 1]);
            [first.layer, first.index, last.index]
        })
        .collect();
    let mut order = Vec::with_capacity(side);
    for layer in spans.chunk_by(|a, b| a[0] == b[0]) {
        let from = order.len();
        order.extend(by_similarity(layer.len(), |i, j| get(from + i, from + j)).into_iter().map(|i| from + i));
    }

    let levels = levels(sorted);
    let triangle = (0..side).flat_map(|i| (i..side).map(move |j| (i, j)));
    let bytes: Vec<u8> = triangle.map(|(i, j)| nearest(&levels, get(i, j))).collect();
    Heatmap { side, cells: spans, block, order, levels, bytes: base64(&bytes) }
}

/// Ranges of rows that make up a cell: single neurons, or as few neighbours of one layer as fit `most` on a side.
fn blocks(figures: &Figures, most: usize) -> (Vec<std::ops::Range<usize>>, usize) {
    let layers: Vec<usize> = figures.pair_neurons.chunk_by(|a, b| a.layer == b.layer).map(<[_]>::len).collect();
    let side = |block: usize| layers.iter().map(|n| n.div_ceil(block)).sum::<usize>();
    let largest = layers.iter().copied().max().unwrap_or(1).max(1);
    let block = (1..=largest).find(|&block| side(block) <= most).unwrap_or(largest);
    let mut cells = Vec::new();
    let mut start = 0;
    for &n in &layers {
        cells.extend((0..n).step_by(block).map(|at| start + at..start + (at + block).min(n)));
        start += n;
    }
    (cells, block)
}

/// The mean of every cell of the upper triangle, the diagonal of the matrix left out; [side, side], row-major.
fn averaged(figures: &Figures, cells: &[std::ops::Range<usize>]) -> Vec<f64> {
    let side = cells.len();
    let mut row = vec![0.0; figures.mutual_information.len()];
    let mut sums = vec![0.0; side * side];
    let mut counts = vec![0u32; side * side];
    for (i, rows) in cells.iter().enumerate() {
        for r in rows.clone() {
            figures.mutual_information.copy_row(r, &mut row);
            for (j, columns) in cells.iter().enumerate().skip(i) {
                for c in columns.clone().filter(|&c| c != r && row[c].is_finite()) {
                    sums[i * side + j] += row[c];
                    counts[i * side + j] += 1;
                }
            }
        }
    }
    // Nothing over nothing is NaN, which is what a cell without a pair holds.
    sums.iter().zip(&counts).map(|(sum, &count)| sum / f64::from(count)).collect()
}

/// 255 levels, ascending, or fewer where values coincide.
fn levels(sorted: &[f64]) -> Vec<f32> {
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    let even = (0..128).map(|k| low + (high - low) * f64::from(k) / 127.0);
    let dense = (0..127).map(|k| sorted[(2 * k + 1) * sorted.len() / 254]);
    let mut levels: Vec<f32> = even.chain(dense).map(|value| value as f32).collect();
    levels.sort_by(f32::total_cmp);
    levels.dedup();
    levels
}

fn nearest(levels: &[f32], value: f64) -> u8 {
    if !value.is_finite() || levels.is_empty() {
        return NOTHING;
    }
    let value = value as f32;
    let above = levels.partition_point(|&level| level < value).min(levels.len() - 1);
    let below = above.saturating_sub(1);
    let pick = if (value - levels[below]).abs() <= (levels[above] - value).abs() { below } else { above };
    // There are at most 255 levels, so an index is at most 254.
    pick as u8
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn a_byte_is_the_level_next_to_the_value() {
        let sorted: Vec<f64> = (0..1000).map(|i| (f64::from(i) / 1000.0).powi(3)).collect();
        let levels = levels(&sorted);
        assert!(levels.len() <= 255);
        for &value in &sorted {
            let level = f64::from(levels[nearest(&levels, value) as usize]);
            assert!((level - value).abs() <= 0.5 / 127.0 + 1e-6, "{value} {level}");
        }
        assert_eq!(nearest(&levels, f64::NAN), NOTHING);
    }

    #[test]
    fn a_large_matrix_is_averaged_in_blocks_of_one_layer() {
        let mi = Array2::from_shape_fn((7, 7), |(i, j)| (i * j) as f64);
        let figures = Figures::new(vec![1.0; 7], &[4, 3], &[0, 1, 2, 3, 4, 5, 6], mi);
        let (cells, block) = blocks(&figures, 4);
        assert_eq!((cells.as_slice(), block), ([0..2, 2..4, 4..6, 6..7].as_slice(), 2));
        let values = averaged(&figures, &cells);
        // Cell (0, 1): pairs (0,2) (0,3) (1,2) (1,3), which are 0, 0, 2, 3; cell (0, 0): (0,1) twice; (3, 3): none.
        assert_eq!(values[1], 1.25);
        assert_eq!(values[0], 0.0);
        assert!(values[15].is_nan());
    }
}
