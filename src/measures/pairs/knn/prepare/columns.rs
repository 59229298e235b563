//! What is prepared once for every neuron: its inputs in order of value.

use rayon::prelude::*;

use super::normal_scores;
use super::super::form::Form;

/// Neurons prepared for pairing: for each, the inputs in rising order of value and the values in that order.
///
/// Eight bytes an activation: what else a pair needs is made from these for the neurons of one tile at a time.
#[derive(Debug, Clone)]
pub struct Columns {
    form: Form,
    samples: usize,
    neurons: usize,
    /// [neurons, samples]: the activations (paper) or the normal scores of their ranks (robust), rising.
    sorted: Vec<f32>,
    /// [neurons, samples]: the input each of `sorted` belongs to; tied ones in the inputs' order.
    order: Vec<u32>,
    /// Robust: the exact normal score by twice the average rank.
    scores: Vec<f64>,
}

/// One neuron of [`Columns`].
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    pub sorted: &'a [f32],
    pub order: &'a [u32],
}

impl Columns {
    /// Prepares neurons, given as one row of S activations each. The activations must be finite; rows beyond the
    /// first are read up to the length of the first, and a shorter one is filled up with zeroes.
    pub fn prepare(rows: &[&[f32]], form: Form) -> Columns {
        let samples = rows.first().map_or(0, |row| row.len());
        let mut columns = Columns::empty(form, rows.len(), samples);
        columns.fill(|n, keys| {
            keys.extend((0..samples).map(|s| key(rows[n].get(s).copied().unwrap_or(0.0), s)));
            keys.sort_unstable();
        });
        columns
    }

    /// The same neurons over a part of the inputs: `kept` are their positions, rising. No sorting again.
    pub fn subsample(&self, kept: &[u32]) -> Columns {
        // Positions in the subsample by position in the whole; what is not kept has none.
        let mut place = vec![u32::MAX; self.samples];
        for (new, &old) in kept.iter().enumerate() {
            if let Some(place) = place.get_mut(old as usize) {
                *place = new as u32;
            }
        }
        let samples = place.iter().filter(|&&new| new != u32::MAX).count();
        let mut columns = Columns::empty(self.form, self.neurons, samples);
        columns.fill(|n, keys| {
            let column = self.column(n);
            let pairs = column.order.iter().zip(column.sorted);
            keys.extend(
                pairs
                    .map(|(&s, &v)| (place[s as usize], v))
                    .filter(|&(s, _)| s != u32::MAX)
                    .map(|(s, v)| key(v, s as usize)),
            );
        });
        columns
    }

    /// N, the number of neurons.
    pub fn len(&self) -> usize {
        self.neurons
    }

    /// Whether there is no neuron.
    pub fn is_empty(&self) -> bool {
        self.neurons == 0
    }

    /// S, the number of inputs.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// What the columns were prepared for.
    pub fn form(&self) -> Form {
        self.form
    }

    pub(in crate::measures::pairs::knn) fn column(&self, n: usize) -> Column<'_> {
        let range = n * self.samples..(n + 1) * self.samples;
        Column { sorted: &self.sorted[range.clone()], order: &self.order[range] }
    }

    /// Robust: the exact score by twice the average rank; empty in paper, where the float32 values are exact.
    pub(in crate::measures::pairs::knn) fn scores(&self) -> &[f64] {
        &self.scores
    }

    fn empty(form: Form, neurons: usize, samples: usize) -> Columns {
        let scores = match form {
            Form::Paper => Vec::new(),
            Form::Robust => normal_scores::by_twice_rank(samples),
        };
        Columns {
            form,
            samples,
            neurons,
            sorted: vec![0.0; neurons * samples],
            order: vec![0; neurons * samples],
            scores,
        }
    }

    /// Writes every column from its sorted keys.
    fn fill(&mut self, sorted_keys: impl Fn(usize, &mut Vec<u64>) + Sync) {
        if self.samples == 0 {
            return;
        }
        let (form, scores) = (self.form, &self.scores);
        let columns = self.sorted.par_chunks_mut(self.samples).zip(self.order.par_chunks_mut(self.samples));
        columns.enumerate().for_each_init(Vec::new, |keys: &mut Vec<u64>, (n, (sorted, order))| {
            keys.clear();
            sorted_keys(n, keys);
            for ((value, input), &key) in sorted.iter_mut().zip(order.iter_mut()).zip(keys.iter()) {
                (*value, *input) = unkey(key);
            }
            if form == Form::Robust {
                score(sorted, scores);
            }
        });
    }
}

/// Replaces sorted values by the normal scores of their average ranks, rounded to float32.
///
/// The rounded scores only speed the search up; where float32 could decide a comparison differently from the exact
/// scores, the exact ones decide (see `count::settle`).
fn score(sorted: &mut [f32], scores: &[f64]) {
    let mut start = 0;
    while start < sorted.len() {
        let tied = sorted[start..].iter().take_while(|&&v| v == sorted[start]).count();
        // First rank + last rank, counted from one.
        sorted[start..start + tied].fill(scores[2 * start + tied + 1] as f32);
        start += tied;
    }
}

/// Value and input as an integer that sorts by value, then by input.
fn key(value: f32, input: usize) -> u64 {
    // Adding zero turns -0 into 0: they are the same value and must be tied.
    let bits = (value + 0.0).to_bits();
    // Negative floats sort backwards as integers, and below the others.
    let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    u64::from(ordered) << 32 | input as u64
}

fn unkey(key: u64) -> (f32, u32) {
    let ordered = (key >> 32) as u32;
    let bits = if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered };
    (f32::from_bits(bits), key as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_values_of_every_kind() {
        let values = [1.5, -0.0, f32::MIN_POSITIVE / 2.0, -3e38, 0.0, -1e-45, 3e38, -2.0];
        let columns = Columns::prepare(&[&values], Form::Paper);
        let column = columns.column(0);
        assert_eq!(column.sorted, [-3e38, -2.0, -1e-45, 0.0, 0.0, f32::MIN_POSITIVE / 2.0, 1.5, 3e38]);
        assert_eq!(column.order, [3, 7, 5, 1, 4, 2, 0, 6]);
    }

    #[test]
    fn tied_values_get_one_score() {
        let columns = Columns::prepare(&[&[5.0, 7.0, 5.0, -1.0]], Form::Robust);
        let sorted = columns.column(0).sorted;
        assert_eq!(sorted[1], 0.0, "ranks 2 and 3 of 4 lie around the median");
        assert!(sorted[0] == -sorted[3] && sorted[1] == sorted[2]);
    }

    #[test]
    fn a_subsample_is_as_if_prepared_anew() {
        let values: Vec<f32> = (0..200).map(|i| ((i * 37) % 23) as f32 - 11.0).collect();
        let kept: Vec<u32> = (0..200).filter(|i| i % 3 != 1).collect();
        let part: Vec<f32> = kept.iter().map(|&i| values[i as usize]).collect();
        for form in [Form::Paper, Form::Robust] {
            let ours = Columns::prepare(&[&values], form).subsample(&kept);
            let anew = Columns::prepare(&[&part], form);
            assert_eq!((ours.sorted, ours.order, ours.scores), (anew.sorted, anew.order, anew.scores));
        }
    }
}
