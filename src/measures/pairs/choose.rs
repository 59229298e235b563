//! Which neurons' pairs are measured, and where each layer's pairs lie in their matrix.
//!
//! In: the neurons and how many of each layer are wanted. Out: the rows of the matrix [M, M], and views of it for the
//! statistics of a layer and of all layers together.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::knn::PairMatrix;
use crate::measures::health::survey::Survey;
use crate::measures::random::{self, PAIR_NEURONS};

/// Which neurons' pairs are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairNeurons {
    /// The first N of each layer.
    First(usize),
    /// N of each layer, drawn with the seed.
    Random(usize),
    All,
}

/// As on the command line: `64`, `random:64` or `all`.
impl fmt::Display for PairNeurons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairNeurons::First(count) => count.fmt(f),
            PairNeurons::Random(count) => write!(f, "random:{count}"),
            PairNeurons::All => f.write_str("all"),
        }
    }
}

impl FromStr for PairNeurons {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err("a number from 1, 'random:N' with such a number, or 'all'"),
            Ok(count) => Ok(count),
        };
        match text.strip_prefix("random:") {
            Some(drawn) => Ok(PairNeurons::Random(count(drawn)?)),
            None if text == "all" => Ok(PairNeurons::All),
            None => Ok(PairNeurons::First(count(text)?)),
        }
    }
}

impl Serialize for PairNeurons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PairNeurons {
    /// The same choice, but of no more neurons of each layer than make `most` pairs; of one at least. `widths` are those of
    /// the layers.
    pub(crate) fn at_most(self, most: u64, widths: &[usize]) -> PairNeurons {
        let pairs = |of_each: usize| pairs_of(widths.iter().map(|&width| width.min(of_each)).sum());
        let widest = widths.iter().copied().max().unwrap_or(0);
        let wanted = match self {
            PairNeurons::First(wanted) | PairNeurons::Random(wanted) => wanted.min(widest),
            PairNeurons::All => widest,
        };
        if pairs(wanted) <= most {
            return self;
        }
        let fewer = (1..wanted).rev().find(|&of_each| pairs(of_each) <= most).unwrap_or(1);
        match self {
            PairNeurons::Random(_) => PairNeurons::Random(fewer),
            PairNeurons::First(_) | PairNeurons::All => PairNeurons::First(fewer),
        }
    }
}

/// The neurons whose pairs are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Rows of the activations, ascending: neuron m of the matrix is row `rows[m]`.
    pub rows: Vec<usize>,
    /// The layers, as neurons of the matrix.
    pub layers: Vec<Range<usize>>,
    /// Which neurons of the matrix are finite, and so measured.
    pub measured: Vec<usize>,
    /// Those of them that are constant: I = 0 with every other.
    pub constant: Vec<bool>,
}

impl Chosen {
    pub fn of(survey: &Survey<'_>, which: PairNeurons, seed: u64) -> Chosen {
        let mut rows = Vec::new();
        let mut layers = Vec::with_capacity(survey.layers.len());
        for (index, layer) in survey.layers.iter().enumerate() {
            let start = rows.len();
            match which {
                PairNeurons::First(wanted) => rows.extend(layer.clone().take(wanted)),
                PairNeurons::Random(wanted) => {
                    let drawn = random::draw(seed, PAIR_NEURONS + index as u64, layer.len(), wanted);
                    rows.extend(drawn.into_iter().map(|neuron| layer.start + neuron as usize));
                }
                PairNeurons::All => rows.extend(layer.clone()),
            }
            layers.push(start..rows.len());
        }
        let measured = (0..rows.len()).filter(|&m| survey.neurons[rows[m]].is_finite()).collect();
        let constant = rows.iter().map(|&row| survey.neurons[row].is_constant()).collect();
        Chosen { rows, layers, measured, constant }
    }

    /// As many as `which` chooses of layers of these widths, all of them finite: for what is to be counted before there are
    /// activations.
    pub fn first(widths: &[usize], which: PairNeurons) -> Chosen {
        let mut layers = Vec::with_capacity(widths.len());
        let mut end = 0;
        for &width in widths {
            let start = end;
            end += match which {
                PairNeurons::First(most) | PairNeurons::Random(most) => width.min(most),
                PairNeurons::All => width,
            };
            layers.push(start..end);
        }
        Chosen { rows: (0..end).collect(), layers, measured: (0..end).collect(), constant: vec![false; end] }
    }

    /// Pairs of measured neurons.
    pub fn count(&self) -> u64 {
        pairs_of(self.measured.len())
    }
}

/// Pairs of different neurons.
pub(crate) fn pairs_of(neurons: usize) -> u64 {
    let neurons = neurons as u64;
    neurons * neurons.saturating_sub(1) / 2
}

/// The measured pairs of different neurons within a range of the matrix, where they lie: one slice per row, or more where
/// neurons are left out.
pub(crate) fn within<'m>(matrix: &'m PairMatrix, chosen: &Chosen, range: Range<usize>) -> Vec<&'m [f64]> {
    let first = chosen.measured.partition_point(|&m| m < range.start);
    let last = chosen.measured.partition_point(|&m| m < range.end);
    let measured = &chosen.measured[first..last];
    // Runs of neighbouring measured neurons; one run where nothing is left out.
    let runs: Vec<Range<usize>> =
        measured.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[run.len() - 1] + 1).collect();
    let mut parts = Vec::with_capacity(measured.len());
    for &i in measured {
        let row = matrix.upper_row(i);
        for run in &runs {
            let start = run.start.max(i + 1);
            if start < run.end {
                parts.push(&row[start - i..run.end - i]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_neurons_make_fewer_pairs() {
        let widths = [64, 10, 64];
        // 30 + 10 + 30 neurons are 2,415 pairs, and 31 + 10 + 31 are 2,556.
        assert_eq!(PairNeurons::First(64).at_most(2500, &widths), PairNeurons::First(30));
        assert_eq!(PairNeurons::Random(40).at_most(2500, &widths), PairNeurons::Random(30));
        assert_eq!(PairNeurons::All.at_most(2500, &widths), PairNeurons::First(30));
        for which in [PairNeurons::First(30), PairNeurons::Random(5), PairNeurons::First(9)] {
            assert_eq!(which.at_most(2500, &widths), which);
        }
        assert_eq!(PairNeurons::All.at_most(100_000, &widths), PairNeurons::All);
        assert_eq!(PairNeurons::All.at_most(0, &widths), PairNeurons::First(1));
    }
}
