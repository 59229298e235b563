//! What a pair costs beside the plain implementation, in CPU time of interleaved rounds; the ratios are what to quote.
//!
//! ```text
//! cargo bench --bench pairs            # GELU and ReLU activations at 500 to 50,000 inputs
//! cargo bench --bench pairs -- hard    # the inputs that are hardest on the search, beside GELU
//! cargo bench --bench pairs -- all X   # all pairs of the neurons in array `x` [inputs, neurons] of an .npz file
//! cargo bench --bench pairs -- count SET FORM N   # three pairs N times and no clock, for whoever counts instructions
//! ```

use probe::internals::measures::pairs::knn::{Columns, Form, Level, all_pairs, one_tile, plain_pair};
use rustix::time::{ClockId, clock_gettime};

mod inputs;
use inputs::{activations, gelu, once, relu};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hard"] => compare_inputs(2500),
        ["hard", samples] => compare_inputs(samples.parse().unwrap_or(2500)),
        ["count", set, form, times] => count(set, form, times.parse().unwrap_or(1)),
        ["all", path] => match read(path) {
            Ok(rows) => measure_all(&rows),
            Err(error) => eprintln!("{path}: {error}"),
        },
        _ => compare_implementations(),
    }
}

fn read(path: &str) -> Result<Vec<Vec<f32>>, Box<dyn std::error::Error>> {
    let x: ndarray::Array2<f32> = ndarray_npy::NpzReader::new(std::fs::File::open(path)?)?.by_name("x")?;
    Ok(x.columns().into_iter().map(|column| column.to_vec()).collect())
}

fn measure_all(rows: &[Vec<f32>]) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    for form in [Form::Paper, Form::Robust] {
        let now = || clock_gettime(ClockId::ProcessCPUTime);
        let start = now();
        let run = || all_pairs(&prepare(rows, form), 3, "bench", &());
        let sum = one.as_ref().map_or(f64::NAN, |one| {
            one.install(run).map_or(f64::NAN, |matrix| (0..matrix.len()).flat_map(|i| matrix.upper_row(i)).sum())
        });
        let end = now();
        let seconds = (end.tv_sec - start.tv_sec) as f64 + (end.tv_nsec - start.tv_nsec) as f64 / 1e9;
        let pairs = rows.len() * (rows.len() + 1) / 2;
        println!(
            "{form:?}: {pairs} pairs in {seconds:.2} CPU s, {:.1} µs each (sum {sum})",
            seconds * 1e6 / pairs as f64
        );
    }
}

/// Three GELU neurons at 2,500 inputs: their three pairs, and each with itself, which takes a few hundredths of that.
fn count(set: &str, form: &str, times: usize) {
    let form = if form == "robust" { Form::Robust } else { Form::Paper };
    let columns = prepare(&activations(3, 2500, gelu), form);
    let Some(level) = Level::all().into_iter().find(|level| level.name() == set) else {
        return eprintln!("this processor does not have {set}");
    };
    for _ in 0..times {
        std::hint::black_box(one_tile(&columns, 3, level).map_or(0, |pairs| pairs.len()));
    }
}

/// Enough that making them ready takes a small part of the time, as in a run.
const NEURONS: usize = 24;

/// Pairs of two different ones. Each with itself is measured too, and takes next to nothing.
const PAIRS: f64 = (NEURONS * (NEURONS - 1) / 2) as f64;

/// A name and what to time.
type Contender = (String, Box<dyn Fn() -> f64>);

fn compare_implementations() {
    println!(
        "{:>6} {:>6} {:>10}  µs a pair, of the best round (and how many times less than the plain estimator)",
        "", "inputs", "plain"
    );
    for (name, rectify) in [("GELU", gelu as fn(f32) -> f32), ("ReLU", relu)] {
        for samples in [500, 2500, 10_000, 50_000] {
            let rows = activations(NEURONS, samples, rectify);
            let mut contenders: Vec<Contender> = Vec::new();
            for level in Level::all() {
                for form in [Form::Paper, Form::Robust] {
                    let columns = prepare(&rows, form);
                    contenders.push((
                        format!("{} {form:?}", level.name()),
                        Box::new(move || one_tile(&columns, 3, level).map_or(f64::NAN, |values| values.iter().sum())),
                    ));
                }
            }
            let best = interleaved(&contenders, if samples > 10_000 { 3 } else { 5 });
            let plain = once(|| plain_pair(&rows[0], &rows[1], 3, Form::Paper));
            print!("{name:>6} {samples:>6} {plain:>10.0}");
            for ((name, _), seconds) in contenders.iter().zip(best) {
                let each = seconds * 1e6 / PAIRS;
                print!("  {name} {each:.1} ({:.0})", plain / each);
            }
            println!();
        }
    }
}

fn compare_inputs(samples: usize) {
    let kinds: Vec<(&str, Vec<Vec<f32>>)> = hard_inputs(samples);
    for level in Level::all() {
        for form in [Form::Paper, Form::Robust] {
            let contenders: Vec<Contender> = kinds
                .iter()
                .map(|(name, rows)| {
                    let columns = prepare(rows, form);
                    let run: Box<dyn Fn() -> f64> =
                        Box::new(move || one_tile(&columns, 3, level).map_or(f64::NAN, |v| v.iter().sum()));
                    (name.to_string(), run)
                })
                .collect();
            let best = interleaved(&contenders, 5);
            println!("{} {form:?}, {samples} inputs, µs a pair (times GELU)", level.name());
            for ((name, _), seconds) in contenders.iter().zip(&best) {
                println!("    {name:<22} {:8.1} ({:.2})", seconds * 1e6 / PAIRS, seconds / best[0]);
            }
        }
    }
}

fn prepare(rows: &[Vec<f32>], form: Form) -> Columns {
    Columns::prepare(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), form)
}

/// CPU seconds of each one's best round.
fn interleaved(contenders: &[Contender], rounds: usize) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; contenders.len()];
    for _ in 0..rounds {
        for (best, (_, run)) in best.iter_mut().zip(contenders) {
            *best = best.min(once(run) / 1e6);
        }
    }
    best
}

fn hard_inputs(samples: usize) -> Vec<(&'static str, Vec<Vec<f32>>)> {
    let of = |rectify| activations(NEURONS, samples, rectify);
    let mut kinds = vec![
        ("GELU", of(gelu)),
        ("ReLU", of(relu)),
        ("normal", of(|v| v)),
        ("heavy tails", of(|v| v * v * v * v.exp())),
        ("very heavy tails", of(|v| v.powi(9))),
        ("saturated sigmoid", of(|v| 1.0 / (1.0 + (-20.0 * v).exp()))),
        ("grid of 0.1", of(|v| (v * 10.0).round() * 0.1)),
        ("integers", of(|v| (v * 10.0).round())),
        ("half scaled by 1e-12", of(|v| if v > 0.0 && (v * 1e4) as i32 % 2 == 0 { v * 1e-12 } else { v })),
        ("bfloat16", of(|v| f32::from_bits(gelu(v).to_bits() & 0xffff_0000))),
        ("four symbols", of(|v| v.clamp(-1.5, 1.4).floor())),
        ("far from zero", of(|v| v + 1000.0)),
    ];
    let mut gaps = of(gelu);
    for (n, row) in gaps.iter_mut().enumerate() {
        row.iter_mut().for_each(|v| *v *= 10f32.powi(3 * (n % 12) as i32 - 18));
    }
    kinds.push(("scales 1e-18 to 1e15", gaps));
    let mut outliers = of(gelu);
    outliers.iter_mut().for_each(|row| row.iter_mut().step_by(100).for_each(|v| *v *= 1e6));
    kinds.push(("1 % outliers", outliers));
    kinds.push(("one dimension", {
        let row = of(gelu).swap_remove(0);
        (0..NEURONS).map(|n| row.iter().map(|v| v * (1.0 + n as f32 * 0.1)).collect()).collect()
    }));
    kinds
}
