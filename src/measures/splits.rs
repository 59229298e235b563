//! Seeded halves, quarters and small groups of the inputs.
//!
//! In: seed, number of inputs, number of parts. Out: which inputs are in each part. They depend on nothing else, so
//! every variant of a comparison sees the same parts and their differences are paired.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Two halves without a common input, each in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub halves: [Vec<u32>; 2],
}

/// All splits of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    samples: usize,
    splits: Vec<Split>,
}

impl Splits {
    /// `count` splits of `samples` inputs. With an odd number one input is left out, another in every split.
    pub fn draw(seed: u64, samples: usize, count: usize) -> Splits {
        let splits = (0..count)
            .map(|index| {
                let order = shuffled(seed, index as u64, samples);
                let half = samples / 2;
                Split { halves: [sorted(&order[..half]), sorted(&order[half..2 * half])] }
            })
            .collect();
        Splits { samples, splits }
    }

    /// Inputs of each half.
    pub fn half(&self) -> usize {
        self.samples / 2
    }

    pub fn len(&self) -> usize {
        self.splits.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Split> {
        self.splits.iter()
    }

    /// By how much half the difference of two halves is to be multiplied to spread like the whole: 1 for an even
    /// number of inputs.
    pub fn scale(&self) -> f64 {
        (2.0 * self.half() as f64 / self.samples as f64).sqrt()
    }
}

/// Four quarters without a common input, each in ascending order.
pub fn quarters(seed: u64, samples: usize) -> [Vec<u32>; 4] {
    let order = shuffled(seed, QUARTERS, samples);
    let quarter = samples / 4;
    [0, 1, 2, 3].map(|index| sorted(&order[index * quarter..(index + 1) * quarter]))
}

/// The inputs in `count` groups whose sizes differ by one at most, each in ascending order; fewer where there are fewer
/// inputs.
pub fn groups(seed: u64, samples: usize, count: usize) -> Vec<Vec<u32>> {
    let order = shuffled(seed, GROUPS, samples);
    let count = count.min(samples);
    let start = |group: usize| group * samples / count;
    (0..count).map(|group| sorted(&order[start(group)..start(group + 1)])).collect()
}

/// `wanted` of `0..among` without repetition, ascending. `stream` tells apart draws with one seed.
pub fn draw(seed: u64, stream: u64, among: usize, wanted: usize) -> Vec<u32> {
    let mut order = shuffled(seed, stream, among);
    order.truncate(wanted);
    order.sort_unstable();
    order
}

// Streams of the generator: the splits are numbered from 0, the rest from where no split is.
const QUARTERS: u64 = 1 << 32;
pub(crate) const PAIR_NEURONS: u64 = 2 << 32;
pub(crate) const PAIRS: u64 = 3 << 32;
const GROUPS: u64 = 4 << 32;

fn sorted(members: &[u32]) -> Vec<u32> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members
}

/// Fisher's and Yates's shuffle, written out because the order must stay the same from version to version.
fn shuffled(seed: u64, stream: u64, count: usize) -> Vec<u32> {
    let mut random = generator(seed, stream);
    let mut order: Vec<u32> = (0..count as u32).collect();
    for last in (1..count).rev() {
        order.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
    order
}

/// The generator of one stream of a seed.
pub(crate) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(stream);
    random
}

/// A number below `bound`, each as likely: the high half of a product, drawn again where that would favour some.
pub(crate) fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_input_once() {
        let groups = groups(5, 103, 10);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10, 11, 10, 10, 11, 10, 10, 11]);
        assert!(groups.iter().all(|group| group.is_sorted()));
        let mut all = groups.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..103));
        assert_eq!(super::groups(5, 3, 10).len(), 3);
    }
}
