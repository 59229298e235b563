//! Which inputs are used: a draw without replacement that depends on the seed and the number of inputs, nothing else.
//!
//! Algorithm R (Waterman; Knuth, TAOCP 2, 3.4.2) over positions: the first N are taken, and position i ≥ N takes the
//! place of slot j, drawn from 0..=i, where j < N. It needs no count beforehand, so a file and the same lines through
//! a pipe give the same draw. The generator is ChaCha8 on a key made of the seed, and integers are drawn by rejection
//! here rather than by `rand`, whose samplers may change between releases: a seed means the same inputs for ever.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Samples;

/// Decides, position after position, whether an input is used and in which slot it is kept.
pub(crate) struct Draw {
    /// `None`: all of them.
    slots: Option<u64>,
    seen: u64,
    random: ChaCha8Rng,
}

impl Draw {
    pub(crate) fn new(samples: Samples, seed: u64) -> Self {
        let mut key = *b"probe: draw of inputs, in order.";
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let slots = match samples {
            Samples::All => None,
            Samples::Count(count) => Some(count as u64),
        };
        Draw { slots, seen: 0, random: ChaCha8Rng::from_seed(key) }
    }

    /// The slot of the next input, if it is used (for now: a later one may take its place).
    pub(crate) fn offer(&mut self) -> Option<usize> {
        let position = self.seen;
        self.seen += 1;
        let slot = match self.slots {
            Some(slots) if position >= slots => Some(self.below(position + 1)).filter(|slot| *slot < slots),
            _ => Some(position),
        };
        slot.and_then(|slot| usize::try_from(slot).ok())
    }

    /// How many were offered.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// Uniform in 0..bound.
    fn below(&mut self, bound: u64) -> u64 {
        // The largest multiple of `bound` that fits; beyond it a remainder would be a little too likely.
        let zone = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.random.next_u64();
            if number < zone {
                return number % bound;
            }
        }
    }
}

/// The positions drawn from `available` inputs, ascending.
pub fn positions(available: usize, samples: Samples, seed: u64) -> Vec<usize> {
    let mut draw = Draw::new(samples, seed);
    let mut taken = Vec::new();
    for position in 0..available {
        match draw.offer() {
            Some(slot) if slot < taken.len() => taken[slot] = position,
            Some(_) => taken.push(position),
            None => {}
        }
    }
    taken.sort_unstable();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_and_more_than_all_are_everything_in_order() {
        assert_eq!(positions(5, Samples::All, 1), [0, 1, 2, 3, 4]);
        assert_eq!(positions(5, Samples::Count(9), 1), [0, 1, 2, 3, 4]);
        assert_eq!(positions(5, Samples::Count(0), 1), [0usize; 0]);
        assert_eq!(positions(0, Samples::Count(3), 1), [0usize; 0]);
    }

    #[test]
    fn every_position_is_equally_likely() {
        let mut times = [0u32; 20];
        for seed in 0..4000 {
            let drawn = positions(20, Samples::Count(5), seed);
            assert!(drawn.len() == 5 && drawn.windows(2).all(|pair| pair[0] < pair[1]), "{drawn:?}");
            drawn.iter().for_each(|position| times[*position] += 1);
        }
        // 4000 draws with probability 1/4: sd 27.4, so five of them.
        assert!(times.iter().all(|count| count.abs_diff(1000) < 137), "{times:?}");
    }

    #[test]
    fn a_seed_means_the_same_inputs_for_ever() {
        // Computed apart from this code, by fixtures/texts/draw.py.
        assert_eq!(positions(1000, Samples::Count(8), 0), PINNED_0);
        assert_eq!(positions(1000, Samples::Count(8), 7), PINNED_7);
    }

    const PINNED_0: [usize; 8] = [18, 289, 651, 677, 791, 797, 861, 863];
    const PINNED_7: [usize; 8] = [43, 96, 275, 413, 456, 535, 707, 811];
}
