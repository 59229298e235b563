//! Neurons with their inputs in order of value: prepared once for the whole run.

use rayon::prelude::*;

use super::super::form::Form;
use super::super::simd::{LARGEST_SCORE, Number};
use super::normal_scores::by_twice_rank;

/// Neurons by value, as coordinates of one kind.
///
/// Eight bytes per activation: what else a pair needs is made from these for the neurons of one tile at a time.
#[derive(Debug, Clone)]
pub struct Sorted<V> {
    pub form: Form,
    pub samples: usize,
    pub neurons: usize,
    /// [neurons, samples]: the activations (paper) or the normal scores of their ranks (robust), rising.
    coordinates: Vec<V>,
    /// [neurons, samples]: the input that each of these belongs to; tied ones in the inputs' order.
    order: Vec<u32>,
    /// Robust: the exact normal score by twice the average rank; empty in paper, where the coordinates are exact.
    pub scores: Vec<f64>,
}

/// One neuron of [`Sorted`].
#[derive(Debug, Clone, Copy)]
pub struct Column<'a, V> {
    pub sorted: &'a [V],
    pub order: &'a [u32],
}

impl Sorted<f32> {
    /// The activations themselves.
    pub fn values(rows: &[&[f32]]) -> Self {
        Sorted::fill(rows.len(), samples(rows), Form::Paper, Vec::new(), |n, keys, sorted, order| {
            sort(rows[n], samples(rows), keys);
            for ((value, input), &key) in sorted.iter_mut().zip(order).zip(keys.iter()) {
                (*value, *input) = (value_of(key), key as u32);
            }
        })
    }

    /// As [`super::Columns::subsample`].
    pub fn subsample(&self, kept: &[u32]) -> Self {
        self.filtered(kept, Vec::new(), |_| {})
    }
}

impl Sorted<i32> {
    /// The normal scores of their ranks, in fixed point.
    pub fn scores(rows: &[&[f32]]) -> Self {
        let scores = by_twice_rank(samples(rows));
        let in_fixed_point = fixed_point(&scores);
        Sorted::fill(rows.len(), samples(rows), Form::Robust, scores, |n, keys, sorted, order| {
            sort(rows[n], samples(rows), keys);
            for ((coordinate, input), &key) in sorted.iter_mut().zip(order).zip(keys.iter()) {
                (*coordinate, *input) = ((key >> 32) as i32, key as u32);
            }
            rank(sorted, &in_fixed_point);
        })
    }

    /// As [`super::Columns::subsample`].
    pub fn subsample(&self, kept: &[u32]) -> Self {
        let scores = by_twice_rank(kept.len());
        let in_fixed_point = fixed_point(&scores);
        self.filtered(kept, scores, |sorted| rank(sorted, &in_fixed_point))
    }
}

impl<V: Number> Sorted<V> {
    pub fn column(&self, n: usize) -> Column<'_, V> {
        let range = n * self.samples..(n + 1) * self.samples;
        Column { sorted: &self.coordinates[range.clone()], order: &self.order[range] }
    }

    /// The same neurons over a part of the inputs, then their coordinates computed again by `finish`.
    fn filtered(&self, kept: &[u32], scores: Vec<f64>, finish: impl Fn(&mut [V]) + Sync) -> Self {
        // Positions in the subsample by position in the whole; what is not kept has none.
        let mut place = vec![u32::MAX; self.samples];
        for (new, &old) in kept.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        Sorted::fill(self.neurons, kept.len(), self.form, scores, |n, _, sorted, order| {
            let column = self.column(n);
            let all = column.order.iter().map(|&input| place[input as usize]).zip(column.sorted);
            let kept = all.filter(|&(input, _)| input != u32::MAX);
            for ((coordinate, input), (new, &old)) in sorted.iter_mut().zip(order).zip(kept) {
                (*coordinate, *input) = (old, new);
            }
            finish(sorted);
        })
    }

    /// Every neuron from what `column` writes; it has room for keys.
    fn fill(
        neurons: usize,
        samples: usize,
        form: Form,
        scores: Vec<f64>,
        column: impl Fn(usize, &mut Vec<u64>, &mut [V], &mut [u32]) + Sync,
    ) -> Self {
        let mut coordinates = vec![V::default(); neurons * samples];
        let mut order = vec![0; neurons * samples];
        if samples > 0 {
            let columns = coordinates.par_chunks_mut(samples).zip(order.par_chunks_mut(samples)).enumerate();
            columns.for_each_init(Vec::new, |keys, (n, (sorted, order))| column(n, keys, sorted, order));
        }
        Sorted { form, samples, neurons, coordinates, order, scores }
    }
}

fn samples(rows: &[&[f32]]) -> usize {
    rows.first().map_or(0, |row| row.len())
}

/// A row's keys, rising; a row is cut, or filled up with zeroes, to so many inputs.
fn sort(row: &[f32], samples: usize, keys: &mut Vec<u64>) {
    keys.clear();
    keys.extend((0..samples).map(|s| key(row.get(s).copied().unwrap_or(0.0), s)));
    keys.sort_unstable();
}

/// Value and input as an integer that sorts by value, then by input.
fn key(value: f32, input: usize) -> u64 {
    // Adding zero turns -0 into 0: they are the same value and must be tied.
    let bits = (value + 0.0).to_bits();
    // Negative floats sort backwards as integers, and below the others.
    let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    u64::from(ordered) << 32 | input as u64
}

fn value_of(key: u64) -> f32 {
    let ordered = (key >> 32) as u32;
    f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

/// Replaces sorted coordinates by the scores of their average ranks.
fn rank(sorted: &mut [i32], scores: &[i32]) {
    let mut start = 0;
    while start < sorted.len() {
        let tied = sorted[start..].iter().take_while(|&&v| v == sorted[start]).count();
        // First rank + last rank, counted from one.
        sorted[start..start + tied].fill(scores[2 * start + tied + 1]);
        start += tied;
    }
}

/// Normal scores by twice the rank as whole numbers, as far apart as 32 bits allow.
///
/// Two neighbouring scores are more than a whole number apart up to some ten million inputs. Where these numbers could decide a
/// comparison differently from the exact scores, the exact ones decide (see `count`).
fn fixed_point(scores: &[f64]) -> Vec<i32> {
    let largest = scores.last().copied().unwrap_or(0.0);
    let scale = if largest > 0.0 { f64::from(LARGEST_SCORE) / largest } else { 1.0 };
    scores.iter().map(|score| (score * scale).round() as i32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_values_of_every_kind() {
        let values = [1.5, -0.0, f32::MIN_POSITIVE / 2.0, -3e38, 0.0, -1e-45, 3e38, -2.0];
        let columns = Sorted::values(&[&values]);
        let column = columns.column(0);
        assert_eq!(column.sorted, [-3e38, -2.0, -1e-45, 0.0, 0.0, f32::MIN_POSITIVE / 2.0, 1.5, 3e38]);
        assert_eq!(column.order, [3, 7, 5, 1, 4, 2, 0, 6]);
    }

    #[test]
    fn tied_values_get_one_score() {
        let columns = Sorted::scores(&[&[5.0, 7.0, 5.0, -1.0]]);
        let sorted = columns.column(0).sorted;
        assert_eq!(sorted[1], 0, "ranks 2 and 3 of 4 lie around the median");
        assert!(sorted[0] == -sorted[3] && sorted[1] == sorted[2]);
    }

    #[test]
    fn different_ranks_have_different_scores_in_fixed_point() {
        for samples in [1, 2, 3, 64, 2500, 1_000_000] {
            let scores = fixed_point(&by_twice_rank(samples));
            assert!(scores[2..].windows(2).all(|two| two[0] + i32::MARGIN < two[1]), "of {samples}");
            assert!(scores[2] == -scores[2 * samples] && scores[2 * samples] <= LARGEST_SCORE);
        }
    }

    #[test]
    fn a_subsample_is_as_if_prepared_alone() {
        let values: Vec<f32> = (0..200).map(|i| ((i * 37) % 23) as f32 - 11.0).collect();
        let kept: Vec<u32> = (0..200).filter(|i| i % 3 != 1).collect();
        let part: Vec<f32> = kept.iter().map(|&i| values[i as usize]).collect();
        let (ours, alone) = (Sorted::values(&[&values]).subsample(&kept), Sorted::values(&[&part]));
        assert_eq!((ours.coordinates, ours.order), (alone.coordinates, alone.order));
        let (ours, alone) = (Sorted::scores(&[&values]).subsample(&kept), Sorted::scores(&[&part]));
        assert_eq!((ours.coordinates, ours.order, ours.scores), (alone.coordinates, alone.order, alone.scores));
    }
}
