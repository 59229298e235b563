//! Seeded draws, the same in every version of the program and on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `wanted` of `0..among` without repetition, ascending. `stream` separates draws with one seed.
pub fn draw(seed: u64, stream: u64, among: usize, wanted: usize) -> Vec<u32> {
    let mut order = shuffled(seed, stream, among);
    order.truncate(wanted);
    order.sort_unstable();
    order
}

// Streams of the generator: the splits are numbered from 0, the rest from where no split is.
pub const QUARTERS: u64 = 1 << 32;
pub const PAIR_NEURONS: u64 = 2 << 32;
pub const PAIRS: u64 = 3 << 32;
pub const GROUPS: u64 = 4 << 32;
/// Orders of the inputs of a code, and the permutations of its control.
pub const ORDERS: u64 = 5 << 32;
pub const PERMUTATIONS: u64 = 6 << 32;
/// Neurons that are switched off because they were drawn, and the draws that others are compared with.
pub const ABLATED: u64 = 7 << 32;
pub const ABLATED_DRAWS: u64 = 8 << 32;

/// Made-up activations, to try what measuring takes.
pub const COSTS: u64 = 9 << 32;

/// Fisher's and Yates's shuffle, written out because the order must stay the same from version to version.
pub fn shuffled(seed: u64, stream: u64, count: usize) -> Vec<u32> {
    let mut random = generator(seed, stream);
    let mut order: Vec<u32> = (0..count as u32).collect();
    for last in (1..count).rev() {
        order.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
    order
}

/// The generator of one stream of a seed.
pub fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(stream);
    random
}

/// A number below `bound`, each as likely: the high half of a product, drawn again where that would favour some.
pub fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}
