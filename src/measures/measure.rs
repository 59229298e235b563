//! The driver: checks what comes in, surveys the neurons, reads both measures, and says what to be careful about.

use std::ops::Range;
use std::time::Instant;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::estimators::Estimator;
use super::health::concerns::{self, Concerns};
use super::health::counts::{self, Health};
use super::health::outliers::{self, OutlierChannel};
use super::health::survey::Survey;
use super::pairs::choose::PairNeurons;
use super::reading::{self, Reading};
use super::resampling::splits::Parts;
use super::sensitivity::{self, Sensitivity};
use super::settings::Settings;
use super::spectrum::{self, Spectra};
use crate::base::job::Job;

/// Everything that is measured on one model's activations.
#[derive(Debug)]
pub struct Measures {
    /// S, the inputs measured.
    pub samples: usize,
    /// One for each estimator, that asked for first. Where there are very many pairs those after the first have fewer
    /// neurons of each layer; `pair_neurons` says which.
    pub readings: Vec<Reading>,
    /// Of every layer.
    pub health: Vec<Health>,
    pub concerns: Concerns,
    pub outliers: Vec<OutlierChannel>,
    pub sensitivity: Sensitivity,
    pub spectra: Spectra,
    pub timing: Timing,
}

/// Seconds, of all readings and their intervals together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    pub entropy: f64,
    pub mutual_information: f64,
    pub spectrum: f64,
}

impl Measures {
    /// The reading under the estimator asked for.
    pub fn leading(&self) -> &Reading {
        &self.readings[0]
    }
}

/// More pairs than this are measured under the first estimator only: a few seconds of one core at 2,500 inputs. The other
/// readings check the first, and many neurons of each layer are left for that.
const MOST_PAIRS_AGAIN: u64 = 64_000;

/// Measures activations [neurons, inputs], float32; `layers` are neighbouring groups of its rows, in order.
///
/// The result depends on the activations and the settings alone, not on the number of threads.
///
/// # Errors
/// Settings that make no sense; layers that do not fit the activations; no neurons or no inputs, or too few inputs for
/// the neighbours; no room for the pairs; the user stopped the run.
pub fn measure(
    activations: ArrayView2<'_, f32>,
    layers: &[Range<usize>],
    settings: &Settings,
    job: &dyn Job,
) -> Result<Measures, Error> {
    check(&activations, layers, settings)?;
    let samples = activations.ncols();
    let start = Instant::now();
    // Borrowed as it is where the rows lie one after the other, as they do unless someone turned the array.
    let activations = activations.as_standard_layout();
    let rows: Vec<&[f32]> = activations.as_slice().unwrap_or_default().chunks_exact(samples).collect();
    let survey = Survey::of(rows, layers, job)?;
    let outliers = outliers::find(&survey);
    let concerns = concerns::find(&survey, &outliers);
    let sensitivity = sensitivity::of(&survey, settings, &outliers, job)?;
    let mut timing = Timing { entropy: start.elapsed().as_secs_f64(), ..Timing::default() };

    let parts = subsamples(samples, settings);
    let mut readings = Vec::new();
    for (estimator, which) in wanted(&widths(layers), settings, concerns.any()) {
        let (reading, took) = reading::read(&survey, estimator, which, &parts, settings, job)?;
        timing.entropy += took[0].as_secs_f64();
        timing.mutual_information += took[1].as_secs_f64();
        readings.push(reading);
    }
    let start = Instant::now();
    let spectra = spectrum::measure(&survey, &parts.twentieths, job)?;
    timing.spectrum = start.elapsed().as_secs_f64();
    let health = counts::of_layers(&survey);
    Ok(Measures { samples, readings, health, concerns, outliers, sensitivity, spectra, timing })
}

/// Measures and keeps this process's share of the parts of [`measure`], and nothing else.
///
/// # Errors
/// As [`measure`].
pub fn share(
    activations: ArrayView2<'_, f32>,
    layers: &[Range<usize>],
    settings: &Settings,
    job: &dyn Job,
) -> Result<(), Error> {
    check(&activations, layers, settings)?;
    let samples = activations.ncols();
    let activations = activations.as_standard_layout();
    let rows: Vec<&[f32]> = activations.as_slice().unwrap_or_default().chunks_exact(samples).collect();
    let survey = Survey::of(rows, layers, job)?;
    let concerns = concerns::find(&survey, &outliers::find(&survey));
    let parts = subsamples(samples, settings);
    let mut wanted = wanted(&widths(layers), settings, concerns.any()).into_iter();
    wanted.try_for_each(|(estimator, which)| reading::share(&survey, estimator, which, &parts, settings, job))
}

fn widths(layers: &[Range<usize>]) -> Vec<usize> {
    layers.iter().map(Range::len).collect()
}

/// The estimators to read, each with the neurons whose pairs it measures; `doubtful` says whether the activations give a
/// reason to doubt `paper`.
pub fn wanted(widths: &[usize], settings: &Settings, doubtful: bool) -> Vec<(Estimator, PairNeurons)> {
    let mut estimators = settings.estimators.clone();
    if settings.robust_on_concern && doubtful && !estimators.contains(&Estimator::Robust) {
        estimators.push(Estimator::Robust);
    }
    let again = settings.pair_neurons.at_most(MOST_PAIRS_AGAIN, widths);
    let which = |nth: usize| if nth == 0 { settings.pair_neurons } else { again };
    estimators.into_iter().enumerate().map(|(nth, estimator)| (estimator, which(nth))).collect()
}

fn subsamples(samples: usize, settings: &Settings) -> Parts {
    Parts::draw(settings.seed, samples, settings.subsamples, settings.entropy.leaves_groups_out())
}

fn check(activations: &ArrayView2<'_, f32>, layers: &[Range<usize>], settings: &Settings) -> Result<(), Error> {
    settings.check()?;
    let (neurons, samples) = activations.dim();
    check_size(neurons, samples, settings)?;
    check_layers(neurons, layers)
}

fn check_size(neurons: usize, samples: usize, settings: &Settings) -> Result<(), Error> {
    if neurons == 0 || samples == 0 {
        return Err(Error::Empty { neurons, samples });
    }
    if u32::try_from(neurons).is_err() || u32::try_from(samples).is_err() {
        return Err(Error::TooLarge { neurons, samples });
    }
    if samples < settings.fewest_inputs() {
        return Err(Error::TooFewInputs { samples, neighbors: settings.neighbors });
    }
    Ok(())
}

fn check_layers(neurons: usize, layers: &[Range<usize>]) -> Result<(), Error> {
    let mut expected = 0;
    for (layer, rows) in layers.iter().enumerate() {
        if rows.start != expected || rows.end < rows.start || rows.end > neurons {
            return Err(Error::Layers { layer, start: rows.start, end: rows.end, expected, neurons });
        }
        expected = rows.end;
    }
    if expected != neurons {
        let (layer, start, end) = (layers.len(), expected, expected);
        return Err(Error::Layers { layer, start, end, expected, neurons });
    }
    Ok(())
}
