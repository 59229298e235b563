//! Which parts of a run one process makes, where several processes share the run.
//!
//! In: the place of a part: its block, and which part of the block it is. Out: the shard that makes it. The answer depends on
//! nothing else, so that shards need not speak with each other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of several processes that share a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Counted from 0.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// The place of a part among all parts of a stage. Parts of one block need the same preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub block: usize,
    pub blocks: usize,
    /// Which part of its block.
    pub nth: usize,
}

impl Place {
    /// A part that is a block by itself.
    pub fn alone(block: usize, blocks: usize) -> Place {
        Place { block, blocks, nth: 0 }
    }

    /// The number of the shard that makes this part, among `of` shards. A shard takes neighbouring blocks; where there are
    /// fewer blocks than shards, those of one block take its parts in turn.
    pub fn owner(self, of: usize) -> usize {
        let Place { block, blocks, nth } = self;
        if of <= blocks {
            return ((block + 1) * of - 1) / blocks;
        }
        let (first, end) = (block * of / blocks, (block + 1) * of / blocks);
        first + nth % (end - first)
    }
}

/// Which parts of a run this process makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Share {
    /// All that are not there yet.
    #[default]
    All,
    /// Those of one shard; the others are left alone.
    Of(Shard),
    /// None: every part has been made, and they are put together.
    Nothing,
}

impl Share {
    /// Whether this process makes the part, or reads it where it is there already.
    pub fn takes(self, place: Place) -> bool {
        match self {
            Share::All | Share::Nothing => true,
            Share::Of(shard) => place.owner(shard.of) == shard.index,
        }
    }

    /// Whether this process makes parts that are not there.
    pub fn makes(self) -> bool {
        self != Share::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The owners of the parts of every block, with four parts per block.
    fn owners(blocks: usize, of: usize) -> Vec<Vec<usize>> {
        let parts = |block| (0..4).map(|nth| Place { block, blocks, nth }.owner(of)).collect();
        (0..blocks).map(parts).collect()
    }

    #[test]
    fn a_shard_takes_neighbouring_blocks() {
        assert_eq!(owners(5, 2), [[0; 4], [0; 4], [1; 4], [1; 4], [1; 4]]);
        assert_eq!(owners(3, 3), [[0; 4], [1; 4], [2; 4]]);
    }

    #[test]
    fn shards_of_one_block_take_its_parts_in_turn() {
        assert_eq!(owners(2, 5), [[0, 1, 0, 1], [2, 3, 4, 2]]);
        assert_eq!(owners(1, 3), [[0, 1, 2, 0]]);
    }

    #[test]
    fn every_part_has_an_owner_and_the_work_is_even() {
        for of in 1..40 {
            for blocks in 1..60 {
                let mut counts = vec![0; of];
                owners(blocks, of).concat().into_iter().for_each(|owner| counts[owner] += 1);
                let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                assert!(most - least <= 4, "{blocks} blocks, {of} shards: {counts:?}");
            }
        }
    }
}
