//! Seeded halves, quarters and small groups of the inputs.
//!
//! In: seed, number of inputs, number of parts. Out: which inputs are in each part. They depend on nothing else, so
//! every variant of a comparison sees the same parts and their differences are paired.

use crate::measures::entropy::estimate::Part;
use crate::measures::random::{GROUPS, QUARTERS, shuffled};

/// Two halves without a common input, each in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub halves: [Vec<u32>; 2],
}

/// All splits of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    samples: usize,
    half: usize,
    splits: Vec<Split>,
}

impl Splits {
    /// `count` splits of `samples` inputs into two parts of `most` inputs at most, else halves. With an odd number one input
    /// is left out, another in every split.
    pub fn draw(seed: u64, samples: usize, count: usize, most: usize) -> Splits {
        let half = (samples / 2).min(most);
        let splits = (0..count)
            .map(|index| {
                let order = shuffled(seed, index as u64, samples);
                Split { halves: [sorted(&order[..half]), sorted(&order[half..2 * half])] }
            })
            .collect();
        Splits { samples, half, splits }
    }

    /// Inputs of each half.
    pub fn half(&self) -> usize {
        self.half
    }

    /// Whether there are so many inputs that the two parts are less than halves of them.
    pub fn are_parts(&self) -> bool {
        self.half < self.samples / 2
    }

    /// S, all inputs.
    pub fn samples(&self) -> usize {
        self.samples
    }

    pub fn len(&self) -> usize {
        self.splits.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Split> {
        self.splits.iter()
    }

    /// By how much half the difference of two halves is to be multiplied to spread like the whole: 1 for halves of an even
    /// number of inputs. A mean over n inputs varies as 1 / sqrt(n).
    pub fn scale(&self) -> f64 {
        (2.0 * self.half() as f64 / self.samples as f64).sqrt()
    }
}

/// All parts of the inputs that are measured on their own.
#[derive(Debug, Clone)]
pub struct Parts {
    pub splits: Splits,
    /// For figures of pairs, which take long over many inputs.
    pub pair_splits: Splits,
    /// To be left out in turn; none where the entropies are not of bins, or no interval is wanted.
    pub groups: Vec<Vec<u32>>,
    /// Larger groups to be left out in turn, for figures that are costly; none where no interval is wanted.
    pub twentieths: Vec<Vec<u32>>,
    pub quarters: [Vec<u32>; 4],
}

/// Inputs of each half of [`Parts::pair_splits`] at most. What twenty splits of 10,000 inputs say of an interval, more would
/// hardly say better.
const MOST_FOR_PAIRS: usize = 5000;

/// Inputs over which every pair of a sample is measured for its interval and stability, all parts together: the splits, the
/// four quarters, and two halves where the splits have less than these.
pub fn inputs_for_pairs(samples: usize, splits: usize) -> usize {
    let half = samples / 2;
    let parts = half.min(MOST_FOR_PAIRS);
    2 * parts * splits + samples + if parts < half { samples } else { 0 }
}

/// Groups of inputs that are left out in turn: enough for Student's t to be a normal, and few enough to cost little.
const LEFT_OUT: usize = 100;

impl Parts {
    /// With `subsamples` splits, and groups if `leaves_groups_out` and there is to be an interval.
    pub fn draw(seed: u64, samples: usize, subsamples: usize, leaves_groups_out: bool) -> Parts {
        let groups_if = |wanted: bool, count: usize| {
            if wanted && subsamples >= 2 { groups(seed, samples, count) } else { Vec::new() }
        };
        Parts {
            splits: Splits::draw(seed, samples, subsamples, samples),
            pair_splits: Splits::draw(seed, samples, subsamples, MOST_FOR_PAIRS),
            groups: groups_if(leaves_groups_out, LEFT_OUT),
            twentieths: groups_if(true, 20),
            quarters: quarters(seed, samples),
        }
    }

    /// The parts over which entropies are measured: the halves of every split, all inputs but each group, the quarters.
    pub fn of_entropy(&self) -> Vec<Part<'_>> {
        let halves = self.splits.iter().flat_map(|split| &split.halves).map(|half| Part::Only(half));
        let without = self.groups.iter().map(|group| Part::Without(group));
        halves.chain(without).chain(self.quarters.iter().map(|quarter| Part::Only(quarter))).collect()
    }
}

/// Four quarters without a common input, each in ascending order.
fn quarters(seed: u64, samples: usize) -> [Vec<u32>; 4] {
    let order = shuffled(seed, QUARTERS, samples);
    let quarter = samples / 4;
    [0, 1, 2, 3].map(|index| sorted(&order[index * quarter..(index + 1) * quarter]))
}

/// The inputs in `count` groups whose sizes differ by one at most, each in ascending order; fewer where there are fewer
/// inputs.
fn groups(seed: u64, samples: usize, count: usize) -> Vec<Vec<u32>> {
    let order = shuffled(seed, GROUPS, samples);
    let count = count.min(samples);
    let start = |group: usize| group * samples / count;
    (0..count).map(|group| sorted(&order[start(group)..start(group + 1)])).collect()
}

fn sorted(members: &[u32]) -> Vec<u32> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_many_inputs_are_drawn_like_halves_and_spread_like_the_whole() {
        let (halves, parts) = (Splits::draw(3, 101, 2, 101), Splits::draw(3, 101, 2, 8));
        assert_eq!((halves.half(), parts.half()), (50, 8));
        assert!(!halves.are_parts() && parts.are_parts());
        for split in parts.iter() {
            let [one, other] = &split.halves;
            assert!(one.len() == 8 && other.len() == 8 && one.iter().all(|input| !other.contains(input)));
        }
        assert!((parts.scale() - (16.0f64 / 101.0).sqrt()).abs() < 1e-15);
        assert_eq!(Splits::draw(3, 100, 2, 50), Splits::draw(3, 100, 2, 100));
    }

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
