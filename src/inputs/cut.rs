//! How inputs are cut into parts, which are kept, resumed and shared out among processes.
//!
//! In: how many inputs were drawn, and how many of them a window has. Out: the parts of a block, each a run of batches. A
//! block is one window or, where windows are small, several; no part reaches over its end. So whoever makes a part has to
//! prepare its block and nothing before it, and parts made anywhere fit together.

use std::ops::Range;

use crate::base::share::Place;

/// Inputs of a part: a few seconds of a large model, and little to lose where a run is killed.
const FEWEST: usize = 32;
/// Parts of one run, about: so many files lie in a folder without harm.
const MOST_PARTS: usize = 1024;

/// How the inputs of a run are cut into parts. It depends on the inputs and the settings alone, never on time or threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    drawn: usize,
    /// Inputs drawn per window.
    window: usize,
    /// A part ends after the batch with which its block reaches a multiple of so many inputs.
    part: usize,
}

/// A part: its block, and which part of the block it is. A block may have fewer parts than this asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub block: usize,
    pub nth: usize,
}

/// A batch: its window, and which one of the window.
pub type Nth = (usize, usize);

impl Cut {
    /// The cut of `drawn` inputs in windows of `window` each.
    pub fn new(drawn: usize, window: usize) -> Cut {
        Cut::into_parts_of(drawn.div_ceil(MOST_PARTS).max(FEWEST), drawn, window)
    }

    /// The same with parts of about `part` inputs.
    pub fn into_parts_of(part: usize, drawn: usize, window: usize) -> Cut {
        Cut { drawn, window: window.max(1), part: part.max(1) }
    }

    /// Windows that make a block.
    fn stride(&self) -> usize {
        self.part.div_ceil(self.window)
    }

    /// The number of blocks.
    pub fn blocks(&self) -> usize {
        self.drawn.div_ceil(self.stride() * self.window)
    }

    /// The windows of a block.
    pub fn windows(&self, block: usize) -> Range<usize> {
        let stride = self.stride();
        block * stride..((block + 1) * stride).min(self.drawn.div_ceil(self.window))
    }

    /// The most parts that a block may have; it has at least one.
    pub fn parts_per_block(&self) -> usize {
        (self.stride() * self.window).div_ceil(self.part)
    }

    /// The number of a part, under which it is kept.
    pub fn number(&self, block: usize, nth: usize) -> u64 {
        (block * self.parts_per_block() + nth) as u64
    }

    /// Where a part stands.
    pub fn place(&self, part: Part) -> Place {
        Place { block: part.block, blocks: self.blocks(), nth: part.nth }
    }

    /// Every part that there may be, in order.
    pub fn all(&self) -> Vec<Part> {
        let of_block = |block| (0..self.parts_per_block()).map(move |nth| Part { block, nth });
        (0..self.blocks()).flat_map(of_block).collect()
    }

    /// The drawn inputs of a block.
    pub fn rows(&self, block: usize) -> Range<usize> {
        let windows = self.windows(block);
        windows.start * self.window..(windows.end * self.window).min(self.drawn)
    }

    /// The batches of every part of a block; `sizes` counts the inputs of each batch of each of its windows, skipped ones
    /// included.
    pub fn parts(&self, block: usize, sizes: &[Vec<usize>]) -> Vec<Vec<Nth>> {
        let mut parts = vec![Vec::new()];
        let mut done = 0;
        for (window, sizes) in self.windows(block).zip(sizes) {
            for (nth, size) in sizes.iter().enumerate() {
                // A part is opened when there is something to put into it, so that none is empty.
                if done / self.part >= parts.len() && parts.last().is_some_and(|part: &Vec<Nth>| !part.is_empty()) {
                    parts.push(Vec::new());
                }
                if let Some(part) = parts.last_mut() {
                    part.push((window, nth));
                }
                done += size;
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_window_has_several_parts_and_small_ones_share_one() {
        let texts = Cut::new(5000, 2048);
        assert_eq!(
            (texts.blocks(), texts.parts_per_block(), texts.windows(2), texts.rows(2)),
            (3, 64, 2..3, 4096..5000)
        );
        let images = Cut::new(100, 13);
        assert_eq!(
            (images.blocks(), images.parts_per_block(), images.windows(2), images.rows(2)),
            (3, 2, 6..8, 78..100)
        );
        assert_eq!(images.parts(0, &[vec![13], vec![13], vec![13]]), [vec![(0, 0), (1, 0), (2, 0)]]);
    }

    #[test]
    fn a_part_ends_with_the_batch_that_reaches_a_multiple() {
        let cut = Cut::into_parts_of(8, 23, 23);
        let parts = cut.parts(0, &[vec![4, 4, 4, 4, 4, 3]]);
        assert_eq!(parts, [vec![(0, 0), (0, 1)], vec![(0, 2), (0, 3)], vec![(0, 4), (0, 5)]]);
        // One batch may be larger than a part, and a window may hold nothing but repeats.
        assert_eq!(cut.parts(0, &[vec![20, 3]]), [vec![(0, 0)], vec![(0, 1)]]);
        assert_eq!(cut.parts(0, &[vec![0]]), [vec![(0, 0)]]);
    }

    #[test]
    fn there_are_not_too_many_parts() {
        for (drawn, window) in [(2500, 2048), (1_000_000, 2048), (1_000_000, 13), (1_000_000, 256), (1, 1), (33, 1)] {
            let cut = Cut::new(drawn, window);
            let parts = cut.blocks() * cut.parts_per_block();
            assert!((1..=2 * MOST_PARTS).contains(&parts), "{drawn} in {window}: {parts}");
            assert_eq!(cut.rows(cut.blocks() - 1).end, drawn);
            assert_eq!(cut.windows(cut.blocks() - 1).end, drawn.div_ceil(window));
        }
    }
}
