//! From what was measured on a model to what the comparison needs of it.

use std::ops::Range;

use ndarray::{Array3, ArrayView2, Axis};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::observed::{Figures, Layer, Measured, Observed, Outlier, Sensitivity};
use crate::job::Job;
use crate::measures::{self, Binning, Measures, PairNeurons, Reading, Spread, Statistics, Summary};

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
    /// `activations`, `layers` and `settings` are what was measured. Both halves of every split are binned in ranges
    /// of their own. The extremes of a sample do not settle as its size grows, so the whole of a half's deviation is
    /// taken, not its share in the whole sample: such intervals are rather wide than narrow. With a range given from
    /// outside there is nothing to cover, and nothing is done.
    ///
    /// # Errors
    /// As [`measures::measure`].
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
        // Entropy alone is wanted: the fewest pairs that can be asked for, and no splits of the halves.
        let (pair_neurons, both) = (PairNeurons::First(1), self.beside.is_some());
        let wanted = measures::Settings { subsamples: 0, pair_neurons, both, ..settings.clone() };
        let half = |inputs: &[usize]| {
            measures::measure(activations.select(Axis(1), inputs).as_standard_layout().view(), layers, &wanted, job)
        };
        let mut splits = Vec::new();
        for split in 0..settings.subsamples {
            let [one, other] = halves(settings.seed, split as u64, self.samples);
            splits.push([half(&one)?, half(&other)?]);
        }
        let figures = [(Some(&mut self.primary), false), (self.beside.as_mut(), true)];
        for (figures, beside) in figures.into_iter().filter_map(|(figures, beside)| Some((figures?, beside))) {
            let readings: Vec<[&Reading; 2]> = (splits.iter())
                .filter_map(|[one, other]| Some([reading(one, beside)?, reading(other, beside)?]))
                .collect();
            figures.entropy.deviations = apart(&readings);
            figures.entropy.degrees_of_freedom = readings.len() as f64;
        }
        Ok(())
    }
}

impl Figures {
    fn new(reading: &Reading) -> Figures {
        let measured = |summary: fn(&Statistics) -> Summary, spread: fn(&Spread) -> f64, deviations: &Array3<f64>| {
            Measured {
                statistics: places(reading).map(summary).collect(),
                spread: reading.spread.iter().map(spread).collect(),
                deviations: deviations.clone(),
                // Half differences of two halves are around zero by construction.
                degrees_of_freedom: deviations.dim().0 as f64,
            }
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

/// The statistics of every layer, then of all.
fn places(reading: &Reading) -> impl Iterator<Item = &Statistics> {
    reading.layers.iter().chain([&reading.overall])
}

fn reading(measures: &Measures, beside: bool) -> Option<&Reading> {
    if beside { measures.beside.as_ref() } else { Some(&measures.primary) }
}

/// [splits, L + 1, 2]: the deviation of one half, which the difference of two halves has twice in its variance.
fn apart(splits: &[[&Reading; 2]]) -> Array3<f64> {
    let groups = splits.first().map_or(0, |[one, _]| places(one).count());
    let mut deviations = Array3::zeros((splits.len(), groups, 2));
    for (split, [one, other]) in splits.iter().enumerate() {
        for (group, (a, b)) in places(one).zip(places(other)).enumerate() {
            let (a, b) = (a.entropy, b.entropy);
            for (centre, difference) in [a.mean - b.mean, a.median - b.median].into_iter().enumerate() {
                deviations[[split, group, centre]] = difference / std::f64::consts::SQRT_2;
            }
        }
    }
    deviations
}

/// Two halves of `samples` inputs, drawn without replacement.
fn halves(seed: u64, split: u64, samples: usize) -> [Vec<usize>; 2] {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(split);
    let mut order: Vec<(u64, usize)> = (0..samples).map(|input| (random.next_u64(), input)).collect();
    order.sort_unstable();
    let mut order: Vec<usize> = order.into_iter().map(|(_, input)| input).collect();
    let other = order.split_off(samples - samples / 2);
    [order, other]
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

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
        assert_eq!((entropy.deviations.dim(), entropy.degrees_of_freedom), ((8, 3, 2), 8.0));
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
            assert_eq!((own.dim(), given != own), ((8, 3, 2), covers));
            if covers {
                let size = |of: &Array3<f64>| of.index_axis(Axis(1), 2).iter().map(|d| d * d).sum::<f64>();
                // ln 3 between the halves, of which the square root of a half is taken.
                assert!(own.iter().all(|d| d.abs() < 1.2) && size(own) > 8.0 * size(given));
                assert!(own.index_axis(Axis(1), 2).iter().all(|d| d.abs() > 0.6), "{own}");
            }
        }
    }

    #[test]
    fn halves_share_no_input() {
        let [one, other] = halves(3, 1, 101);
        let mut all = [one.clone(), other].concat();
        all.sort_unstable();
        assert_eq!(all, (0..101).collect::<Vec<_>>());
        assert_ne!(one, halves(3, 2, 101)[0]);
    }
}
