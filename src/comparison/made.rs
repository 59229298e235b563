//! Measures made by hand, for the tests of this module.

use ndarray::Array2;

use super::difference::Delta;
use super::observed::{Figures, Layer, Measured, Observed, Sensitivity, Variant};
use super::typical::Architecture;
use crate::measures::{Deviations, Estimator, Spectra, Spectrum, Summary};

pub fn summary(mean: f64) -> Summary {
    let interval95 = [mean, mean];
    Summary { mean, median: mean + 0.1, q1: mean - 1.0, q3: mean + 1.0, min: mean - 2.0, max: mean + 2.0, interval95 }
}

/// One layer and overall, with the same mean and the same deviations of mean and median.
pub fn measured(mean: f64, deviations: &[f64]) -> Measured {
    Measured {
        statistics: vec![summary(mean); 2],
        spread: vec![0.5; 2],
        deviations: [(); 2]
            .map(|()| Deviations::centred(Array2::from_shape_fn((deviations.len(), 2), |(part, _)| deviations[part]))),
    }
}

/// One layer and overall, with one effective rank.
pub fn spectra(effective_rank: f64, deviations: &[f64]) -> Spectra {
    let interval95 = [effective_rank; 2];
    let spectrum = Spectrum { effective_rank, interval95, participation_ratio: 9.0, mean_abs_correlation: 0.1 };
    let deviations = Array2::from_shape_fn((deviations.len(), 2), |(part, _)| deviations[part]);
    Spectra { layers: vec![spectrum], overall: spectrum, deviations: Deviations::centred(deviations) }
}

/// Deviations with a standard error of `error`, the same in every model but for their signs in `pattern`.
pub fn deviations(error: f64, pattern: u32) -> Vec<f64> {
    (0..16).map(|r| if (pattern >> (r % 4)) & 1 == 1 { error } else { -error }).collect()
}

/// A model with one layer; H and I differ by their patterns, and models by `pattern`.
pub fn model([h, i]: [f64; 2], error: f64, pattern: u32) -> Observed {
    let figures = |estimator| Figures {
        estimator,
        entropy: measured(h, &deviations(error, pattern)),
        mutual_information: measured(i, &deviations(error, pattern)),
    };
    Observed {
        samples: 100,
        layers: vec![Layer { label: "fc1".into(), neurons: 8 }],
        readings: Estimator::ALL.map(figures).to_vec(),
        spectra: spectra(20.0, &deviations(error, pattern)),
        sensitivity: Sensitivity::default(),
        architecture: Architecture::Chain,
        file: None,
    }
}

pub fn variant(label: &str, replicates: Vec<Observed>) -> Variant {
    Variant { label: label.into(), replicates }
}

/// A difference with this interval around its middle, from a baseline of `baseline`.
pub fn delta(interval95: [f64; 2], baseline: f64) -> Delta {
    let mean = 0.5 * (interval95[0] + interval95[1]);
    Delta {
        mean,
        median: mean,
        q1: mean,
        q3: mean,
        min: mean,
        max: mean,
        interval95,
        median_interval95: interval95,
        standard_error: 0.25 * (interval95[1] - interval95[0]),
        degrees_of_freedom: 16.0,
        effect_size: None,
        baseline,
    }
}
