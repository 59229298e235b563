//! What a pair costs beside `infomeasure`, in CPU time of one thread and in interleaved rounds: `cargo run --release`.
//!
//! Both estimate Kraskov's first formula with k = 3 in the Chebyshev metric, so they must agree. On activations with ties
//! they do not: `infomeasure` breaks them with noise, which is what it is given there, as its tree needs. (Ours measures each
//! neuron with itself too, theirs only different ones.)

use infomeasure::estimators::GlobalValue;
use infomeasure::estimators::mutual_information::MutualInformation;
use ndarray::Array1;
use probe::internals::measures::pairs::knn::{Columns, Form, Level, one_tile};

#[path = "../../inputs/mod.rs"]
mod inputs;
use inputs::{activations, gelu, once, relu};

const NEURONS: usize = 6;
const ROUNDS: usize = 5;

fn main() {
    println!(
        "{:>6} {:>6} {:>14} {:>10} {:>8}  largest difference, nats",
        "", "inputs", "infomeasure µs", "probe µs", "ratio"
    );
    for (name, rectify, noise) in [("GELU", gelu as fn(f32) -> f32, 0.0), ("ReLU", relu, 1e-10)] {
        for samples in [500, 2500, 10_000] {
            let rows = activations(NEURONS, samples, rectify);
            let theirs: Vec<Array1<f64>> = rows.iter().map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect();
            let ours = Columns::prepare(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), Form::Paper);
            let pairs: Vec<(usize, usize)> = (0..NEURONS).flat_map(|i| (i..NEURONS).map(move |j| (i, j))).collect();
            let different = pairs.iter().filter(|(i, j)| i != j);

            let measure = |&(i, j): &(usize, usize)| {
                MutualInformation::new_ksg(&[theirs[i].clone(), theirs[j].clone()], 3, noise).global_value()
            };
            let tile = || one_tile(&ours, 3, Level::best()).unwrap_or_default();
            let (mut their_best, mut our_best) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..ROUNDS {
                their_best =
                    their_best.min(once(|| different.clone().map(measure).sum()) / different.clone().count() as f64);
                our_best = our_best.min(once(|| tile().iter().sum()) / pairs.len() as f64);
            }
            let error =
                pairs.iter().zip(tile()).filter(|((i, j), _)| i != j).map(|(pair, ours)| (measure(pair) - ours).abs());
            println!(
                "{name:>6} {samples:>6} {their_best:>14.0} {our_best:>10.1} {:>8.0}  {:.1e}",
                their_best / our_best,
                error.fold(0.0, f64::max)
            );
        }
    }
}
