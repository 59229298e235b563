//! What is prepared once for every neuron, under either formula.

use super::super::form::Form;
use super::sorted::Sorted;

/// Neurons prepared for pairing: for each, the inputs in rising order of value and the coordinates in that order.
#[derive(Debug, Clone)]
pub struct Columns(Kind);

/// The coordinates of the points of a pair.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Paper: the activations.
    Values(Sorted<f32>),
    /// Robust: the normal scores of their ranks.
    Scores(Sorted<i32>),
}

impl Columns {
    /// Prepares neurons, given as one row of S activations each. The activations must be finite; rows beyond the
    /// first are read up to the length of the first, and a shorter one is filled up with zeroes.
    pub fn prepare(rows: &[&[f32]], form: Form) -> Columns {
        Columns(match form {
            Form::Paper => Kind::Values(Sorted::values(rows)),
            Form::Robust => Kind::Scores(Sorted::scores(rows)),
        })
    }

    /// The same neurons over a part of the inputs: `kept` are their positions, rising. No sorting again.
    ///
    /// # Panics
    /// If there is no input at one of the positions.
    pub fn subsample(&self, kept: &[u32]) -> Columns {
        Columns(match &self.0 {
            Kind::Values(sorted) => Kind::Values(sorted.subsample(kept)),
            Kind::Scores(sorted) => Kind::Scores(sorted.subsample(kept)),
        })
    }

    pub(in crate::measures::pairs::knn) fn kind(&self) -> &Kind {
        &self.0
    }
}
