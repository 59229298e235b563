//! Reasons to read `robust` next to `paper`.

use serde::{Deserialize, Serialize};

use super::outliers::OutlierChannel;
use super::survey::Survey;
use crate::base::nullable;
use crate::measures::quantiles;

/// Reasons to doubt `paper`, and so to read `robust` too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Concerns {
    /// Over 1 % of the varying neurons are tied.
    pub ties: bool,
    /// Most neurons share few of the bins: spreads differ by over 30 times, or the range of all values is over 30 times
    /// that without the outermost 1 %.
    pub scales: bool,
    /// There are outlier channels.
    pub outliers: bool,
    /// Tied neurons among those that vary.
    #[serde(deserialize_with = "nullable::number")]
    pub tied_share: f64,
    /// The widest neurons' spread over the narrowest's: 95 % over 5 % quantile of the widths of the middle 90 %.
    #[serde(deserialize_with = "nullable::number")]
    pub spread_ratio: f64,
    /// Range of all values over the range from their 0.5 to their 99.5 % quantile.
    #[serde(deserialize_with = "nullable::number")]
    pub range_ratio: f64,
}

impl Concerns {
    pub fn any(&self) -> bool {
        self.ties || self.scales || self.outliers
    }
}

const TIED_NEURONS: f64 = 0.01;
/// Three bins of a hundred. Healthy trained networks are at 2 to 12.
const CLASHING: f64 = 30.0;

/// The reasons to doubt `paper`.
pub(crate) fn find(survey: &Survey<'_>, outliers: &[OutlierChannel]) -> Concerns {
    let varying: Vec<usize> =
        survey.finite(0..survey.rows.len()).filter(|&row| !survey.neurons[row].is_constant()).collect();
    let facts = |row: &usize| &survey.neurons[*row];
    let tied = varying.iter().filter(|row| facts(row).is_tied()).count();
    let tied_share = tied as f64 / varying.len() as f64;
    // A neuron that is silent for most inputs has no spread to speak of.
    let mut spreads: Vec<f64> = varying.iter().map(|row| facts(row).spread()).filter(|&spread| spread > 0.0).collect();
    let [narrow, wide] = quantiles::select(&mut spreads, [0.05, 0.95]);
    let spread_ratio = wide / narrow;
    let rows: Vec<&[f32]> = varying.iter().map(|&row| survey.rows[row]).collect();
    let range = quantiles::among(&rows, &[0.0, 0.005, 0.995, 1.0]);
    let range_ratio = (range[3] - range[0]) / (range[2] - range[1]);
    Concerns {
        ties: tied_share > TIED_NEURONS,
        scales: spread_ratio > CLASHING || range_ratio > CLASHING,
        outliers: !outliers.is_empty(),
        tied_share,
        spread_ratio,
        range_ratio,
    }
}
