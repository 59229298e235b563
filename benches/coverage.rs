//! How often the 95 % interval holds what it claims to: `cargo bench --bench coverage [runs] [inputs] [neurons a layer]`.
//!
//! Networks of two layers are drawn anew in every run: neurons that share nothing, neurons with a common cause, and
//! the latter behind a ReLU under `robust`. The true value of a figure is its mean over all runs, for the interval is
//! for the figure that other inputs as many would give. Bins have a fixed range, because the interval is given its
//! range. Printed: the figures' standard deviation over runs, what the intervals said it was, and the coverage, which
//! should be between 90 and 98 %.

use ndarray::Array2;
use probe::measures::{Binning, Estimator, Settings, Statistics, measure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// t of the default number of splits.
const T: f64 = 2.086;

fn main() {
    let arguments: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let at = |index: usize, default: usize| arguments.get(index).copied().unwrap_or(default);
    let (runs, samples, neurons) = (at(0, 200), at(1, 300), at(2, 12));
    let mut random = ChaCha8Rng::from_seed([17; 32]);
    for (kind, load, estimator) in [
        ("independent", 0.0, Estimator::Paper),
        ("common cause", 0.9, Estimator::Paper),
        ("common cause, ReLU", 0.9, Estimator::Robust),
    ] {
        let figures: Vec<[Statistics; 3]> = (0..runs)
            .map(|run| {
                let x = network(&mut random, neurons, samples, load, estimator == Estimator::Robust);
                let binning = Binning::Shared { min: -6.0, max: 6.0 };
                let settings = Settings { binning, bins: 30, estimator, seed: run as u64, ..Settings::default() };
                let read = measure(x.view(), &[0..neurons, neurons..2 * neurons], &settings, &());
                let read = read.expect("more inputs than neighbours").primary;
                [read.layers[0], read.layers[1], read.overall]
            })
            .collect();
        println!("{kind}, {runs} runs of {samples} inputs");
        for (group, name) in ["layer 1", "layer 2", "overall"].iter().enumerate() {
            let entropy = figures.iter().map(|f| f[group].entropy);
            show("H", name, &entropy.map(|s| (s.mean, s.interval95)).collect::<Vec<_>>());
            let information = figures.iter().map(|f| f[group].mutual_information);
            show("I", name, &information.map(|s| (s.mean, s.interval95)).collect::<Vec<_>>());
        }
    }
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

fn show(measure: &str, group: &str, figures: &[(f64, [f64; 2])]) {
    let runs = figures.len() as f64;
    let truth = figures.iter().map(|(mean, _)| mean).sum::<f64>() / runs;
    let deviation = (figures.iter().map(|(mean, _)| (mean - truth).powi(2)).sum::<f64>() / (runs - 1.0)).sqrt();
    let said = |[low, high]: [f64; 2]| ((high - low) / 2.0 / T).powi(2);
    let said = (figures.iter().map(|&(_, interval)| said(interval)).sum::<f64>() / runs).sqrt();
    let held = figures.iter().filter(|(_, [low, high])| *low <= truth && truth <= *high).count();
    println!(
        "  {measure} {group:8} {truth:8.4}  sd {deviation:.5}  said {said:.5}  covered {:.1} %",
        100.0 * held as f64 / runs
    );
}
