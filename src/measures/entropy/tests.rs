//! Against the published code's numbers, against the definition written out, and against closed forms.
#![allow(clippy::single_range_in_vec_init, reason = "one layer is a list of one range")]

use std::collections::BTreeMap;

use ndarray::Array1;
use proptest::prelude::*;

use super::edges::{Edges, Ends};
use super::estimate::Part;
use super::nearest::kozachenko_leonenko;
use super::ranges::{Binning, Ranges};
use crate::measures::health::survey::Survey;
use crate::measures::testing::{golden, golden_layers, npz, rows_of};
use crate::measures::{EntropyEstimator, Estimator};

fn entropies(rows: &[Vec<f32>], estimator: Estimator, binning: Binning, bins: usize) -> Vec<f64> {
    let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
    let layers = [0..rows.len()];
    let survey = Survey::of(rows, &layers, &()).unwrap();
    let ranges = Ranges::find(&survey, estimator.reach(), binning, bins, |_| true);
    EntropyEstimator::Binned.measure(&survey, &ranges, 3, &[], &()).unwrap().whole
}

fn worst(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |worst, d| if d <= worst { worst } else { d })
}

/// The definition: NumPy's edges, a linear search, and -sum p ln p over the bins that occur.
fn plain(row: &[f32], min: f32, max: f32, bins: usize, ends: Ends) -> f64 {
    let (min, max) = if min == max { (min - 0.5, max + 0.5) } else { (min, max) };
    let width = max - min;
    let step = width / bins as f32;
    let mut edges: Vec<f32> = (0..=bins)
        .map(|k| if step == 0.0 { k as f32 / bins as f32 * width + min } else { k as f32 * step + min })
        .map(|edge| edge.min(max))
        .collect();
    edges[bins] = max;
    let mut counts = BTreeMap::new();
    for &x in row {
        let mut index = edges.iter().filter(|&&edge| edge <= x).count();
        if ends == Ends::Closed {
            index = index.clamp(1, bins);
        }
        *counts.entry(index).or_insert(0usize) += 1;
    }
    counts.values().map(|&n| n as f64 / row.len() as f64).map(|p| -p * p.ln()).sum::<f64>()
}

#[test]
fn published_edges() {
    for name in ["gelu_S2500_N32", "relu_S2500_N32"] {
        let rows = golden(name);
        let all: Vec<f32> = rows.concat();
        let min = all.iter().copied().fold(f32::INFINITY, f32::min);
        let max = all.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let want: Array1<f32> = npz(name).by_name("edges10").unwrap();
        assert_eq!(Edges::new(min, max, 10, Ends::Open).values(), want.to_vec(), "{name}");
    }
}

#[test]
fn published_entropies() {
    for name in ["gelu_S2500_N32", "relu_S2500_N32"] {
        let rows = golden(name);
        for (key, binning) in [("H_global", Binning::Global), ("H_local", Binning::Neuron)] {
            for bins in [10, 100] {
                let want: Array1<f64> = npz(name).by_name(&format!("{key}{bins}")).unwrap();
                let got = entropies(&rows, Estimator::Paper, binning, bins);
                assert!(worst(&got, &want.to_vec()) < 1e-12, "{name} {key}{bins}: {}", worst(&got, &want.to_vec()));
            }
        }
    }
}

#[test]
fn published_entropies_of_a_trained_network() {
    let (rows, _) = golden_layers("published_objects_base");
    for bins in [20, 100] {
        let want: Array1<f64> = npz("published_objects_base_measures").by_name(&format!("entropy_{bins}")).unwrap();
        let got = entropies(&rows, Estimator::Paper, Binning::Global, bins);
        assert!(worst(&got, &want.to_vec()) < 1e-12, "{bins}");
    }
}

#[test]
fn robust_entropy_of_a_trained_network() {
    let (rows, _) = golden_layers("published_objects_base");
    let got = entropies(&rows, Estimator::Robust, Binning::Global, 100);
    let mean = got.iter().sum::<f64>() / got.len() as f64;
    assert!((mean - 3.56).abs() < 0.005, "{mean}");
}

#[test]
fn published_nearest_neighbour_entropy() {
    let want: Array1<f64> = npz("gelu_S2500_N32").by_name("H_knn10").unwrap();
    let got: Vec<f64> = golden("gelu_S2500_N32")
        .into_iter()
        .map(|mut row| {
            row.sort_unstable_by(f32::total_cmp);
            kozachenko_leonenko(&row, 10)
        })
        .collect();
    assert!(worst(&got, &want.to_vec()) < 1e-12, "{}", worst(&got, &want.to_vec()));
}

/// Values rounded to a grid of width w have the differential entropy of the uniform cells: here ln(range).
#[test]
fn nearest_neighbours_with_ties() {
    let mut row: Vec<f32> = (0..4000).map(|s| ((s * 7919) % 40) as f32 * 0.25).collect();
    row.sort_unstable_by(f32::total_cmp);
    let got = kozachenko_leonenko(&row, 3);
    assert!((got - 10f64.ln()).abs() < 0.02, "{got}");
    // The published formula gives minus infinity here.
    let half_zero: Vec<f32> = (0..1000).map(|s| (s as f32 - 500.0).max(0.0)).collect();
    assert!(kozachenko_leonenko(&half_zero, 3).is_finite());
    assert_eq!(kozachenko_leonenko(&[2.0; 9], 3), 0.0);
    assert!(kozachenko_leonenko(&[1.0, 2.0, 3.0], 3).is_nan());
    assert!(kozachenko_leonenko(&[1.0, 2.0, 3.0, 4.0], 3).is_finite());
}

#[test]
fn miller_and_madow() {
    let rows = [vec![0.0f32, 0.0, 1.0, 2.0]];
    let row: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
    let survey = Survey::of(row, std::slice::from_ref(&(0..1)), &()).unwrap();
    let ranges = Ranges::find(&survey, Estimator::Paper.reach(), Binning::Global, 4, |_| true);
    let got = EntropyEstimator::MillerMadow.measure(&survey, &ranges, 3, &[], &()).unwrap().whole[0];
    // Three bins of 2, 1, 1 among 4: 1.5 ln 2, and (3 - 1) / (2 * 4).
    assert!((got - (1.5 * 2f64.ln() + 0.25)).abs() < 1e-15, "{got}");
}

#[test]
fn the_last_edge_has_a_bin_of_its_own() {
    // One bin and two values: the greatest is beyond the last edge, so the entropy is ln 2 and not 0.
    let row = vec![0.0f32, 1.0, 0.0, 1.0];
    let open = entropies(std::slice::from_ref(&row), Estimator::Paper, Binning::Global, 1)[0];
    assert!((open - 2f64.ln()).abs() < 1e-15);
    assert_eq!(entropies(&[row], Estimator::Robust, Binning::Global, 1)[0], 0.0);
}

#[test]
fn a_neuron_that_is_not_finite_spoils_no_other() {
    let mut rows = vec![vec![0.0f32; 50], (0..50).map(|s| s as f32).collect(), (0..50).map(|s| s as f32).collect()];
    rows[1][7] = f32::INFINITY;
    for binning in [Binning::Global, Binning::Layer, Binning::Neuron] {
        for estimator in [Estimator::Paper, Estimator::Robust] {
            let got = entropies(&rows, estimator, binning, 10);
            assert_eq!(got[0], 0.0);
            assert!(got[1].is_nan());
            assert!(got[2] > 2.0, "{estimator:?} {binning:?} {}", got[2]);
        }
    }
}

#[test]
fn ranges_too_wide_or_narrow_for_float32() {
    for (min, max) in [(-3e38, 3e38), (0.0, 1e-45), (1e9, 1e9), (-1e-44, 1e-40), (16_777_210.0, 16_777_216.0)] {
        let edges = Edges::new(min, max, 100, Ends::Open);
        let values = edges.values();
        assert!(values.iter().all(|edge| edge.is_finite()) && values.is_sorted(), "{min} {max}");
        let mut index = [0u8; 2];
        edges.fill(&[min, max], &mut index);
        assert_eq!(index[1], 101);
    }
}

#[test]
fn a_shared_range_takes_values_beyond_it() {
    let edges = Edges::new(0.0, 1.0, 4, Ends::Open);
    let mut index = [0u8; 5];
    edges.fill(&[-3.0, 0.0, 0.99, 1.0, 1e30], &mut index);
    assert_eq!(index, [0, 1, 4, 5, 5]);
    Edges::new(0.0, 1.0, 4, Ends::Closed).fill(&[-3.0, 0.0, 0.99, 1.0, 1e30], &mut index);
    assert_eq!(index, [1, 1, 4, 4, 4]);
}

#[test]
fn parts_are_measured_in_the_given_range() {
    let rows = rows_of(3, 40, 11);
    let survey = Survey::of(rows.iter().map(Vec::as_slice).collect(), std::slice::from_ref(&(0..3)), &()).unwrap();
    let ranges = Ranges::find(&survey, Estimator::Paper.reach(), Binning::Global, 7, |_| true);
    let part: Vec<u32> = (0..40).step_by(3).collect();
    let rest: Vec<u32> = (0..40).filter(|s| s % 3 != 0).collect();
    for estimator in [EntropyEstimator::Binned, EntropyEstimator::KozachenkoLeonenko] {
        let got = estimator.measure(&survey, &ranges, 3, &[Part::Only(&part), Part::Without(&rest)], &()).unwrap();
        for (neuron, row) in rows.iter().enumerate() {
            let mut some: Vec<f32> = part.iter().map(|&s| row[s as usize]).collect();
            let want = match estimator {
                EntropyEstimator::Binned => {
                    let all = rows.concat();
                    let min = all.iter().copied().fold(f32::INFINITY, f32::min);
                    let max = all.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    plain(&some, min, max, 7, Ends::Open)
                }
                _ => {
                    some.sort_unstable_by(f32::total_cmp);
                    kozachenko_leonenko(&some, 3)
                }
            };
            // What is left is counted, or taken off the whole: another order of the same sum.
            for part in &got.parts {
                assert!((part[neuron] - want).abs() < 1e-12);
            }
        }
    }
}

/// Values that binning may get wrong: ties, a grid, denormals, far offsets, gaps of scale.
fn awkward() -> impl Strategy<Value = Vec<f32>> {
    let value = prop_oneof![
        -3.0f32..3.0,
        (-20i32..20).prop_map(|n| n as f32 * 0.1),
        (-20i32..20).prop_map(|n| n as f32 * 1e-45),
        (0i32..64).prop_map(|n| 1e6 + n as f32 * 0.0625),
        (0i32..8).prop_map(|n| 16_777_216.0 + n as f32),
        Just(0.0f32),
        Just(-0.0f32),
        (-30i32..30).prop_map(|n| 2f32.powi(n)),
    ];
    let one_kind = prop_oneof![
        prop::collection::vec(-1.0f32..1.0, 1..300),
        prop::collection::vec((0i32..64).prop_map(|n| 1e6 + n as f32 * 0.0625), 1..300),
        prop::collection::vec((-200i32..200).prop_map(|n| n as f32 * 1e-44), 1..300),
        prop::collection::vec((-30i32..30).prop_map(|n| n as f32 * 0.1), 1..300),
    ];
    prop_oneof![prop::collection::vec(value, 1..300), one_kind]
}

proptest! {
    #[test]
    fn bins_are_those_of_comparing_with_edges(row in awkward(), bins in 1usize..400, closed: bool) {
        let min = row.iter().copied().fold(f32::INFINITY, f32::min);
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let ends = if closed { Ends::Closed } else { Ends::Open };
        let edges = Edges::new(min, max, bins, ends);
        let values = edges.values();
        let mut got = vec![0u16; row.len()];
        edges.fill(&row, &mut got);
        let mut portable = got.clone();
        if !edges.is_uneven() {
            edges.fill_evenly(&row, &mut portable);
        }
        prop_assert_eq!(&got, &portable);
        for (&x, &index) in row.iter().zip(&got) {
            let mut want = values.iter().filter(|&&edge| edge <= x).count();
            if closed { want = want.clamp(1, bins); }
            prop_assert_eq!(usize::from(index), want, "{} in {}..{}", x, min, max);
        }
    }

    #[test]
    fn entropy_is_that_of_the_definition(row in awkward(), bins in 1usize..400) {
        let min = row.iter().copied().fold(f32::INFINITY, f32::min);
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let got = entropies(std::slice::from_ref(&row), Estimator::Paper, Binning::Global, bins)[0];
        let want = if min == max { 0.0 } else { plain(&row, min, max, bins, Ends::Open) };
        prop_assert!((got - want).abs() < 1e-12, "{} {}", got, want);
    }

    /// The vectorised look-up and the definition agree right at the edges too.
    #[test]
    fn values_around_the_edges(min in -100.0f32..100.0, width in 0.001f32..1000.0, bins in 1usize..250) {
        let edges = Edges::new(min, min + width, bins, Ends::Open);
        let around: Vec<f32> = edges.values().into_iter().flat_map(|e| [e.next_down(), e, e.next_up()]).collect();
        let mut got = vec![0u8; around.len()];
        edges.fill(&around, &mut got);
        let values = edges.values();
        for (&x, &index) in around.iter().zip(&got) {
            prop_assert_eq!(usize::from(index), values.iter().filter(|&&edge| edge <= x).count());
        }
    }
}
