//! Entropies of halves of the inputs that are each binned in a range of their own.
//!
//! For models measured on different inputs, where each range hangs on the inputs that happened to be drawn. In:
//! activations and the settings they were measured with. Out: how far off mean and median are by that.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};

use super::entropy::{self, Method, Ranges};
use super::intervals::Deviations;
use super::splits::Splits;
use super::summary::Centre;
use super::survey::Survey;
use super::{Error, Estimator, Settings};
use crate::base::job::Job;

/// Deviations of the mean and the median entropy of activations [neurons, inputs], their ranges' share included.
///
/// The extremes of a sample do not settle as it grows, so the deviation is the whole of a half's (the difference of two
/// has it twice in its variance), not its share in all inputs. And a few inputs decide a range: all is as it was unless
/// they fall into the same half, which few splits have and two samples may have. The mean square hides those splits, so
/// the largest of the deviations stands for each: intervals from it are wide rather than narrow.
///
/// # Errors
/// The user stopped the run.
pub fn in_own_ranges(
    activations: ArrayView2<'_, f32>,
    layers: &[Range<usize>],
    settings: &Settings,
    estimator: Estimator,
    job: &dyn Job,
) -> Result<[Deviations; 2], Error> {
    let places = layers.len() + 1;
    let splits = Splits::draw(settings.seed, activations.ncols(), settings.subsamples);
    let [mut mean, mut median] = [(); 2].map(|()| Array2::zeros((splits.len(), places)));
    for (index, split) in splits.iter().enumerate() {
        let [one, other] = &split.halves;
        let half = |inputs: &[u32]| centres(activations, layers, settings, estimator, inputs, job);
        for (place, (a, b)) in half(one)?.into_iter().zip(half(other)?).enumerate() {
            mean[[index, place]] = (a.mean - b.mean) / std::f64::consts::SQRT_2;
            median[[index, place]] = (a.median - b.median) / std::f64::consts::SQRT_2;
        }
    }
    for mut place in mean.columns_mut().into_iter().chain(median.columns_mut()) {
        let largest = place.iter().fold(0.0, |largest: f64, deviation| largest.max(deviation.abs()));
        place.fill(largest);
    }
    Ok([Deviations::centred(mean), Deviations::centred(median)])
}

/// The entropies' centres over some inputs, of every layer and of all.
fn centres(
    activations: ArrayView2<'_, f32>,
    layers: &[Range<usize>],
    settings: &Settings,
    estimator: Estimator,
    inputs: &[u32],
    job: &dyn Job,
) -> Result<Vec<Centre>, Error> {
    let inputs: Vec<usize> = inputs.iter().map(|&input| input as usize).collect();
    let half = activations.select(Axis(1), &inputs);
    let half = half.as_standard_layout();
    let rows: Vec<&[f32]> = half.as_slice().unwrap_or_default().chunks_exact(inputs.len().max(1)).collect();
    let survey = Survey::of(rows, layers, job)?;
    let ranges = Ranges::find(&survey, estimator, settings.binning, settings.bins, |_| true);
    let method = Method { estimator: settings.entropy, ranges: &ranges, neighbors: settings.neighbors };
    let entropies = entropy::measure(&survey, method, &[], job)?.whole;
    let centre =
        |rows: Range<usize>| Centre::of(&mut survey.finite(rows).map(|row| entropies[row]).collect::<Vec<_>>());
    Ok(layers.iter().cloned().chain([0..survey.rows.len()]).map(centre).collect())
}
