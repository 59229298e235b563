//! Which neurons of each layer are constant, tied or not finite.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::survey::Survey;

/// Neurons of a layer that need care.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Neurons with one value throughout: H = 0, and I = 0 with every other.
    pub constant: usize,
    /// Neurons with over 1 % of their values not unique; a constant neuron is one of them.
    pub tied: usize,
    /// Neurons that are NaN or infinite somewhere; they are left out of every statistic.
    pub non_finite: usize,
    /// Which neurons they are, counted within the layer.
    #[serde(skip)]
    pub names: Names,
}

/// Neurons of a layer, counted within it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    pub constant: Vec<usize>,
    pub tied: Vec<usize>,
    pub non_finite: Vec<NonFinite>,
}

/// A neuron that is NaN or infinite somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonFinite {
    /// Counted within the layer.
    pub neuron: usize,
    /// The first such input, and its value.
    pub input: usize,
    pub value: f32,
    /// How many inputs.
    pub count: usize,
}

/// Counts and names per layer.
pub(crate) fn of_layers(survey: &Survey<'_>) -> Vec<Health> {
    survey.layers.iter().map(|layer| of_layer(survey, layer.clone())).collect()
}

fn of_layer(survey: &Survey<'_>, layer: Range<usize>) -> Health {
    let mut names = Names::default();
    for (neuron, facts) in survey.neurons[layer].iter().enumerate() {
        if let Some(broken) = facts.broken {
            names.non_finite.push(NonFinite { neuron, input: broken.input, value: broken.value, count: broken.count });
        }
        if facts.is_constant() {
            names.constant.push(neuron);
        }
        if facts.is_tied() {
            names.tied.push(neuron);
        }
    }
    let (constant, tied, non_finite) = (names.constant.len(), names.tied.len(), names.non_finite.len());
    Health { constant, tied, non_finite, names }
}
