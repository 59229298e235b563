//! Activations from memory: `cargo run --release --example measure`.

use ndarray::Array2;
use probe::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = Array2::from_shape_fn((1000, 8), |(input, neuron)| (input as f32 * (1.0 + neuron as f32).sqrt()).sin());
    let run = probe::measure(&[("waves", layer.view())], &Options::default())?;
    println!("mean H {:.3} nats over {} neurons", run.report().overall.entropy.mean, run.entropy().len());
    Ok(())
}
