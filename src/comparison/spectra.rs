//! Effective ranks of the models of a side.

use ndarray::ArrayView1;

use super::uncertainty::{ALONE, Variance, average};
use crate::measures::{Spectra, Spectrum};

/// The spectrum of one model in one layer, or overall.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankCell<'a> {
    pub spectrum: Spectrum,
    /// Of the effective rank, by each part of the inputs.
    pub deviations: ArrayView1<'a, f64>,
    pub degrees: f64,
}

impl<'a> RankCell<'a> {
    /// Layer `place`, or overall where that is L.
    pub fn of(spectra: &'a Spectra, place: usize) -> RankCell<'a> {
        RankCell {
            spectrum: spectra.layers.get(place).copied().unwrap_or(spectra.overall),
            deviations: spectra.deviations.values.column(place),
            degrees: spectra.deviations.degrees,
        }
    }
}

/// The average over the models of a side, with the interval of the effective rank.
pub(super) fn average_of(side: &[RankCell]) -> Spectrum {
    let ranks = ranks(side);
    let seeds = (ranks.len() > 1).then(|| Variance::estimated(&ranks, 1.0 / ranks.len() as f64));
    let inputs = Variance::of_deviations(&deviations(side), degrees(side));
    let parts: Vec<Variance> = [inputs].into_iter().chain(seeds).collect();
    let effective_rank = average(&ranks);
    let over_models =
        |of: fn(&Spectrum) -> f64| average(&side.iter().map(|cell| of(&cell.spectrum)).collect::<Vec<_>>());
    Spectrum {
        effective_rank,
        interval95: Variance::sum(&parts).around(effective_rank, ALONE),
        participation_ratio: over_models(|spectrum| spectrum.participation_ratio),
        mean_abs_correlation: over_models(|spectrum| spectrum.mean_abs_correlation),
    }
}

/// The models' effective ranks.
pub(super) fn ranks(side: &[RankCell]) -> Vec<f64> {
    side.iter().map(|cell| cell.spectrum.effective_rank).collect()
}

/// The variance over inputs of the difference between the averages of two sides.
pub(super) fn paired_inputs(variant: &[RankCell], baseline: &[RankCell]) -> Variance {
    let differences: Vec<f64> = deviations(variant).iter().zip(deviations(baseline)).map(|(a, b)| a - b).collect();
    Variance::of_deviations(&differences, degrees(variant).min(degrees(baseline)))
}

/// The deviation, by each part of the inputs, of the average of the models' effective ranks.
fn deviations(side: &[RankCell]) -> Vec<f64> {
    let parts = side.iter().map(|cell| cell.deviations.len()).min().unwrap_or(0);
    let deviation = |part: usize| average(&side.iter().map(|cell| cell.deviations[part]).collect::<Vec<_>>());
    (0..parts).map(deviation).collect()
}

fn degrees(side: &[RankCell]) -> f64 {
    side.iter().map(|cell| cell.degrees).fold(f64::INFINITY, f64::min)
}
