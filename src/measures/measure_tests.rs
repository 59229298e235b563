//! The driver from end to end: published numbers, edge cases, and what must not change a result.
#![allow(clippy::single_range_in_vec_init, reason = "one layer is a list of one range")]

use ndarray::{Array2, aview2};

use super::testing::{golden_layers, normals, npz, rows_of};
use super::*;
use crate::base::advise::{Advise, Fault};
use crate::base::job::{Job, Stage};

fn array(rows: &[Vec<f32>]) -> Array2<f32> {
    let samples = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), samples), rows.concat()).unwrap()
}

fn measured(rows: &[Vec<f32>], layers: &[std::ops::Range<usize>], settings: &Settings) -> Measures {
    measure(array(rows).view(), layers, settings, &()).unwrap()
}

fn few() -> Settings {
    Settings { subsamples: 4, ..Settings::default() }
}

#[test]
fn a_trained_network_as_published() {
    let (rows, layers) = golden_layers("published_objects_base");
    let settings = Settings { pair_neurons: PairNeurons::First(8), ..few() };
    let got = measured(&rows, &layers, &settings);
    // The published matrix has the first 16, 32, 32 and 32 neurons of the layers.
    let published: Vec<usize> = [0, 16, 48, 80].iter().flat_map(|&start| start..start + 8).collect();
    let mi: Array2<f64> = npz("published_objects_base_measures").by_name("mi").unwrap();
    let matrix = &got.primary.mutual_information;
    assert_eq!(matrix.len(), published.len());
    let mut off_diagonal = Vec::new();
    for (i, &row) in published.iter().enumerate() {
        for (j, &column) in published.iter().enumerate() {
            assert!((matrix.get(i, j) - mi[[row, column]]).abs() < 1e-9, "{i} {j}");
            if i < j {
                off_diagonal.push(mi[[row, column]]);
            }
        }
    }
    let overall = got.primary.overall.mutual_information;
    let mean = off_diagonal.iter().sum::<f64>() / off_diagonal.len() as f64;
    assert!((overall.mean - mean).abs() < 1e-12);
    off_diagonal.sort_unstable_by(f64::total_cmp);
    assert!((overall.min - off_diagonal[0]).abs() < 1e-12);
    // 496 pairs: the median lies between two.
    let middle = off_diagonal.len() / 2;
    assert!((overall.median - 0.5 * (off_diagonal[middle - 1] + off_diagonal[middle])).abs() < 1e-12);
    // The last stage's channels are zero for many images, so both estimators are shown.
    assert!(got.concerns.ties && !got.concerns.outliers && !got.concerns.scales, "{:?}", got.concerns);
    assert_eq!(got.beside.unwrap().estimator, Estimator::Robust);
    assert_eq!(got.health[3].tied, 128);
}

#[test]
fn what_is_wrong_with_the_call_is_said() {
    let x = Array2::<f32>::from_shape_fn((2, 8), |(i, j)| (i * 3 + j * j) as f32);
    let error =
        |layers: &[std::ops::Range<usize>], settings: Settings| measure(x.view(), layers, &settings, &()).unwrap_err();
    let default = Settings::default;
    let whole = std::slice::from_ref(&(0..2));
    assert!(matches!(error(whole, Settings { bins: 0, ..default() }), Error::Bins { bins: 0 }));
    assert!(matches!(error(whole, Settings { bins: 70_000, ..default() }), Error::Bins { .. }));
    assert!(matches!(error(whole, Settings { neighbors: 0, ..default() }), Error::NoNeighbors));
    let none = Settings { pair_neurons: PairNeurons::First(0), ..default() };
    assert!(matches!(error(whole, none), Error::NoPairNeurons));
    let shared = Settings { binning: Binning::Shared { min: 1.0, max: f32::NAN }, ..default() };
    assert!(matches!(error(whole, shared), Error::SharedRange { .. }));
    let few = error(whole, Settings { neighbors: 8, ..default() });
    assert_eq!(few.to_string(), "8 inputs are too few for 8 neighbours: at least 9 are needed");
    assert_eq!(few.fault(), Fault::Input);
    for layers in [vec![0..1], vec![0..3], vec![1..2], vec![0..1, 0..2], vec![]] {
        assert!(matches!(error(&layers, default()), Error::Layers { .. }), "{layers:?}");
    }
    let empty = Array2::<f32>::zeros((0, 5));
    assert!(matches!(measure(empty.view(), &[], &default(), &()), Err(Error::Empty { .. })));
    let empty = Array2::<f32>::zeros((5, 0));
    assert!(matches!(measure(empty.view(), std::slice::from_ref(&(0..5)), &default(), &()), Err(Error::Empty { .. })));
}

#[test]
fn the_fewest_inputs_have_figures_but_no_interval() {
    let got = measured(&rows_of(3, 4, 1), &[0..3], &few());
    let overall = got.primary.overall;
    assert!(overall.entropy.mean.is_finite() && overall.mutual_information.mean.is_finite());
    assert!(overall.mutual_information.interval95.iter().all(|x| x.is_nan()));
    assert!(!got.stability.mutual_information_moving);
    let one = measured(&rows_of(3, 1, 1), &[0..3], &Settings { mutual_information: MiEstimator::Binned, ..few() });
    assert_eq!(one.primary.overall.entropy.mean, 0.0);
    assert_eq!(one.primary.overall.mutual_information.mean, 0.0);
}

#[test]
fn a_layer_of_one_neuron_has_no_pairs() {
    let got = measured(&rows_of(3, 60, 2), &[0..1, 1..3], &few());
    let alone = got.primary.layers[0];
    assert!(alone.entropy.mean > 0.0 && alone.entropy.interval95[0] < alone.entropy.mean);
    assert!(alone.mutual_information.mean.is_nan() && alone.mutual_information.median.is_nan());
    assert!(got.primary.spread[0].entropy.is_nan());
    assert!(got.primary.overall.mutual_information.mean.is_finite());
    // What is not known is null in JSON, and comes back as NaN.
    let json = serde_json::to_string(&alone).unwrap();
    assert!(json.contains(r#""mean":null"#) && json.contains(r#""interval95":[null,null]"#), "{json}");
    let back: Statistics = serde_json::from_str(&json).unwrap();
    assert!(back.mutual_information.mean.is_nan() && back.mutual_information.interval95[0].is_nan());
    assert_eq!(back.entropy, alone.entropy);
    let single = measured(&rows_of(1, 60, 2), &[0..1], &few());
    assert!(single.primary.overall.mutual_information.mean.is_nan());
    assert_eq!(single.primary.resamples.pairs_total, 0);
}

#[test]
fn broken_and_constant_neurons_are_named_and_spoil_nothing() {
    let mut rows = rows_of(6, 200, 3);
    let clean = measured(&[rows[0].clone(), rows[3].clone(), rows[5].clone()], &[0..1, 1..3], &few());
    rows[1][7] = f32::NAN;
    rows[1][9] = f32::INFINITY;
    rows[2].fill(-0.0);
    rows[2][5] = 0.0;
    rows[4][199] = f32::NEG_INFINITY;
    let settings = few();
    let got = measured(&rows, &[0..2, 2..6], &settings);
    assert_eq!((got.health[0].non_finite, got.health[1].non_finite, got.health[1].constant), (1, 1, 1));
    let broken = got.health[0].broken[0];
    assert_eq!((broken.neuron, broken.input), (1, 7));
    assert_eq!((got.health[1].broken[0].neuron, got.health[1].broken[0].input), (2, 199));
    let said = got.warnings(&[("fc1", 2), ("fc2", 4)], &few(), "text")[0].words().message;
    assert!(said.contains("fc1:1 (first in input 7)") && said.contains("fc2:2"), "{said}");
    assert_eq!(got.health[1].constant, 1);
    assert!(got.primary.entropy[1].is_nan() && got.primary.entropy[4].is_nan());
    assert_eq!(got.primary.entropy[2], 0.0);
    let matrix = &got.primary.mutual_information;
    assert_eq!(got.primary.pair_neurons, [0, 1, 2, 3, 4, 5]);
    for other in [0, 2, 3, 5] {
        assert!(matrix.get(1, other).is_nan() && matrix.get(other, 4).is_nan());
        assert_eq!(matrix.get(2, other), 0.0);
    }
    assert_eq!(matrix.get(0, 3), clean.primary.mutual_information.get(0, 1));
    assert_eq!(got.primary.entropy[3], clean.primary.entropy[1]);
    // Pairs inside the second layer: of neurons 2, 3 and 5, the first constant.
    let second = got.primary.layers[1].mutual_information;
    assert!((second.mean - matrix.get(3, 5) / 3.0).abs() < 1e-15);
    assert!(second.interval95[0] <= second.mean && second.mean <= second.interval95[1]);
}

#[test]
fn nothing_finite_is_nothing_known() {
    let got = measured(&vec![vec![f32::NAN; 20]; 3], &[0..3], &few());
    assert!(got.primary.overall.entropy.mean.is_nan() && got.primary.overall.mutual_information.max.is_nan());
    assert_eq!(got.health[0].non_finite, 3);
    assert!(got.beside.is_none());
    let constant = measured(&vec![vec![2.5; 20]; 3], &[0..3], &few());
    assert_eq!(constant.primary.overall.entropy.max, 0.0);
    assert_eq!(constant.primary.overall.mutual_information.min, 0.0);
    assert_eq!(constant.primary.overall.mutual_information.max, 0.0);
}

#[test]
fn outlier_channels_are_named_with_what_they_cost() {
    let mut rows = rows_of(40, 300, 4);
    for x in &mut rows[17] {
        *x = *x * 3.0 + 60.0;
    }
    let got = measured(&rows, &[0..10, 10..40], &few());
    assert_eq!(got.outliers.len(), 1);
    let outlier = got.outliers[0];
    assert_eq!((outlier.layer, outlier.neuron), (1, 7));
    assert!(outlier.distance > 10.0 && (outlier.median - 60.0).abs() < 1.0);
    assert!(got.concerns.outliers);
    let without = got.sensitivity.without_outliers.unwrap();
    // The others share a tenth of the bins because of it.
    assert!(got.primary.overall.entropy.median < 2.6, "{}", got.primary.overall.entropy.median);
    assert!(without.overall.median > 3.5, "{}", without.overall.median);
    let rest: Vec<Vec<f32>> = rows.iter().enumerate().filter(|&(n, _)| n != 17).map(|(_, row)| row.clone()).collect();
    let alone = measured(&rest, &[0..10, 10..39], &few());
    assert!(alone.outliers.is_empty());
    assert!((without.overall.mean - alone.primary.overall.entropy.mean).abs() < 1e-12);
    // Under `robust` it takes more than one channel.
    let robust = got.beside.unwrap();
    assert_eq!(robust.estimator, Estimator::Robust);
}

#[test]
fn clashing_scales_are_a_concern() {
    let mut rows = rows_of(20, 200, 5);
    assert!(!measured(&rows, &[0..10, 10..20], &few()).concerns.any());
    for row in &mut rows[10..] {
        row.iter_mut().for_each(|x| *x *= 1000.0);
    }
    let got = measured(&rows, &[0..10, 10..20], &few());
    assert!(got.concerns.scales && !got.concerns.outliers && !got.concerns.ties);
    assert!((got.concerns.spread_ratio / 1000.0 - 1.0).abs() < 0.5);
    assert!(got.beside.is_some());
}

#[test]
fn threads_and_memory_order_change_nothing() {
    let rows = rows_of(30, 150, 6);
    let layers = [0..12, 12..30];
    let settings = Settings { both: true, pair_neurons: PairNeurons::Random(9), seed: 3, ..few() };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let a = one.install(|| measured(&rows, &layers, &settings));
    let b = three.install(|| measured(&rows, &layers, &settings));
    let turned = array(&rows).t().as_standard_layout().to_owned();
    let c = measure(turned.t(), &layers, &settings, &()).unwrap();
    for other in [&b, &c] {
        for (x, y) in [(&a.primary, &other.primary), (a.beside.as_ref().unwrap(), other.beside.as_ref().unwrap())] {
            assert_eq!(x.entropy, y.entropy);
            assert_eq!(x.layers, y.layers);
            assert_eq!(x.overall, y.overall);
            assert_eq!(x.resamples, y.resamples);
            assert_eq!(x.pair_neurons, y.pair_neurons);
            assert!(x.mutual_information.rows().eq(y.mutual_information.rows()));
        }
        assert_eq!(a.stability, other.stability);
    }
    assert_eq!(a.primary.pair_neurons.len(), 18);
    let other_seed = measured(&rows, &layers, &Settings { seed: 4, ..settings });
    assert_ne!(a.primary.pair_neurons, other_seed.primary.pair_neurons);
}

#[test]
fn every_estimator_and_binning_gives_numbers() {
    let rows = rows_of(5, 40, 8);
    for entropy in [EntropyEstimator::Binned, EntropyEstimator::MillerMadow, EntropyEstimator::KozachenkoLeonenko] {
        for mutual_information in [MiEstimator::Nearest, MiEstimator::Binned] {
            for binning in [Binning::Global, Binning::Layer, Binning::Neuron, Binning::Shared { min: -1.0, max: 1.0 }] {
                for bins in [1, 300] {
                    let settings = Settings { entropy, mutual_information, binning, bins, both: true, ..few() };
                    let got = measured(&rows, &[0..2, 2..5], &settings);
                    for reading in [&got.primary, got.beside.as_ref().unwrap()] {
                        assert!(reading.entropy.iter().all(|h| h.is_finite()), "{settings:?}");
                        assert!(reading.overall.mutual_information.mean.is_finite());
                        let [low, high] = reading.overall.entropy.interval95;
                        assert!(low <= reading.overall.entropy.mean && reading.overall.entropy.mean <= high);
                    }
                }
            }
        }
    }
}

/// A job that is told to stop at once, or keeps parts.
#[derive(Default)]
struct Keeper {
    stopped: bool,
    parts: std::sync::Mutex<std::collections::BTreeMap<(String, u64), Vec<u8>>>,
    reused: std::sync::atomic::AtomicUsize,
}

impl Job for Keeper {
    fn stopped(&self) -> bool {
        self.stopped
    }
    fn kept(&self, stage: Stage, section: &str, index: u64) -> Option<Vec<u8>> {
        let found = self.parts.lock().unwrap().get(&(format!("{} {section}", stage.name()), index)).cloned();
        self.reused.fetch_add(usize::from(found.is_some()), std::sync::atomic::Ordering::Relaxed);
        found
    }
    fn keep(&self, stage: Stage, section: &str, index: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.parts.lock().unwrap().insert((format!("{} {section}", stage.name()), index), bytes.to_vec());
        Ok(())
    }
}

#[test]
fn stops_and_goes_on_from_kept_parts() {
    let x = array(&rows_of(10, 100, 9));
    let layers = [0..5, 5..10];
    let stopped = Keeper { stopped: true, ..Keeper::default() };
    assert!(matches!(measure(x.view(), &layers, &few(), &stopped), Err(Error::Interrupted)));
    let job = Keeper::default();
    let first = measure(x.view(), &layers, &few(), &job).unwrap();
    let splits = job.parts.lock().unwrap().keys().filter(|(stage, _)| stage == "intervals paper").count();
    assert_eq!(splits, 4);
    let second = measure(x.view(), &layers, &few(), &job).unwrap();
    assert!(job.reused.load(std::sync::atomic::Ordering::Relaxed) >= 5);
    assert_eq!(first.primary.resamples, second.primary.resamples);
    assert_eq!(first.stability, second.stability);
}

#[test]
fn too_few_inputs_still_move() {
    // 200 inputs in 100 bins: halving them costs a good part of the entropy.
    let few_inputs = measured(&rows_of(30, 200, 10), &[0..30], &few());
    assert!(few_inputs.stability.entropy_moving);
    assert_eq!(few_inputs.stability.samples, [50, 100, 200]);
    let [quarter, half, whole] = few_inputs.stability.entropy;
    assert!(quarter < half && half < whole);
    let settings = Settings { bins: 4, ..few() };
    // Neurons that all follow one cause, so that the interval is as wide as one neuron's.
    let cause = normals(11, 4000);
    let rows: Vec<Vec<f32>> = (1..5).map(|n| cause.iter().map(|&x| (x * f64::from(n)) as f32).collect()).collect();
    let many = measured(&rows, &[0..4], &settings);
    assert!(!many.stability.entropy_moving, "{:?} {:?}", many.stability, many.primary.overall.entropy);
}

/// The intervals look at some of the pairs only; the figure at S is that of all.
#[test]
fn stability_ends_at_the_overall_means() {
    let got = measured(&rows_of(60, 40, 13), &[0..60], &few());
    assert!(got.primary.resamples.pairs_used < got.primary.resamples.pairs_total);
    assert_eq!(got.stability.mutual_information[2], got.primary.overall.mutual_information.mean);
    assert!((got.stability.entropy[2] - got.primary.overall.entropy.mean).abs() < 1e-12);
}

#[test]
fn the_interval_needs_two_splits() {
    for subsamples in [0, 1] {
        let settings = Settings { subsamples, ..Settings::default() };
        let got = measured(&rows_of(4, 50, 12), &[0..4], &settings);
        assert!(got.primary.overall.entropy.interval95[0].is_nan());
        assert!(got.primary.overall.entropy.mean.is_finite());
    }
    let x = [[0.0f32; 3]; 0];
    assert!(measure(aview2(&x), &[], &Settings::default(), &()).is_err());
}
