//! Against closed forms, against each other, and how often the intervals hold.

use super::products::Products;
use super::standard::Standard;
use super::*;
use crate::measures::health::survey::Survey;
use crate::measures::resampling::splits::Parts;
use crate::measures::testing::rows_of;

fn spectra(rows: &[Vec<f32>], layers: &[std::ops::Range<usize>]) -> Spectra {
    let survey = Survey::of(rows.iter().map(Vec::as_slice).collect(), layers, &()).unwrap();
    let parts = Parts::draw(0, rows[0].len(), 20, true);
    measure(&survey, &parts.twentieths, &()).unwrap()
}

fn one(rows: &[Vec<f32>]) -> Spectrum {
    spectra(rows, std::slice::from_ref(&(0..rows.len()))).layers[0]
}

fn close(value: f64, expected: f64, tolerance: f64) -> bool {
    (value - expected).abs() <= tolerance * expected.abs()
}

/// Walsh functions over 64 inputs: entries of 1 and -1, mean 0 (but for the first), every two orthogonal.
fn walsh(index: u32) -> Vec<f32> {
    (0..64u32).map(|input| if (input & index).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }).collect()
}

#[test]
fn orthogonal_neurons_have_full_rank() {
    let rows: Vec<Vec<f32>> = (1..=12).map(walsh).collect();
    let spectrum = one(&rows);
    assert!(close(spectrum.effective_rank, 12.0, 1e-9) && close(spectrum.participation_ratio, 12.0, 1e-9));
    assert!(spectrum.mean_abs_correlation.abs() < 1e-12);
}

#[test]
fn neurons_that_follow_one_cause_have_rank_one() {
    let cause = &rows_of(1, 500, 1)[0];
    let rows: Vec<Vec<f32>> = (1..40).map(|n| cause.iter().map(|x| x * n as f32 - 3.0).collect()).collect();
    let spectrum = one(&rows);
    assert!(
        close(spectrum.effective_rank, 1.0, 1e-4) && close(spectrum.participation_ratio, 1.0, 1e-4),
        "{spectrum:?}"
    );
    assert!(close(spectrum.mean_abs_correlation, 1.0, 1e-6));
}

/// Of two orthogonal patterns, 9 and 4 times: singular values in the ratio 3 to 2, and q = 3/5 and 2/5. Eigenvalues 9
/// and 4: (9 + 4)^2 / (81 + 16). Of the 78 pairs, 36 + 6 have |r| = 1 and the others 0.
#[test]
fn copies_count_by_the_square_root_of_their_number() {
    let rows: Vec<Vec<f32>> = (0..13).map(|n| walsh(if n < 9 { 5 } else { 6 })).collect();
    let spectrum = one(&rows);
    let entropy = -(0.6f64 * 0.6f64.ln() + 0.4 * 0.4f64.ln());
    assert!(close(spectrum.effective_rank, entropy.exp(), 1e-9), "{spectrum:?}");
    assert!(close(spectrum.participation_ratio, 169.0 / 97.0, 1e-9));
    assert!(close(spectrum.mean_abs_correlation, 42.0 / 78.0, 1e-9));
}

/// The singular values of N independent neurons over S inputs have Marchenko's and Pastur's distribution, of which
/// R = N E(s) exp(-E(s ln s) / E(s)).
#[test]
fn independent_normals_have_marchenkos_and_pasturs_rank() {
    for (neurons, samples) in [(100, 400), (150, 200), (60, 6000)] {
        let ratio = neurons as f64 / samples as f64;
        let (low, high) = ((1.0 - ratio.sqrt()).powi(2), (1.0 + ratio.sqrt()).powi(2));
        let steps = 200_000;
        let (mut total, mut size, mut weighted) = (0.0, 0.0, 0.0);
        for step in 0..steps {
            let square = low + (high - low) * (step as f64 + 0.5) / steps as f64;
            let density = ((high - square) * (square - low)).sqrt() / square;
            total += density;
            size += density * square.sqrt();
            weighted += density * square.sqrt() * square.sqrt().ln();
        }
        let expected = neurons as f64 * size / total * (-weighted / size).exp();
        let found = one(&rows_of(neurons, samples, 7)).effective_rank;
        assert!(close(found, expected, 0.01), "{neurons} x {samples}: {found}, not {expected}");
    }
}

#[test]
fn neurons_scale_and_order_do_not_matter() {
    let mut rows = rows_of(20, 300, 3);
    for n in 1..20 {
        let (before, after) = rows.split_at_mut(n);
        after[0].iter_mut().zip(&before[n - 1]).for_each(|(x, y)| *x += y);
    }
    let rank = one(&rows).effective_rank;
    let mut other = rows.clone();
    other.reverse();
    for (n, row) in other.iter_mut().enumerate() {
        row.iter_mut().for_each(|x| *x = *x * 2f32.powi(n as i32 - 9) + n as f32);
        row.rotate_left(77);
    }
    assert!(close(one(&other).effective_rank, rank, 1e-4));
    assert!(!close(one(&rows_of(20, 300, 3)).effective_rank, rank, 0.1));
}

/// A rotation of the neurons keeps the covariance's eigenvalues, and the effective rank where all variances stay equal.
#[test]
fn rotating_the_neurons_keeps_what_it_should() {
    let mut rows = rows_of(2, 400, 5);
    rows[1].iter_mut().for_each(|x| *x *= 3.0);
    let turned = |rows: &[Vec<f32>]| -> Vec<Vec<f32>> {
        let (cosine, sine) = (0.8, 0.6);
        let turn = |a: f32, b: f32| rows[0].iter().zip(&rows[1]).map(|(x, y)| a * x + b * y).collect();
        vec![turn(cosine, -sine), turn(sine, cosine)]
    };
    assert!(close(one(&turned(&rows)).participation_ratio, one(&rows).participation_ratio, 1e-5));
    let orthogonal = vec![walsh(3), walsh(9)];
    assert!(close(one(&turned(&orthogonal)).effective_rank, 2.0, 1e-6));
}

/// More neurons than inputs are read from the products of the inputs; the neurons' own have the same eigenvalues.
#[test]
fn wide_layers_are_those_of_their_correlations() {
    let mut rows = rows_of(300, 40, 9);
    for row in &mut rows[100..] {
        row.iter_mut().enumerate().for_each(|(s, x)| *x = 0.5 * *x + (s % 7) as f32);
    }
    let found = one(&rows);
    let standard = Standard::new(rows.iter().map(Vec::as_slice));
    let mut correlations = faer::Mat::<f64>::zeros(300, 300);
    let (mut absolute, mut squares, mut variances) = (0.0, 0.0, 0.0);
    let block = standard.block(0..300, 0..40);
    for i in 0..300 {
        variances += standard.deviations[i].powi(2);
        for j in 0..300 {
            let r = block.matrix().col(i).transpose() * block.matrix().col(j) / 40.0;
            correlations[(i, j)] = r;
            absolute += if i < j { r.abs() } else { 0.0 };
            squares += (r * standard.deviations[i] * standard.deviations[j]).powi(2);
        }
    }
    let rank = super::figures::ln_effective_rank(&super::figures::eigenvalues(&correlations)).exp();
    assert!(close(found.effective_rank, rank, 1e-9), "{} {rank}", found.effective_rank);
    assert!(close(found.mean_abs_correlation, absolute / (300.0 * 299.0 / 2.0), 1e-9));
    assert!(close(found.participation_ratio, variances * variances / squares, 1e-9));
    assert_eq!(Products::of(&standard).matrix.nrows(), 40);
}

#[test]
fn overall_is_the_geometric_mean_and_what_does_not_vary_is_left_out() {
    let mut rows: Vec<Vec<f32>> = (1..=8).map(walsh).collect();
    rows.extend([walsh(3), walsh(3), vec![2.0; 64], vec![f32::NAN; 64], vec![1.0; 64]]);
    let found = spectra(&rows, &[0..8, 8..12, 12..13]);
    assert!(close(found.layers[0].effective_rank, 8.0, 1e-9) && close(found.layers[1].effective_rank, 1.0, 1e-9));
    assert!(found.layers[2].effective_rank.is_nan() && found.layers[2].mean_abs_correlation.is_nan());
    assert!(close(found.overall.effective_rank, 8f64.sqrt(), 1e-9));
    assert!(close(found.overall.participation_ratio, 8f64.sqrt(), 1e-9));
    assert!(close(found.overall.mean_abs_correlation, 0.5, 1e-9));
    assert_eq!(found.deviations.values.dim(), (20, 4));
    assert!(found.overall.interval95.iter().all(|end| end.is_finite()));
}

/// The truth is the mean over all runs: the interval is for the figure that other inputs as many would give.
#[test]
fn the_interval_holds_about_as_often_as_it_says() {
    const RUNS: usize = 300;
    for (neurons, samples, load) in [(12, 150, 0.0), (12, 150, 0.8), (40, 60, 0.5)] {
        let found: Vec<Spectrum> = (0..RUNS)
            .map(|run| {
                let mut rows = rows_of(neurons + 1, samples, 1000 + run as u64);
                let cause = rows.remove(neurons);
                for row in &mut rows {
                    row.iter_mut().zip(&cause).for_each(|(x, c)| *x += load * 2.0 * c);
                }
                one(&rows)
            })
            .collect();
        let truth = found.iter().map(|s| s.effective_rank).sum::<f64>() / RUNS as f64;
        let holds = |s: &&Spectrum| s.interval95[0] <= truth && truth <= s.interval95[1];
        let covered = found.iter().filter(holds).count() as f64 / RUNS as f64;
        assert!((0.92..=1.0).contains(&covered), "{neurons} x {samples}, {load}: {covered}");
    }
}
