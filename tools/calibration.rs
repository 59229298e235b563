//! How often a comparison sees a difference where there is none: a model against itself, on disjoint halves of its inputs.
//!
//!     cargo run --release --example calibration -- [--splits 200] [--given-range] [--neurons 32] FILE.npz...
//!
//! FILE is what `probe --save-activations` writes: one [S, neurons] array a layer. Every split draws two halves without a
//! common input, measures both, and compares them unpaired. `no difference` and `not enough evidence` are right;
//! anything else is a false verdict. Each half is binned in its own range, as `probe compare` bins a model, and the intervals
//! are made to cover that; with `--given-range` both are in the range over all inputs, for which intervals are given
//! otherwise.

use std::ops::Range;

use ndarray::{Array2, Axis, s};
use ndarray_npy::NpzReader;
use probe::internals::comparison::{Delta, Observed, Settings, Side, Variant, Verdict, compare, observed::Layer};
use probe::internals::measures::{self, Binning};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut options = Options { splits: 200, given_range: false, neurons: 32, bins: 100 };
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().ok_or("a number is missing")?.parse::<usize>().map_err(Failure::from);
        match argument.as_str() {
            "--splits" => options.splits = number()?,
            "--neurons" => options.neurons = number()?,
            "--bins" => options.bins = number()?,
            "--given-range" => options.given_range = true,
            _ => files.push(argument),
        }
    }
    println!(
        "{:<28} {:>6} {:>6} {:>8} {:>8} {:>8}  verdicts",
        "activations", "splits", "false", "dH off", "dI off", "either"
    );
    for file in &files {
        calibrate(file, &options)?;
    }
    Ok(())
}

struct Options {
    splits: usize,
    given_range: bool,
    neurons: usize,
    bins: usize,
}

/// Layers and the activations [neurons, inputs] below one another.
struct Activations {
    layers: Vec<Layer>,
    ranges: Vec<Range<usize>>,
    rows: Array2<f32>,
}

fn calibrate(file: &str, options: &Options) -> Result<(), Failure> {
    let activations = load(file)?;
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut verdicts = [0usize; Verdict::ALL.len()];
    // Under paper, then under robust: dH, dI, either clear of zero.
    let mut off = [[0usize; 3]; 2];
    for split in 0..options.splits {
        let inputs = activations.rows.ncols();
        let mut order: Vec<(u64, usize)> = (0..inputs).map(|input| (random.next_u64(), input)).collect();
        order.sort_unstable();
        let order: Vec<usize> = order.into_iter().map(|(_, input)| input).collect();
        let variant = |label: &str, inputs: &[usize]| -> Result<Variant, Failure> {
            Ok(Variant { label: label.into(), replicates: vec![observe(&activations, inputs, split as u64, options)?] })
        };
        let variants = [variant("one", &order[..inputs / 2])?, variant("other", &order[inputs / 2..2 * (inputs / 2)])?];
        let comparison = compare(&variants, &Settings { paired: false, ..Settings::default() })?;
        let pair = &comparison.pairs[0];
        // So that a run that is cut off has not been for nothing.
        eprintln!("{split} {}", pair.evidence.sentence);
        verdicts[Verdict::ALL.iter().position(|v| *v == pair.verdict).unwrap_or(0)] += 1;
        for (judgement, off) in pair.evidence.readings.iter().zip(&mut off) {
            let clear = [&judgement.delta_entropy, &judgement.delta_mutual_information].map(is_clear);
            for (count, yes) in off.iter_mut().zip([clear[0], clear[1], clear[0] || clear[1]]) {
                *count += usize::from(yes);
            }
        }
    }
    let percent = |count: usize| 100.0 * count as f64 / options.splits as f64;
    let name = std::path::Path::new(file).file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let told: Vec<String> =
        (Verdict::ALL.iter().zip(verdicts)).filter(|(_, n)| *n > 0).map(|(v, n)| format!("{n} {v}")).collect();
    for (estimator, [h, i, either]) in ["paper", "robust"].into_iter().zip(off) {
        let wrong: usize = verdicts[..3].iter().sum();
        let (wrong, told) = if estimator == "paper" {
            (format!("{:.1}%", percent(wrong)), told.join(", "))
        } else {
            Default::default()
        };
        println!(
            "{:<28} {:>6} {wrong:>6} {:>7.1}% {:>7.1}% {:>7.1}%  {told}",
            format!("{name} {estimator}"),
            options.splits,
            percent(h),
            percent(i),
            percent(either)
        );
    }
    Ok(())
}

fn is_clear(delta: &Delta) -> bool {
    delta.side() != Side::Unclear
}

fn observe(from: &Activations, inputs: &[usize], seed: u64, options: &Options) -> Result<Observed, Failure> {
    let rows = from.rows.select(Axis(1), inputs);
    let rows = rows.as_standard_layout();
    let bounds = from.rows.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[a, b], &x| [a.min(x), b.max(x)]);
    let binning =
        if options.given_range { Binning::Shared { min: bounds[0], max: bounds[1] } } else { Binning::Global };
    let settings = measures::Settings {
        bins: options.bins,
        binning,
        seed,
        both: true,
        pair_neurons: measures::PairNeurons::First(options.neurons),
        ..measures::Settings::default()
    };
    let measured = measures::measure(rows.view(), &from.ranges, &settings, &())?;
    let mut observed = Observed::new(&measured, from.layers.clone());
    observed.cover_ranges(rows.view(), &from.ranges, &settings, &())?;
    Ok(observed)
}

fn load(file: &str) -> Result<Activations, Failure> {
    let mut archive = NpzReader::new(std::fs::File::open(file)?)?;
    let mut names = archive.names()?;
    names.retain(|name| name != "logits");
    let (mut layers, mut ranges, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    let mut start = 0;
    for label in names {
        let Ok(layer) = archive.by_name::<ndarray::OwnedRepr<f32>, ndarray::Ix2>(&label) else { continue };
        layers.push(Layer { label, neurons: layer.ncols() });
        ranges.push(start..start + layer.ncols());
        start += layer.ncols();
        rows.push(layer.reversed_axes());
    }
    let fewest = rows.iter().map(Array2::ncols).min().unwrap_or(0);
    let views: Vec<_> = rows.iter().map(|layer| layer.slice(s![.., ..fewest])).collect();
    Ok(Activations { layers, ranges, rows: ndarray::concatenate(Axis(0), &views)?.as_standard_layout().into_owned() })
}
