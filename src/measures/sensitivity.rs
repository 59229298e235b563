//! How much the entropy owes to the choice of bins.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::entropy::ranges::{Binning, Ranges};
use super::error::Error;
use super::health::outliers::OutlierChannel;
use super::health::survey::Survey;
use super::settings::Settings;
use super::summary::Centre;
use crate::base::job::Job;

/// The entropy, measured otherwise; nats, under the leading estimator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// With every neuron binned in its own range.
    pub neuron_binning: Levels,
    /// Without the outlier channels: they are left out of the range and of the statistics. None where there are none.
    pub without_outliers: Option<Levels>,
}

/// Mean and median over neurons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    pub layers: Vec<Centre>,
    pub overall: Centre,
}

pub(crate) fn of(
    survey: &Survey<'_>,
    settings: &Settings,
    outliers: &[OutlierChannel],
    job: &dyn Job,
) -> Result<Sensitivity, Error> {
    let left_out: Vec<usize> =
        outliers.iter().map(|outlier| survey.layers[outlier.layer].start + outlier.neuron).collect();
    let levels = |binning: Binning, counts: &dyn Fn(usize) -> bool| -> Result<Levels, Error> {
        let ranges = Ranges::find(survey, settings.estimator().reach(), binning, settings.bins, counts);
        let entropies = settings.entropy.measure(survey, &ranges, settings.neighbors, &[], job)?.whole;
        let centre = |rows: Range<usize>| {
            let counted = survey.finite(rows).filter(|&row| counts(row));
            Centre::of(&mut counted.map(|row| entropies[row]).collect::<Vec<_>>())
        };
        let layers = survey.layers.iter().map(|layer| centre(layer.clone())).collect();
        Ok(Levels { layers, overall: centre(0..survey.rows.len()) })
    };
    let without = |row: usize| !left_out.contains(&row);
    Ok(Sensitivity {
        neuron_binning: levels(Binning::Neuron, &|_| true)?,
        without_outliers: if left_out.is_empty() { None } else { Some(levels(settings.binning, &without)?) },
    })
}
