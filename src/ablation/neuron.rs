//! A neuron by its place, and which neurons are off.

use std::ops::Range;

use super::error::Error;

/// A neuron by its layer, counted among all that are measured, and its index in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neuron {
    pub layer: usize,
    pub index: usize,
}

/// The layers that are measured, and those whose neurons may be switched off.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The labels of all layers, in the order of the forward pass.
    pub labels: &'a [String],
    /// The rows of each in the activations.
    pub ranges: &'a [Range<usize>],
    /// Places of the layers with a mask, ascending.
    pub masked: &'a [usize],
}

impl Scope<'_> {
    /// The row of a neuron in the activations.
    pub fn row(&self, neuron: Neuron) -> usize {
        self.ranges[neuron.layer].start + neuron.index
    }

    /// Every neuron that may be switched off.
    pub fn neurons(&self) -> impl Iterator<Item = Neuron> {
        self.masked.iter().flat_map(|&layer| (0..self.ranges[layer].len()).map(move |index| Neuron { layer, index }))
    }

    /// These neurons, sorted by masks.
    pub fn off(&self, neurons: &[Neuron]) -> Off {
        let of_layer = |&layer: &usize| {
            let own = neurons.iter().filter(|neuron| neuron.layer == layer);
            own.map(|neuron| neuron.index).collect()
        };
        Off(self.masked.iter().map(of_layer).collect())
    }
}

/// The places of the layers called `wanted` among all; of all layers if none is asked for.
///
/// # Errors
/// There is no layer of such a label.
pub fn masked_layers(labels: &[&str], wanted: &[String]) -> Result<Vec<usize>, Error> {
    if let Some(missing) = wanted.iter().find(|name| !labels.contains(&name.as_str())) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        return Err(Error::NoLayer { wanted: missing.clone(), labels });
    }
    let asked = |layer: &usize| wanted.is_empty() || wanted.iter().any(|name| name == labels[*layer]);
    Ok((0..labels.len()).filter(asked).collect())
}

/// The neurons that are off, by their indices: one list per mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Off(pub Vec<Vec<usize>>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_found_by_their_labels() {
        let of = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            masked_layers(&["fc1", "fc2", "fc3"], &wanted)
        };
        assert_eq!(of(&[]).unwrap(), [0, 1, 2]);
        assert_eq!(of(&["fc3", "fc1"]).unwrap(), [0, 2]);
        assert!(matches!(of(&["fc1", "fc*"]), Err(Error::NoLayer { wanted, .. }) if wanted == "fc*"));
    }

    #[test]
    fn neurons_are_sorted_by_masks() {
        let labels = ["a", "b", "c"].map(str::to_owned);
        let scope = Scope { labels: &labels, ranges: &[0..2, 2..4, 4..9], masked: &[0, 2] };
        let neuron = |layer, index| Neuron { layer, index };
        assert_eq!(scope.off(&[neuron(2, 4), neuron(0, 1), neuron(2, 0)]), Off(vec![vec![1], vec![4, 0]]));
        assert_eq!(scope.neurons().count(), 7);
        assert_eq!(scope.row(neuron(2, 3)), 7);
    }
}
