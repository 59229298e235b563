//! What the tests of several files need: golden files and seeded numbers.

use std::fs::File;
use std::ops::Range;

use ndarray::Array2;
use ndarray_npy::NpzReader;
use rand::Rng;

use super::random::generator;

/// An npz of `fixtures/golden`.
pub(crate) fn npz(name: &str) -> NpzReader<File> {
    let path = format!("{}/fixtures/golden/{name}.npz", env!("CARGO_MANIFEST_DIR"));
    NpzReader::new(File::open(path).unwrap()).unwrap()
}

/// The activations `x` of a golden file, neuron by neuron.
pub(crate) fn golden(name: &str) -> Vec<Vec<f32>> {
    columns(&npz(name).by_name("x").unwrap())
}

/// The activations of a trained network's layers `layer1..4`, side by side, and the layers.
pub(crate) fn golden_layers(name: &str) -> (Vec<Vec<f32>>, Vec<Range<usize>>) {
    let (mut rows, mut layers) = (Vec::new(), Vec::new());
    for layer in 1..=4 {
        let start = rows.len();
        rows.extend(columns(&npz(name).by_name(&format!("layer{layer}")).unwrap()));
        layers.push(start..rows.len());
    }
    (rows, layers)
}

fn columns(array: &Array2<f32>) -> Vec<Vec<f32>> {
    array.columns().into_iter().map(|column| column.to_vec()).collect()
}

/// Standard normal numbers.
pub(crate) fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut random = generator(seed, 7 << 32);
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    (0..count).map(|_| (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()).collect()
}

/// Neurons of independent normal numbers.
pub(crate) fn rows_of(neurons: usize, samples: usize, seed: u64) -> Vec<Vec<f32>> {
    let numbers = normals(seed, neurons * samples);
    numbers.chunks(samples).map(|row| row.iter().map(|&x| x as f32).collect()).collect()
}
