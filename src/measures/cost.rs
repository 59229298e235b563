//! About what measuring will take, before anything is measured.
//!
//! In: how wide the layers are, how many inputs there will be, and the settings. Out: for every estimator its pairs, those of
//! the intervals, and seconds. The pairs are counted as they will be drawn; what one of them takes is tried on this machine.

use std::time::Instant;

use rand::Rng;

use super::error::Error;
use super::estimators::{Estimator, PairSettings};
use super::pairs::choose::Chosen;
use super::random::{COSTS, generator};
use super::resampling::sample::{self, PairSample};
use super::resampling::splits;
use super::settings::Settings;

/// Neurons that are made up to try what a pair takes.
const TRIED: u32 = 12;

/// What one estimator will take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub estimator: Estimator,
    /// Neurons whose pairs are measured.
    pub neurons: usize,
    pub pairs: u64,
    /// Pairs that are measured again over parts of the inputs, for the intervals: counted as pairs over all inputs.
    pub again: u64,
    /// Of one core, for all of these.
    pub seconds: f64,
}

/// What measuring layers of these widths over `samples` inputs will take. The measures are those that are asked for: a doubt about
/// `paper`, which has `robust` read too, comes from the activations.
///
/// # Errors
/// Too few inputs for the neighbours.
pub fn cost(widths: &[usize], samples: usize, settings: &Settings) -> Result<Vec<Cost>, Error> {
    let wanted = super::measure::wanted(widths, settings, false).into_iter();
    let cost = |(estimator, which)| {
        let chosen = Chosen::first(widths, which);
        let sample = PairSample::draw(&chosen, settings.seed, sample::affordable(&chosen, settings.subsamples));
        let inputs = splits::inputs_for_pairs(samples, settings.subsamples);
        let again = (sample.pairs.len() as f64 * inputs as f64 / samples as f64).round() as u64;
        let pairs = chosen.count();
        let seconds = (pairs + again) as f64 * of_a_pair(estimator, samples, settings)?;
        Ok(Cost { estimator, neurons: chosen.measured.len(), pairs, again, seconds })
    };
    wanted.map(cost).collect()
}

/// Seconds of a pair on one core.
fn of_a_pair(form: Estimator, samples: usize, settings: &Settings) -> Result<f64, Error> {
    let mut random = generator(settings.seed, COSTS);
    // Sums of uniform numbers are about normal, as activations are about.
    let mut value = || (0..4).map(|_| (random.next_u32() >> 8) as f32).sum::<f32>();
    let neurons: Vec<Vec<f32>> = (0..TRIED).map(|_| (0..samples).map(|_| value()).collect()).collect();
    let rows: Vec<&[f32]> = neurons.iter().map(Vec::as_slice).collect();
    let Settings { neighbors, bins, .. } = *settings;
    let estimator = settings.mutual_information.prepare(&rows, PairSettings { form, neighbors, bins });
    let inputs: Vec<u32> = (0..samples as u32).collect();
    let pairs: Vec<(u32, u32)> = (0..TRIED).flat_map(|i| (i + 1..TRIED).map(move |j| (i, j))).collect();
    // On one thread, so that the time is that of one core; where none can be started it is that of all of them.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let start = Instant::now();
    let measure = || estimator.some(&inputs, &pairs);
    alone.map_or_else(|_| measure(), |alone| alone.install(measure))?;
    Ok(start.elapsed().as_secs_f64() / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::PairNeurons;

    #[test]
    fn pairs_and_intervals_are_counted_for_every_estimator() {
        let mut settings = Settings { pair_neurons: PairNeurons::First(16), ..Settings::default() };
        settings.read_all();
        let costs = cost(&[40, 10], 100, &settings).unwrap();
        assert_eq!(costs.iter().map(|cost| cost.estimator).collect::<Vec<_>>(), Estimator::ALL);
        for cost in costs {
            // 16 and 10 neurons have 325 pairs. Half of as many for the intervals are to be within layers, 81 of each (the second has
            // 45 only), and all 160 between them are fewer than the other half. 20 splits and the quarters are 21 times all inputs.
            assert_eq!((cost.neurons, cost.pairs, cost.again), (26, 325, (81 + 45 + 160) * 21));
            assert!(cost.seconds > 0.0);
        }
    }

    #[test]
    fn too_few_inputs_are_an_error() {
        assert!(matches!(cost(&[4], 2, &Settings::default()), Err(Error::TooFewInputs { .. })));
    }
}
