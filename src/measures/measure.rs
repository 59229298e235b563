//! The driver: checks what comes in, surveys the neurons, reads both measures, and says what to be careful about.

use std::ops::Range;
use std::time::Instant;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::health::{self, Concerns, Health, OutlierChannel};
use super::reading::{self, Reading};
use super::sensitivity::{self, Sensitivity};
use super::stability::Stability;
use super::survey::Survey;
use super::{Error, Settings};
use crate::base::job::Job;

/// Everything that is measured on one model's activations.
#[derive(Debug)]
pub struct Measures {
    /// S, the inputs measured.
    pub samples: usize,
    /// Under the estimator asked for.
    pub primary: Reading,
    /// Under the other one: if asked for, or if there are concerns. Where there are very many pairs it has fewer neurons of
    /// each layer; `pair_neurons` says which.
    pub beside: Option<Reading>,
    /// Of every layer.
    pub health: Vec<Health>,
    pub concerns: Concerns,
    pub outliers: Vec<OutlierChannel>,
    pub sensitivity: Sensitivity,
    /// Of the primary reading.
    pub stability: Stability,
    pub timing: Timing,
}

/// Seconds, of all readings and their intervals together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    pub entropy: f64,
    pub mutual_information: f64,
}

/// More pairs than this are not measured a second time: a few seconds of one core at 2,500 inputs. The second reading only
/// checks the first, and many neurons of each layer are left for it.
const MOST_BESIDE: u64 = 64_000;

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
    settings.check()?;
    let (neurons, samples) = activations.dim();
    check_size(neurons, samples, settings)?;
    check_layers(neurons, layers)?;

    let start = Instant::now();
    // Borrowed as it is where the rows lie one after the other, as they do unless someone turned the array.
    let activations = activations.as_standard_layout();
    let rows: Vec<&[f32]> = activations.as_slice().unwrap_or_default().chunks_exact(samples).collect();
    let survey = Survey::of(rows, layers, job)?;
    let outliers = health::outliers(&survey);
    let concerns = health::concerns(&survey, &outliers);
    let sensitivity = sensitivity::of(&survey, settings.estimator, settings, &outliers, job)?;
    let mut timing = Timing { entropy: start.elapsed().as_secs_f64(), mutual_information: 0.0 };

    let mut read = |estimator, which| -> Result<(Reading, Stability), Error> {
        let read = reading::read(&survey, estimator, which, settings, job)?;
        timing.entropy += read.took[0].as_secs_f64();
        timing.mutual_information += read.took[1].as_secs_f64();
        Ok((read.reading, read.stability))
    };
    let (primary, stability) = read(settings.estimator, settings.pair_neurons)?;
    let beside = if settings.both || concerns.any() {
        let widths: Vec<usize> = layers.iter().map(Range::len).collect();
        Some(read(settings.estimator.other(), settings.pair_neurons.at_most(MOST_BESIDE, &widths))?.0)
    } else {
        None
    };
    let health = health::of_layers(&survey);
    Ok(Measures { samples, primary, beside, health, concerns, outliers, sensitivity, stability, timing })
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
