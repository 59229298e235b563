//! The measures of the layers from the first with a neuron off, before and after.

use std::collections::HashSet;
use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};

use super::neuron::{Neuron, Scope};
use super::result::{LayerChange, Levels};
use crate::base::job::Job;
use crate::measures::{self, Binning, Estimator, Measures, Settings, measure};

/// Measures the neurons that stay on, as they were and as they are with `off` off; both activations are [neurons,
/// inputs] of the layers of `scope`. A neuron that is off is left out on both sides, because it would be a constant on
/// one of them.
///
/// # Errors
/// Those of the measures.
pub fn downstream(
    scope: &Scope,
    off: &[Neuron],
    before: ArrayView2<'_, f32>,
    after: ArrayView2<'_, f32>,
    settings: &Settings,
    job: &dyn Job,
) -> Result<Vec<LayerChange>, measures::Error> {
    let first = off.iter().map(|neuron| neuron.layer).min().unwrap_or(0);
    let gone: HashSet<usize> = off.iter().map(|&neuron| scope.row(neuron)).collect();
    let mut rows: Vec<usize> = Vec::new();
    let mut layers: Vec<(usize, Range<usize>)> = Vec::new();
    for (layer, range) in scope.ranges.iter().enumerate().skip(first) {
        let start = rows.len();
        rows.extend(range.clone().filter(|row| !gone.contains(row)));
        if rows.len() > start {
            layers.push((layer, start..rows.len()));
        }
    }
    if layers.is_empty() {
        return Ok(Vec::new());
    }
    let ranges: Vec<Range<usize>> = layers.iter().map(|(_, range)| range.clone()).collect();
    let [before, after] = [before, after].map(|activations| activations.select(Axis(0), &rows));
    let binning = match (settings.binning, settings.estimator()) {
        (Binning::Global, Estimator::Paper) => one_range(&[&before, &after]),
        (other, _) => other,
    };
    let estimators = vec![settings.estimator()];
    let settings = Settings { estimators, binning, robust_on_concern: false, ..settings.clone() };
    let of = |activations: &Array2<f32>| measure(activations.view(), &ranges, &settings, job);
    let (before, after) = (of(&before)?, of(&after)?);
    let one = |(place, (layer, range)): (usize, &(usize, Range<usize>))| LayerChange {
        label: scope.labels[*layer].clone(),
        neurons: range.len(),
        off: scope.ranges[*layer].len() - range.len(),
        before: levels(&before, place),
        after: levels(&after, place),
    };
    Ok(layers.iter().enumerate().map(one).collect())
}

/// The range of all finite neurons on both sides: with a range of its own, a side would have other bins, and neurons
/// that did not change another entropy.
fn one_range(sides: &[&Array2<f32>]) -> Binning {
    let rows = sides.iter().flat_map(|side| side.rows());
    let finite = rows.filter(|row| row.iter().all(|value| value.is_finite()));
    let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
    for row in finite {
        for &value in row {
            (min, max) = (min.min(value), max.max(value));
        }
    }
    if min <= max { Binning::Shared { min, max } } else { Binning::Global }
}

fn levels(measures: &Measures, layer: usize) -> Levels {
    let of = &measures.leading().layers[layer];
    let spectrum = &measures.spectra.layers[layer];
    Levels {
        entropy: of.entropy.mean,
        entropy_interval95: of.entropy.interval95,
        mutual_information: of.mutual_information.mean,
        mutual_information_interval95: of.mutual_information.interval95,
        effective_rank: spectrum.effective_rank,
        effective_rank_interval95: spectrum.interval95,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::s;

    use super::*;

    #[test]
    fn layers_before_the_first_neuron_that_is_off_and_neurons_that_are_off_are_left_out() {
        let values = |shift: f32| {
            Array2::from_shape_fn((9, 200), |(neuron, input)| ((neuron + 2) as f32 * 0.37 * input as f32 + shift).sin())
        };
        let (before, mut after) = (values(0.0), values(0.0));
        after.slice_mut(s![4, ..]).fill(0.0);
        after.slice_mut(s![6.., ..]).assign(&(3.0 * &values(0.3).slice(s![6.., ..])));
        let labels = ["a", "b", "c"].map(str::to_owned);
        let scope = Scope { labels: &labels, ranges: &[0..3, 3..6, 6..9], masked: &[0, 1, 2] };
        let off = [Neuron { layer: 1, index: 1 }];
        let found = downstream(&scope, &off, before.view(), after.view(), &Settings::default(), &()).unwrap();
        let shown: Vec<(&str, usize, usize)> =
            found.iter().map(|layer| (layer.label.as_str(), layer.neurons, layer.off)).collect();
        assert_eq!(shown, [("b", 2, 1), ("c", 3, 0)]);
        assert_eq!(found[0].before, found[0].after, "what stays on in the layer itself is as it was");
        assert_ne!(found[1].before.effective_rank, found[1].after.effective_rank);
        let whole: Vec<Neuron> = (0..3).map(|index| Neuron { layer: 2, index }).collect();
        assert!(downstream(&scope, &whole, before.view(), after.view(), &Settings::default(), &()).unwrap().is_empty());
    }
}
