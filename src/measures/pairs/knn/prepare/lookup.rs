//! From a value to about its rank: a table that is equally good for every distribution.

use std::ops::Range;

use super::super::simd::{Knots, Number, SEGMENTS, WINDOW};

/// Cells for each value: where a segment is uneven, still few share one. More of them would not fit into the cache.
const CELLS_PER_VALUE: usize = 2;

/// A cell with more values than this is crowded: where all that a window holds lie before an end, it does not show the end.
const CROWD: usize = WINDOW - 1;

/// Knots and the ranks at them.
#[derive(Debug, Clone)]
pub struct Lookup {
    pub knots: Knots,
    /// How far apart the values usually are, whatever a few of them do: the median width of sixteenths of them.
    pub spread: f32,
    /// By cell of `knots`: how many distinct values lie in earlier cells.
    pub cells: Vec<u32>,
}

impl Lookup {
    /// For distinct values that rise.
    pub fn new<V: Number>(distinct: &[V]) -> Self {
        let distinct = V::floats(distinct);
        let knots = Knots::new(&distinct);
        let cells = knots.table(&distinct);
        Lookup { knots, spread: spread(&distinct), cells }
    }
}

impl Knots {
    /// Knots for distinct values that rise.
    pub fn new(distinct: &[f32]) -> Self {
        let cells_each = (CELLS_PER_VALUE * distinct.len()).div_ceil(SEGMENTS) as u32;
        let last = distinct[distinct.len() - 1];
        let mut segments = vec![Segment::new(distinct, 0..distinct.len(), cells_each)];
        while segments.len() < SEGMENTS {
            let fullest = (0..segments.len()).max_by_key(|&i| (segments[i].crowded, segments[i].ranks.len()));
            let Some(i) = fullest.filter(|&i| segments[i].ranks.len() > 1) else { break };
            let [lower, upper] = segments[i].split(distinct, cells_each);
            segments[i] = lower;
            segments.insert(i + 1, upper);
        }
        let firsts = std::array::from_fn(|i| i as u32 * cells_each);
        let mut knots = Knots { starts: [last; SEGMENTS], scales: [0.0; SEGMENTS], cells_each, firsts };
        for (i, segment) in segments.iter().enumerate() {
            knots.starts[i] = distinct[segment.ranks.start];
            if segment.width > 0.0 {
                knots.scales[i] = (cells_each as f32 / segment.width).min(f32::MAX);
            }
        }
        knots
    }

    /// For every cell, how many of the distinct values lie in cells before it.
    pub fn table(&self, distinct: &[f32]) -> Vec<u32> {
        // Each value is counted one cell after its own; then the counts are added up.
        let mut table = vec![0u32; self.cells() + 1];
        let mut segment = 0;
        for &value in distinct {
            while segment + 1 < SEGMENTS && self.starts[segment + 1] <= value {
                segment += 1;
            }
            table[self.cell_in(segment, value) as usize + 1] += 1;
        }
        let mut before = 0;
        for count in &mut table {
            before += *count;
            *count = before;
        }
        table.pop();
        table
    }
}

/// Consecutive distinct values that share a width of cells.
struct Segment {
    ranks: Range<usize>,
    /// From its first value to the first of the next segment.
    width: f32,
    /// How many of its values start a crowd narrower than a cell.
    crowded: usize,
}

/// Where one value in so many is crowded, it is worth the time to look for better segments.
const MANY: usize = 8;

impl Segment {
    fn new(distinct: &[f32], ranks: Range<usize>, cells: u32) -> Self {
        let width = distinct[ranks.end.min(distinct.len() - 1)] - distinct[ranks.start];
        let cell = width / cells as f32;
        let values = &distinct[ranks.clone()];
        let crowded = values.iter().zip(values.iter().skip(CROWD)).filter(|&(first, last)| last - first < cell).count();
        Segment { ranks, width, crowded }
    }

    /// Two from more than one value: at its middle, or where that leaves many crowded, at the eighth that leaves fewest.
    fn split(&self, distinct: &[f32], cells: u32) -> [Segment; 2] {
        let Range { start, end } = self.ranks;
        let at = |place: usize| [start..place, place..end].map(|ranks| Segment::new(distinct, ranks, cells));
        let crowded = |two: &[Segment; 2]| two[0].crowded + two[1].crowded;
        let mut best = at(start.midpoint(end));
        for eighth in [3, 5, 2, 6, 1, 7] {
            let place = start + (end - start) * eighth / 8;
            if crowded(&best) * MANY < end - start || place == start {
                continue;
            }
            let other = at(place);
            if crowded(&other) < crowded(&best) {
                best = other;
            }
        }
        best
    }
}

fn spread(distinct: &[f32]) -> f32 {
    const PARTS: usize = 16;
    let at = |part: usize| distinct[(part * distinct.len() / PARTS).min(distinct.len() - 1)];
    let mut widths: [f32; PARTS] = std::array::from_fn(|part| at(part + 1) - at(part));
    widths.sort_unstable_by(f32::total_cmp);
    widths[PARTS / 2]
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

    /// Two narrow clusters with values far apart before each, whose edges no halving of the ranks meets: halves of halves leave
    /// three values in ten crowded.
    #[test]
    fn segments_end_where_clusters_do() {
        let apart = |from: i32| (from..from + 130).map(|i| i as f32);
        let cluster = |at: f32| (0..370).map(move |i| at + i as f32 * 1e-3);
        let values: Vec<f32> = apart(0).chain(cluster(230.0)).chain(apart(331)).chain(cluster(561.0)).collect();
        let table = Knots::new(&values).table(&values);
        let held = table.windows(2).map(|two| two[1] - two[0]);
        let crowded: u32 = held.filter(|&values| values > CROWD as u32).sum();
        assert!(crowded < 50, "{crowded} of 1,000");
    }

    #[test]
    fn cells_hold_few_values_whatever_the_distribution() {
        let values = &distributions()[1];
        let table = Knots::new(values).table(values);
        assert!(table.windows(2).all(|pair| pair[1] - pair[0] < 8));
    }
}
