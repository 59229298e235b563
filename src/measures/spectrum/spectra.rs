//! The spectra of all layers, and how far off their effective ranks are by the inputs drawn.
//!
//! The effective rank of a part of the inputs is not that of all of them: with few inputs there are few directions. So
//! the inputs are left out in groups, as for the mean entropy (see [`crate::measures::resampling`]). As every group costs
//! the eigenvalues once more, wide layers are represented by some of their neurons there; fewer neurons vary more, so the
//! interval is rather too wide than too narrow.

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::figures::{eigenvalues, ln_effective_rank};
use super::products::{PairSums, Products, add_products};
use super::standard::{Standard, zeroes};
use crate::base::job::Job;
use crate::base::nullable;
use crate::measures::error::Error;
use crate::measures::health::survey::Survey;
use crate::measures::resampling::deviations::{Deviations, jackknife};
use crate::measures::summary::mean;

/// How many directions the activations of a layer use; NaN (`null` in JSON) where no neuron varies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// R = exp(-sum q ln q), q the singular values of the standardised activations over their sum (Roy and Vetterli 2007).
    /// Overall the geometric mean over layers.
    #[serde(deserialize_with = "nullable::number")]
    pub effective_rank: f64,
    /// Of the effective rank, over inputs.
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
    /// (sum l)^2 / sum l^2 of the eigenvalues l of the covariance. Overall the geometric mean over layers.
    #[serde(deserialize_with = "nullable::number")]
    pub participation_ratio: f64,
    /// The mean of |r| over pairs of neurons, r being Pearson's correlation. Overall the mean over layers.
    #[serde(deserialize_with = "nullable::number")]
    pub mean_abs_correlation: f64,
}

impl Default for Spectrum {
    /// Nothing is known.
    fn default() -> Spectrum {
        let (effective_rank, participation_ratio, mean_abs_correlation) = (f64::NAN, f64::NAN, f64::NAN);
        Spectrum { effective_rank, interval95: [f64::NAN; 2], participation_ratio, mean_abs_correlation }
    }
}

/// The spectra of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectra {
    pub layers: Vec<Spectrum>,
    pub overall: Spectrum,
    /// Of the effective rank, [groups left out, layers + 1].
    pub deviations: Deviations,
}

/// Up to this many neurons of a layer represent it while groups of inputs are left out.
const REPRESENTED_BY: usize = 256;

/// One layer's figures, and ln R without each group.
struct OfLayer {
    ln_rank: f64,
    participation_ratio: f64,
    mean_abs_correlation: f64,
    without: Vec<f64>,
}

/// Measures every layer. `groups` are to be left out in turn; without them there is no interval.
///
/// # Errors
/// The user stopped the run.
pub(crate) fn measure(survey: &Survey<'_>, groups: &[Vec<u32>], job: &dyn Job) -> Result<Spectra, Error> {
    let layers = survey.layers.par_iter().map(|rows| {
        let varying = survey.finite(rows.clone()).filter(|&row| !survey.neurons[row].is_constant());
        OfLayer::measure(&Standard::new(varying.map(|row| survey.rows[row])), groups, job)
    });
    let layers: Vec<OfLayer> = layers.collect::<Result<_, Error>>()?;
    Ok(spectra(&layers, groups))
}

fn spectra(layers: &[OfLayer], groups: &[Vec<u32>]) -> Spectra {
    let over_layers = |of: &dyn Fn(&OfLayer) -> f64| mean(&known(layers.iter().map(of)));
    let ln_ranks: Vec<f64> =
        layers.iter().map(|layer| layer.ln_rank).chain([over_layers(&|layer| layer.ln_rank)]).collect();
    let without = Array2::from_shape_fn((groups.len(), layers.len() + 1), |(group, place)| match layers.get(place) {
        Some(layer) => layer.without[group],
        None => over_layers(&|layer| layer.without[group]),
    });
    let mut deviations = jackknife(without, &groups.iter().map(Vec::len).collect::<Vec<_>>());
    for (mut column, ln_rank) in deviations.values.columns_mut().into_iter().zip(&ln_ranks) {
        column.mapv_inplace(|deviation| deviation * ln_rank.exp());
    }
    let spectrum = |place: usize, participation_ratio: f64, mean_abs_correlation: f64| {
        let effective_rank = ln_ranks[place].exp();
        let half = deviations.half_width(place);
        let interval95 = [effective_rank - half, effective_rank + half];
        Spectrum { effective_rank, interval95, participation_ratio, mean_abs_correlation }
    };
    let overall = spectrum(
        layers.len(),
        over_layers(&|layer| layer.participation_ratio.ln()).exp(),
        over_layers(&|layer| layer.mean_abs_correlation),
    );
    let layers = layers.iter().enumerate();
    let layers = layers.map(|(at, of)| spectrum(at, of.participation_ratio, of.mean_abs_correlation)).collect();
    Spectra { layers, overall, deviations }
}

fn known(values: impl Iterator<Item = f64>) -> Vec<f64> {
    values.filter(|value| !value.is_nan()).collect()
}

impl OfLayer {
    fn measure(standard: &Standard<'_>, groups: &[Vec<u32>], job: &dyn Job) -> Result<OfLayer, Error> {
        if job.stopped() {
            return Err(Error::Interrupted);
        }
        let Products { matrix, sums } = Products::of(standard);
        Ok(OfLayer {
            ln_rank: ln_effective_rank(&eigenvalues(&matrix)),
            participation_ratio: participation_ratio(&standard.deviations, sums),
            mean_abs_correlation: sums.absolute / sums.pairs,
            without: without_groups(&standard.thinned(REPRESENTED_BY), groups, job)?,
        })
    }
}

/// By the traces: sum l is that of the variances, and sum l^2 that of all squared covariances.
fn participation_ratio(deviations: &[f64], sums: PairSums) -> f64 {
    let variances: f64 = deviations.iter().map(|d| d * d).sum();
    let squares: f64 = deviations.iter().map(|d| d.powi(4)).sum();
    variances * variances / (squares + 2.0 * sums.covariance)
}

/// ln R over all inputs but each group.
fn without_groups(standard: &Standard<'_>, groups: &[Vec<u32>], job: &dyn Job) -> Result<Vec<f64>, Error> {
    let (neurons, samples) = (standard.neurons(), standard.samples());
    if neurons == 0 {
        return Ok(vec![f64::NAN; groups.len()]);
    }
    // The products of each group's inputs with the scale of all inputs, and their sums.
    let parts: Vec<_> = groups
        .iter()
        .map(|group| {
            let block = standard.block(0..neurons, group.iter().map(|&input| input as usize));
            let mut products = zeroes(neurons);
            add_products(&mut products, block.matrix().transpose(), block.matrix(), samples);
            (products, block.sums())
        })
        .collect();
    let mut all = zeroes(neurons);
    for (products, _) in &parts {
        all += products;
    }
    let mut ranks = Vec::with_capacity(groups.len());
    for ((products, sums), group) in parts.iter().zip(groups) {
        if job.stopped() {
            return Err(Error::Interrupted);
        }
        let share = samples as f64 / (samples - group.len()) as f64;
        let mean = |i: usize| -sums[i] * share / samples as f64;
        let covariance = |i: usize, j: usize| (all[(i, j)] - products[(i, j)]) * share - mean(i) * mean(j);
        // A neuron that varies in this group only is constant without it.
        let scale: Vec<f64> = (0..neurons)
            .map(|i| covariance(i, i))
            .map(|variance| if variance > f64::EPSILON { variance.sqrt().recip() } else { 0.0 })
            .collect();
        let mut correlations = zeroes(neurons);
        for j in 0..neurons {
            for i in j..neurons {
                correlations[(i, j)] = covariance(i, j) * scale[i] * scale[j];
            }
        }
        ranks.push(ln_effective_rank(&eigenvalues(&correlations)));
    }
    Ok(ranks)
}
