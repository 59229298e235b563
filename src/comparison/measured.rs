//! From what was measured on a model to what the comparison needs of it.

use super::observed::{Figures, Layer, Measured, Observed, Outlier, Sensitivity};
use super::typical::Architecture;
use crate::measures::{Deviations, Measures, Reading, Spread, Statistics, Summary};

impl Observed {
    /// The figures of one model whose layers, in the order in which they were measured, are `layers`. What kind of network
    /// it is follows from their labels, unless the caller knows better.
    pub fn new(measures: &Measures, layers: Vec<Layer>) -> Observed {
        let sensitivity = Sensitivity {
            neuron_binning: Some(measures.sensitivity.neuron_binning.overall.mean),
            outliers: measures.outliers.iter().map(|o| Outlier { layer: o.layer, neuron: o.neuron }).collect(),
            without_outliers: measures.sensitivity.without_outliers.as_ref().map(|levels| levels.overall.mean),
        };
        let architecture = Architecture::of_labels(layers.iter().map(|layer| layer.label.as_str()));
        Observed {
            samples: measures.samples,
            layers,
            readings: measures.readings.iter().map(Figures::new).collect(),
            spectra: measures.spectra.clone(),
            sensitivity,
            architecture,
            file: None,
        }
    }
}

impl Figures {
    fn new(reading: &Reading) -> Figures {
        let measured =
            |summary: fn(&Statistics) -> Summary, spread: fn(&Spread) -> f64, deviations: &[Deviations; 2]| Measured {
                statistics: reading.layers.iter().chain([&reading.overall]).map(summary).collect(),
                spread: reading.spread.iter().map(spread).collect(),
                deviations: deviations.clone(),
            };
        Figures {
            estimator: reading.estimator,
            entropy: measured(|s| s.entropy, |s| s.entropy, &reading.resamples.entropy),
            mutual_information: measured(
                |s| s.mutual_information,
                |s| s.mutual_information,
                &reading.resamples.mutual_information,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use ndarray::Array2;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::measures::{Estimator, Settings, measure};

    /// Two layers of four neurons over 200 inputs, even noise between 0 and 1.
    fn activations() -> (Array2<f32>, [Range<usize>; 2], Vec<Layer>) {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let rows = Array2::from_shape_fn((8, 200), |_| (random.next_u32() >> 8) as f32 / (1 << 24) as f32);
        let layers = ["fc1", "fc2"].map(|label| Layer { label: label.into(), neurons: 4 });
        (rows, [0..4, 4..8], layers.to_vec())
    }

    #[test]
    fn figures_keep_their_places() {
        let (rows, layers, labels) = activations();
        let estimators = Estimator::ALL.to_vec();
        let settings = Settings { bins: 10, subsamples: 8, estimators, ..Settings::default() };
        let measures = measure(rows.view(), &layers, &settings, &()).unwrap();
        let observed = Observed::new(&measures, labels);
        assert_eq!((observed.samples, observed.layers.len()), (200, 2));
        let entropy = &observed.readings[0].entropy;
        assert_eq!(entropy.statistics[1], measures.leading().layers[1].entropy);
        assert_eq!(entropy.statistics[2], measures.leading().overall.entropy);
        assert_eq!(entropy.deviations, measures.leading().resamples.entropy);
        let [mean, median] = &entropy.deviations;
        assert_eq!((mean.values.dim(), mean.degrees), ((100, 3), 99.0), "a hundred groups left out");
        assert_eq!((median.values.dim(), median.degrees), ((8, 3), 8.0), "eight splits in halves");
        let information = &observed.readings[0].mutual_information;
        assert_eq!(information.statistics[2], measures.leading().overall.mutual_information);
        assert_eq!(information.spread[0], measures.leading().spread[0].mutual_information);
        assert_eq!(observed.readings[1].estimator, Estimator::Robust);
        assert!(observed.sensitivity.neuron_binning.is_some_and(|h| h > 2.0 && h <= 10f64.ln() + 0.1));
    }
}
