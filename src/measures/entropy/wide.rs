//! The loops over all activations, compiled for the widest vectors that the processor has.
//!
//! Each loop is ordinary code that the compiler vectorises; all widths do the same operations on float32 in the same
//! order, so the results are the same.

use super::edges::{Edges, Index};

macro_rules! widest {
    ($(#[$doc:meta])* $name:ident [$($bound:tt)*] ($($argument:ident: $type:ty),*) $(-> $result:ty)?, $body:expr) => {
        $(#[$doc])*
        #[allow(unsafe_code, reason = "instructions that only some processors have")]
        pub fn $name $($bound)* ($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
                fn with_avx512 $($bound)* ($($argument: $type),*) $(-> $result)? {
                    $body
                }
                #[target_feature(enable = "avx2")]
                fn with_avx2 $($bound)* ($($argument: $type),*) $(-> $result)? {
                    $body
                }
                if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
                    // SAFETY: the processor was just seen to have these instructions; avx512bw implies avx512f.
                    return unsafe { with_avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor was just seen to have these instructions.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            $body
        }
    };
}

widest! {
    /// The bin of every value of `row`, for evenly spaced edges.
    fill [<I: Index>] (edges: &Edges, row: &[f32], into: &mut [I]), edges.fill_evenly(row, into)
}

widest! {
    /// Least and greatest value of a row, and whether all are finite (if not, the two mean nothing).
    extent [] (row: &[f32]) -> (f32, f32, bool), extent_of(row)
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
