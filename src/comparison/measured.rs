//! From what was measured on a model to what the comparison needs of it.

use std::ops::Range;

use ndarray::ArrayView2;

use super::observed::{Figures, Layer, Measured, Observed, Outlier, Sensitivity};
use crate::base::job::Job;
use crate::measures::{self, Binning, Deviations, Measures, Reading, Spread, Statistics, Summary};

impl Observed {
    /// The figures of one model whose layers, in the order in which they were measured, are `layers`.
    pub fn new(measures: &Measures, layers: Vec<Layer>) -> Observed {
        let sensitivity = Sensitivity {
            neuron_binning: Some(measures.sensitivity.neuron_binning.overall.mean),
            outliers: measures.outliers.iter().map(|o| Outlier { layer: o.layer, neuron: o.neuron }).collect(),
            without_outliers: measures.sensitivity.without_outliers.as_ref().map(|levels| levels.overall.mean),
        };
        Observed {
            samples: measures.samples,
            layers,
            primary: Figures::new(&measures.primary),
            beside: measures.beside.as_ref().map(Figures::new),
            sensitivity,
        }
    }

    /// Lets the intervals of the entropy cover the ranges that it was binned in, as they do not by themselves: for
    /// models measured on **different** inputs, where each range depends on the inputs that happened to be drawn.
    ///
    /// `activations`, `layers` and `settings` are what was measured. With a range given from outside there is nothing to
    /// cover, and nothing is done.
    ///
    /// # Errors
    /// As [`measures::in_own_ranges`].
    pub fn cover_ranges(
        &mut self,
        activations: ArrayView2<'_, f32>,
        layers: &[Range<usize>],
        settings: &measures::Settings,
        job: &dyn Job,
    ) -> Result<(), measures::Error> {
        if matches!(settings.binning, Binning::Shared { .. }) {
            return Ok(());
        }
        for figures in [Some(&mut self.primary), self.beside.as_mut()].into_iter().flatten() {
            figures.entropy.deviations =
                measures::in_own_ranges(activations, layers, settings, figures.estimator, job)?;
        }
        Ok(())
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
    use ndarray::Array2;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::measures::{Estimator, Settings};

    /// Two layers of four neurons over 200 inputs, even noise between 0 and 1; `wild` is one value of one of them.
    fn activations(wild: f32) -> (Array2<f32>, [Range<usize>; 2], Vec<Layer>) {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut rows = Array2::from_shape_fn((8, 200), |_| (random.next_u32() >> 8) as f32 / (1 << 24) as f32);
        rows[[5, 17]] = wild;
        let layers = ["fc1", "fc2"].map(|label| Layer { label: label.into(), neurons: 4 });
        (rows, [0..4, 4..8], layers.to_vec())
    }

    fn settings(binning: Binning) -> Settings {
        Settings { bins: 10, binning, subsamples: 8, both: true, ..Settings::default() }
    }

    #[test]
    fn figures_keep_their_places() {
        let (rows, layers, labels) = activations(0.5);
        let measures = measures::measure(rows.view(), &layers, &settings(Binning::Global), &()).unwrap();
        let observed = Observed::new(&measures, labels);
        assert_eq!((observed.samples, observed.layers.len()), (200, 2));
        let entropy = &observed.primary.entropy;
        assert_eq!(entropy.statistics[1], measures.primary.layers[1].entropy);
        assert_eq!(entropy.statistics[2], measures.primary.overall.entropy);
        assert_eq!(entropy.deviations, measures.primary.resamples.entropy);
        let [mean, median] = &entropy.deviations;
        assert_eq!((mean.values.dim(), mean.degrees), ((100, 3), 99.0), "a hundred groups left out");
        assert_eq!((median.values.dim(), median.degrees), ((8, 3), 8.0), "eight splits in halves");
        let information = &observed.primary.mutual_information;
        assert_eq!(information.statistics[2], measures.primary.overall.mutual_information);
        assert_eq!(information.spread[0], measures.primary.spread[0].mutual_information);
        assert_eq!(observed.beside.map(|figures| figures.estimator), Some(Estimator::Robust));
        assert!(observed.sensitivity.neuron_binning.is_some_and(|h| h > 2.0 && h <= 10f64.ln() + 0.1));
    }

    /// One input decides the range: half of the halves are without it and bin three times as finely.
    #[test]
    fn a_range_that_hangs_on_one_input_is_covered() {
        let (rows, layers, labels) = activations(3.0);
        for (binning, covers) in [(Binning::Global, true), (Binning::Shared { min: 0.0, max: 3.0 }, false)] {
            let settings = settings(binning);
            let measures = measures::measure(rows.view(), &layers, &settings, &()).unwrap();
            let mut observed = Observed::new(&measures, labels.clone());
            let before = observed.clone();
            observed.cover_ranges(rows.view(), &layers, &settings, &()).unwrap();
            let (given, own) = (&before.primary.entropy.deviations, &observed.primary.entropy.deviations);
            assert_eq!(given != own, covers);
            if covers {
                for (own, given) in own.iter().zip(given) {
                    assert_eq!((own.values.dim(), own.degrees), ((8, 3), 8.0));
                    // ln 3 between the halves, of which the square root of a half is taken.
                    assert!(own.values.iter().all(|d| d.abs() < 1.2), "{}", own.values);
                    assert!(own.values.column(2).iter().all(|d| d.abs() > 0.6), "{}", own.values);
                    assert!(own.half_width(2) > 3.0 * given.half_width(2));
                }
            }
        }
    }
}
