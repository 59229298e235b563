//! Every neuron's entropy over all inputs and over parts of them, whatever the estimator.

use rayon::prelude::*;

use crate::base::job::Job;
use crate::measures::error::Error;
use crate::measures::health::survey::Survey;

/// Entropies in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Entropies {
    /// Of every neuron over all inputs.
    pub whole: Vec<f64>,
    /// Of every part of the inputs, of every neuron: `parts[part][neuron]`.
    pub parts: Vec<Vec<f64>>,
}

/// A part of the inputs, by ascending indices.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// These.
    Only(&'a [u32]),
    /// All but these.
    Without(&'a [u32]),
}

/// An estimator of a neuron's entropy.
pub trait NeuronEntropy: Sync {
    /// Room that a thread keeps from neuron to neuron.
    type Scratch: Default;

    /// The entropy of a finite neuron over all inputs, and then over each of `parts`; nats.
    fn measure(&self, neuron: usize, row: &[f32], parts: &[Part], scratch: &mut Self::Scratch) -> Vec<f64>;
}

/// Measures every neuron; one that is not finite somewhere has NaN throughout.
///
/// # Errors
/// The user stopped the run.
pub fn measure(
    survey: &Survey<'_>,
    estimator: &impl NeuronEntropy,
    parts: &[Part],
    job: &dyn Job,
) -> Result<Entropies, Error> {
    let each: Vec<Vec<f64>> = (0..survey.rows.len())
        .into_par_iter()
        .map_init(Default::default, |scratch, neuron| {
            if job.stopped() {
                return Err(Error::Interrupted);
            }
            if !survey.neurons[neuron].is_finite() {
                return Ok(vec![f64::NAN; parts.len() + 1]);
            }
            Ok(estimator.measure(neuron, survey.rows[neuron], parts, scratch))
        })
        .collect::<Result<_, _>>()?;
    let column = |index: usize| each.iter().map(|values| values[index]).collect();
    Ok(Entropies { whole: column(0), parts: (1..=parts.len()).into_par_iter().map(column).collect() })
}
