//! How many neurons of each layer are constant, tied or not finite.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::survey::Survey;

/// How many neurons of a layer need care, and which of them are not finite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Neurons with one value throughout: H = 0, and I = 0 with every other.
    pub constant: usize,
    /// Neurons with over 1 % of their values not unique; a constant neuron is one of them.
    pub tied: usize,
    /// Neurons that are NaN or infinite somewhere; they are left out of every statistic.
    pub non_finite: usize,
    /// Those neurons; a warning of the report names them.
    #[serde(skip)]
    pub broken: Vec<NonFinite>,
}

impl Health {
    /// Whether every neuron varies, has distinct values and is finite.
    pub fn is_good(&self) -> bool {
        (self.constant, self.tied, self.non_finite) == (0, 0, 0)
    }
}

/// A neuron that is NaN or infinite somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonFinite {
    /// Counted within the layer.
    pub neuron: usize,
    /// The first such input.
    pub input: usize,
}

/// The health of every layer.
pub(crate) fn of_layers(survey: &Survey<'_>) -> Vec<Health> {
    survey.layers.iter().map(|layer| of_layer(survey, layer.clone())).collect()
}

fn of_layer(survey: &Survey<'_>, layer: Range<usize>) -> Health {
    let mut health = Health::default();
    for (neuron, facts) in survey.neurons[layer].iter().enumerate() {
        if let Some(broken) = facts.broken {
            health.broken.push(NonFinite { neuron, input: broken.input });
        }
        health.constant += usize::from(facts.is_constant());
        health.tied += usize::from(facts.is_tied());
    }
    health.non_finite = health.broken.len();
    health
}
