//! How often the 95 % interval holds what it claims to: `cargo run --release --example coverage [runs] [inputs] [neurons per layer]`.
//!
//! Networks of two layers are drawn in every run: neurons that share nothing, neurons with a common cause, and
//! the latter behind a ReLU under `robust`. The true value of a figure is its mean over all runs, for the interval is
//! for the figure that other inputs as many would give. Bins have a fixed range, because the interval is given its
//! range. Printed: the figures' standard deviation over runs, what the intervals said it was, and the coverage, which
//! should be between 90 and 98 %.

use ndarray::Array2;
use probe::internals::measures::{Binning, Deviations, Estimator, Measure, Reading, Settings, Summary, measure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() {
    let arguments: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let at = |index: usize, default: usize| arguments.get(index).copied().unwrap_or(default);
    let (runs, samples, neurons) = (at(0, 1000), at(1, 300), at(2, 12));
    let mut random = ChaCha8Rng::from_seed([17; 32]);
    for (kind, load, estimator) in [
        ("independent", 0.0, Estimator::Paper),
        ("common cause", 0.9, Estimator::Paper),
        ("common cause, ReLU", 0.9, Estimator::Robust),
    ] {
        let readings: Vec<Reading> = (0..runs)
            .map(|run| {
                let x = network(&mut random, neurons, samples, load, estimator == Estimator::Robust);
                let binning = Binning::Shared { min: -6.0, max: 6.0 };
                let settings = Settings { binning, bins: 30, estimator, seed: run as u64, ..Settings::default() };
                let read = measure(x.view(), &[0..neurons, neurons..2 * neurons], &settings, &());
                read.expect("more inputs than neighbours").primary
            })
            .collect();
        println!("{kind}, {runs} runs of {samples} inputs");
        for (group, name) in ["layer 1", "layer 2", "overall"].iter().enumerate() {
            for measure in Measure::BOTH {
                for (centre, what) in ["mean", "median"].iter().enumerate() {
                    let figures = readings.iter().map(|reading| figure(reading, measure, group, centre));
                    show(&format!("{} {name} {what}", measure.letter()), &figures.collect::<Vec<_>>());
                }
            }
        }
    }
}

/// A figure, its standard error and the half width of its interval.
fn figure(reading: &Reading, measure: Measure, group: usize, centre: usize) -> [f64; 3] {
    let statistics = reading.layers.get(group).unwrap_or(&reading.overall);
    let Summary { mean, median, .. } = match measure {
        Measure::Entropy => statistics.entropy,
        Measure::MutualInformation => statistics.mutual_information,
    };
    let deviations: &Deviations = &reading.resamples.of(measure)[centre];
    [[mean, median][centre], deviations.standard_error(group), deviations.half_width(group)]
}

/// Two layers [2 * neurons, samples]; the share of the common cause grows from neuron to neuron up to `load`.
fn network(random: &mut ChaCha8Rng, neurons: usize, samples: usize, load: f64, relu: bool) -> Array2<f32> {
    let causes: Vec<f64> = (0..samples).map(|_| normal(random)).collect();
    Array2::from_shape_fn((2 * neurons, samples), |(neuron, input)| {
        let load = load * neuron as f64 / (2 * neurons) as f64;
        let value = load * causes[input] + (1.0 - load * load).sqrt() * normal(random);
        (if relu { value.max(0.0) } else { value }) as f32
    })
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

fn show(name: &str, figures: &[[f64; 3]]) {
    let runs = figures.len() as f64;
    let truth = figures.iter().map(|[value, ..]| value).sum::<f64>() / runs;
    let deviation = (figures.iter().map(|[value, ..]| (value - truth).powi(2)).sum::<f64>() / (runs - 1.0)).sqrt();
    let said = (figures.iter().map(|[_, error, _]| error * error).sum::<f64>() / runs).sqrt();
    let held = figures.iter().filter(|[value, _, half]| (value - truth).abs() <= *half).count();
    println!("  {name:17} {truth:8.4}  sd {deviation:.5}  said {said:.5}  covered {:.1} %", 100.0 * held as f64 / runs);
}
