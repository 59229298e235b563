//! Which pairs of neurons are measured, their matrix, and its parts.
//!
//! In: the neurons and the settings. Out: a matrix [M, M] over the chosen neurons, and views of it for the statistics of
//! a layer and of all layers together.

use std::ops::Range;

use super::binned::Binned;
use super::knn::{self, Columns, Form, PairMatrix};
use crate::base::job::Job;
use crate::measures::splits::{self, PAIR_NEURONS};
use crate::measures::survey::Survey;
use crate::measures::{Error, Estimator, MiEstimator, PairNeurons, Settings};

/// The neurons whose pairs are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
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
                    let drawn = splits::draw(seed, PAIR_NEURONS + index as u64, layer.len(), wanted);
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

/// How a pair is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairMethod {
    pub estimator: MiEstimator,
    pub form: Form,
    pub neighbors: usize,
    pub bins: usize,
}

impl PairMethod {
    pub fn of(settings: &Settings, estimator: Estimator) -> PairMethod {
        let form = match estimator {
            Estimator::Paper => Form::Paper,
            Estimator::Robust => Form::Robust,
        };
        PairMethod { estimator: settings.mutual_information, form, neighbors: settings.neighbors, bins: settings.bins }
    }

    /// The fewest inputs that it can measure.
    pub fn fewest_inputs(&self) -> usize {
        match self.estimator {
            MiEstimator::Nearest => self.neighbors.saturating_add(1),
            MiEstimator::Binned => 1,
        }
    }

    /// How much further one input's part in I may reach among `samples` inputs than among `fewer`.
    ///
    /// With nearest neighbours that part is at most psi(S) - psi(k), which is also the most that I can be: the more inputs,
    /// the finer the dependence that is seen. Bins see as much in few inputs as in many.
    pub fn growth(&self, samples: usize, fewer: usize) -> f64 {
        // psi(S) - psi(k) = 1 / k + ... + 1 / (S - 1)
        let reach = |inputs: usize| (self.neighbors..inputs).map(|i| 1.0 / i as f64).sum::<f64>();
        match self.estimator {
            MiEstimator::Nearest => reach(samples) / reach(fewer),
            MiEstimator::Binned => 1.0,
        }
    }
}

/// Memory for the copies of neurons over parts of the inputs.
const ROOM: usize = 32 << 20;

/// The measured neurons of the matrix, prepared once for all their pairs.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    method: PairMethod,
    rows: Vec<&'a [f32]>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Nearest(Columns),
    Binned(Binned),
}

impl<'a> Prepared<'a> {
    pub fn of(survey: &Survey<'a>, chosen: &Chosen, method: PairMethod) -> Prepared<'a> {
        let rows: Vec<&[f32]> = chosen.measured.iter().map(|&m| survey.rows[chosen.rows[m]]).collect();
        let kind = match method.estimator {
            MiEstimator::Nearest => Kind::Nearest(Columns::prepare(&rows, method.form)),
            MiEstimator::Binned => Kind::Binned(Binned::prepare(&rows, method.bins)),
        };
        Prepared { method, rows, kind }
    }

    /// The fewest inputs that can be measured.
    pub fn fewest_inputs(&self) -> usize {
        self.method.fewest_inputs()
    }

    /// Measures all pairs of the chosen neurons, diagonal included. Rows of neurons that are not finite are NaN, those
    /// of constant neurons 0: the formulas give them 0 or, with ties, a number below that means nothing.
    ///
    /// # Errors
    /// Too few inputs; no room; the user stopped the run.
    pub fn matrix(&self, chosen: &Chosen, section: &str, job: &dyn Job) -> Result<PairMatrix, Error> {
        let measured = match &self.kind {
            _ if self.rows.is_empty() => PairMatrix::zeroes(0, job)?,
            Kind::Nearest(columns) => knn::all_pairs(columns, self.method.neighbors, section, job)?,
            Kind::Binned(binned) => binned.all(job)?,
        };
        let mut matrix = measured.spread(&chosen.measured, chosen.rows.len(), job)?;
        if chosen.constant.contains(&true) {
            for i in 0..chosen.rows.len() {
                for (j, value) in (i..).zip(matrix.upper_row_mut(i)) {
                    if (chosen.constant[i] || chosen.constant[j]) && !value.is_nan() {
                        *value = 0.0;
                    }
                }
            }
        }
        Ok(matrix)
    }

    /// The most parts of the inputs, each of so many, to measure side by side: few inputs are too little work to share out
    /// among threads, but each part has copies of the neurons.
    pub fn side_by_side(&self, inputs: usize) -> usize {
        let copies = self.rows.len() * inputs * size_of::<[u64; 4]>();
        (ROOM / copies.max(1)).clamp(1, rayon::current_num_threads())
    }

    /// Some pairs over some of the inputs, in the order given; neurons are numbered as they were measured. A neuron that
    /// is constant over these inputs has I = 0 with every other.
    ///
    /// # Errors
    /// Too few inputs.
    pub fn over(&self, inputs: &[u32], pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error> {
        let first = |row: &[f32]| inputs.first().map(|&s| row[s as usize]);
        let is_constant = |row: &&[f32]| inputs.iter().all(|&s| Some(row[s as usize]) == first(row));
        let constant: Vec<bool> = self.rows.iter().map(is_constant).collect();
        let varies = |&&(i, j): &&(u32, u32)| !constant[i as usize] && !constant[j as usize];
        let varying: Vec<(u32, u32)> = pairs.iter().filter(varies).copied().collect();
        let measured = match &self.kind {
            _ if varying.is_empty() => Vec::new(),
            Kind::Nearest(columns) => knn::some_pairs(&columns.subsample(inputs), &varying, self.method.neighbors)?,
            Kind::Binned(binned) => binned.subsample(inputs).some(&varying),
        };
        let mut measured = measured.into_iter();
        Ok(pairs.iter().map(|pair| if varies(&pair) { measured.next().unwrap_or(f64::NAN) } else { 0.0 }).collect())
    }
}

/// The measured pairs of different neurons within a range of the matrix, where they lie: one slice a row, or more where
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

    /// psi(3), psi(250) and psi(500) as in the tables of Abramowitz and Stegun: 0.9227843, 5.5194596 and 6.2136077.
    #[test]
    fn an_input_reaches_as_far_as_information_can() {
        let settings = Settings::default();
        let growth = PairMethod::of(&settings, Estimator::Paper).growth(500, 250);
        assert!((growth - (6.2136077 - 0.9227843) / (5.5194596 - 0.9227843)).abs() < 1e-6, "{growth}");
        let binned = Settings { mutual_information: MiEstimator::Binned, ..settings };
        assert_eq!(PairMethod::of(&binned, Estimator::Paper).growth(500, 250), 1.0);
    }

    /// A pair of equal neurons is the most dependent there is: its I grows by just this from half of the inputs to all.
    #[test]
    fn equal_neurons_grow_by_it() {
        let row: Vec<f32> = (0..400u32).map(|s| (s.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
        let information = |inputs: usize| knn::pair(&row[..inputs], &row[..inputs], 1, Form::Paper).unwrap();
        let settings = Settings { neighbors: 1, ..Settings::default() };
        let growth = PairMethod::of(&settings, Estimator::Paper).growth(400, 200);
        assert!((information(400) / information(200) - growth).abs() < 1e-12);
    }
}
