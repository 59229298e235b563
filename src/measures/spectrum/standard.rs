//! The neurons of a layer that vary, each with mean 0 and standard deviation 1.

use std::ops::Range;

use faer::{Mat, MatRef};

/// N neurons over S inputs, standardised when they are read.
#[derive(Debug)]
pub struct Standard<'a> {
    rows: Vec<&'a [f32]>,
    means: Vec<f64>,
    /// Standard deviations, with S in the denominator; none is zero.
    pub deviations: Vec<f64>,
}

impl<'a> Standard<'a> {
    /// Of finite rows of one length, of which those that are constant are left out.
    pub fn new(rows: impl IntoIterator<Item = &'a [f32]>) -> Standard<'a> {
        let mut standard = Standard { rows: Vec::new(), means: Vec::new(), deviations: Vec::new() };
        for row in rows {
            let samples = row.len() as f64;
            let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / samples;
            let squares: f64 = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
            let deviation = (squares / samples).sqrt();
            if deviation > 0.0 && row.iter().any(|x| x != &row[0]) {
                standard.rows.push(row);
                standard.means.push(mean);
                standard.deviations.push(deviation);
            }
        }
        standard
    }

    /// N
    pub fn neurons(&self) -> usize {
        self.rows.len()
    }

    /// S
    pub fn samples(&self) -> usize {
        self.rows.first().map_or(0, |row| row.len())
    }

    /// About `wanted` of the neurons, evenly spaced; all if there are no more.
    pub fn thinned(&self, wanted: usize) -> Standard<'a> {
        let step = self.neurons().div_ceil(wanted.max(1)).max(1);
        let pick = |values: &[f64]| values.iter().copied().step_by(step).collect();
        Standard {
            rows: self.rows.iter().copied().step_by(step).collect(),
            means: pick(&self.means),
            deviations: pick(&self.deviations),
        }
    }

    /// Some neurons over the inputs that `inputs` lists, a column per neuron.
    pub fn block(&self, neurons: Range<usize>, inputs: impl ExactSizeIterator<Item = usize> + Clone) -> Block {
        let length = inputs.len();
        let mut values = Vec::with_capacity(neurons.len() * length);
        for n in neurons.clone() {
            let (row, mean, scale) = (self.rows[n], self.means[n], 1.0 / self.deviations[n]);
            values.extend(inputs.clone().map(|s| (f64::from(row[s]) - mean) * scale));
        }
        Block { values, inputs: length, neurons: neurons.len() }
    }
}

/// Standardised activations [inputs, neurons], column by column.
pub struct Block {
    values: Vec<f64>,
    inputs: usize,
    neurons: usize,
}

impl Block {
    pub fn matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.values, self.inputs, self.neurons)
    }

    /// The sum over its inputs, per neuron.
    pub fn sums(&self) -> Vec<f64> {
        self.values.chunks_exact(self.inputs.max(1)).map(|column| column.iter().sum()).collect()
    }
}

/// A square matrix of zeroes.
pub fn zeroes(side: usize) -> Mat<f64> {
    Mat::zeros(side, side)
}
