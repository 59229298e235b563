//! The least and the greatest value of a neuron.

use crate::measures::widest::widest;

widest! {
    /// Least and greatest value of a row, and whether all are finite (if not, the two mean nothing).
    pub fn extent [] (row: &[f32]) -> (f32, f32, bool), extent_of(row)
}

/// How many values are looked at side by side; the result does not depend on the order.
const LANES: usize = 64;

#[inline(always)]
fn extent_of(row: &[f32]) -> (f32, f32, bool) {
    let mut least = [f32::INFINITY; LANES];
    let mut greatest = [f32::NEG_INFINITY; LANES];
    let mut size = [0u32; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            let x = block[lane];
            least[lane] = if x < least[lane] { x } else { least[lane] };
            greatest[lane] = if x > greatest[lane] { x } else { greatest[lane] };
            size[lane] = size[lane].max(x.to_bits() & 0x7FFF_FFFF);
        }
    }
    for (lane, &x) in rest.iter().enumerate() {
        least[lane] = if x < least[lane] { x } else { least[lane] };
        greatest[lane] = if x > greatest[lane] { x } else { greatest[lane] };
        size[lane] = size[lane].max(x.to_bits() & 0x7FFF_FFFF);
    }
    let min = least.into_iter().fold(f32::INFINITY, f32::min);
    let max = greatest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let finite = size.into_iter().all(|bits| bits < 0x7F80_0000);
    (min, max, finite)
}
