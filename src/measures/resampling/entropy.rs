//! How far off mean and median entropy are by each part of the inputs.

use ndarray::Array2;
use rayon::prelude::*;

use super::deviations::{Deviations, jackknife};
use super::splits::Parts;
use crate::measures::health::survey::Survey;
use crate::measures::summary::{Centre, mean};

/// Deviations of the mean and the median entropy. `entropies` are those of [`Parts::of_entropy`].
pub fn of_entropy(survey: &Survey<'_>, entropies: &[Vec<f64>], parts: &Parts) -> [Deviations; 2] {
    let Parts { splits, groups, .. } = parts;
    let places = survey.layers.len() + 1;
    let of_place = |part: &[f64], place: usize| -> Vec<f64> {
        let rows = survey.layers.get(place).cloned().unwrap_or(0..survey.rows.len());
        survey.finite(rows).map(|neuron| part[neuron]).collect()
    };
    let (of_halves, of_groups) = entropies.split_at(2 * splits.len());
    let centres: Vec<Vec<Centre>> = of_halves
        .par_iter()
        .map(|half| (0..places).map(|place| Centre::of(&mut of_place(half, place))).collect())
        .collect();
    let halves = |of: fn(&Centre) -> f64| {
        let value = |(split, place): (usize, usize)| {
            splits.scale() * (of(&centres[2 * split][place]) - of(&centres[2 * split + 1][place])) / 2.0
        };
        Deviations::centred(Array2::from_shape_fn((splits.len(), places), value))
    };
    let median = halves(|centre| centre.median);
    if groups.is_empty() {
        return [halves(|centre| centre.mean), median];
    }
    let means: Vec<Vec<f64>> = of_groups[..groups.len()]
        .par_iter()
        .map(|part| (0..places).map(|place| mean(&of_place(part, place))).collect())
        .collect();
    let figures = Array2::from_shape_fn((groups.len(), places), |(group, place)| means[group][place]);
    [jackknife(figures, &groups.iter().map(Vec::len).collect::<Vec<_>>()), median]
}
