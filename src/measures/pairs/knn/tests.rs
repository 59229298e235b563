//! The whole against numbers made elsewhere, and against the plain twin.

use std::sync::Mutex;

use ndarray::{Array2, ArrayView2};
use ndarray_npy::NpzReader;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::base::job::{Job, Stage};
use crate::measures::Error;

/// Activations [neurons, inputs] and the published code's matrix.
fn golden(name: &str) -> (Array2<f32>, Array2<f64>) {
    let path = format!("{}/fixtures/golden/{name}.npz", env!("CARGO_MANIFEST_DIR"));
    let mut npz = NpzReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let x: Array2<f32> = npz.by_name("x").unwrap();
    (x.t().as_standard_layout().into_owned(), npz.by_name("mi").unwrap())
}

fn rows(x: ArrayView2<'_, f32>) -> Vec<Vec<f32>> {
    x.rows().into_iter().map(|row| row.to_vec()).collect()
}

fn prepare(rows: &[Vec<f32>], form: Form) -> Columns {
    Columns::prepare(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), form)
}

#[test]
fn equals_the_published_code_on_gelu_and_relu_activations() {
    for name in ["gelu_S2500_N32", "relu_S2500_N32"] {
        let (x, expected) = golden(name);
        let matrix = all_pairs(&prepare(&rows(x.view()), Form::Paper), 3, "paper", &()).unwrap();
        for ((i, j), expected) in expected.indexed_iter() {
            let error = (matrix.get(i, j) - expected).abs();
            assert!(error < 3e-12, "{name} {i} {j}: {} not {expected}", matrix.get(i, j));
        }
    }
}

/// A job that keeps parts, and can stop after some progress.
#[derive(Default)]
struct Keeper {
    parts: Mutex<std::collections::BTreeMap<(String, u64), Vec<u8>>>,
    done: Mutex<u64>,
    stop_after: Option<u64>,
}

impl Job for Keeper {
    fn advance(&self, by: u64) {
        *self.done.lock().unwrap() += by;
    }
    fn stopped(&self) -> bool {
        self.stop_after.is_some_and(|most| *self.done.lock().unwrap() >= most)
    }
    fn kept(&self, _: Stage, section: &str, index: u64) -> Option<Vec<u8>> {
        self.parts.lock().unwrap().get(&(section.to_owned(), index)).cloned()
    }
    fn keep(&self, _: Stage, section: &str, index: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.parts.lock().unwrap().insert((section.to_owned(), index), bytes.to_vec());
        Ok(())
    }
}

/// Short rows, so that hundreds of neurons are quick.
fn many_neurons(neurons: usize, samples: usize) -> Vec<Vec<f32>> {
    let value = |n: usize, s: usize| (((n * 7919 + s * 104_729 + n * s * 31) % 1009) as f32 / 50.0).sin();
    (0..neurons).map(|n| (0..samples).map(|s| value(n, s)).collect()).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let columns = prepare(&many_neurons(90, 40), Form::Paper);
    let bytes = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let matrix = pool.install(|| all_pairs(&columns, 3, "paper", &())).unwrap();
        matrix.rows().flatten().map(f64::to_bits).collect::<Vec<_>>()
    };
    let one = bytes(1);
    assert!([2, 3, 8].into_iter().all(|threads| bytes(threads) == one));
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let columns = prepare(&many_neurons(600, 9), Form::Robust);
    let whole = all_pairs(&columns, 3, "robust", &()).unwrap();
    let mut job = Keeper { stop_after: Some(100_000), ..Keeper::default() };
    assert!(matches!(all_pairs(&columns, 3, "robust", &job), Err(Error::Interrupted)));
    let kept = job.parts.lock().unwrap().len();
    assert!((1..6).contains(&kept), "{kept} of 6 parts");

    // A part that is not whole is measured again.
    job.parts.lock().unwrap().first_entry().unwrap().get_mut().pop();
    (job.stop_after, job.done) = (None, Mutex::new(0));
    let resumed = all_pairs(&columns, 3, "robust", &job).unwrap();
    assert!(whole.rows().eq(resumed.rows()));
    assert_eq!(*job.done.lock().unwrap(), 600 * 601 / 2);
    assert_eq!(job.parts.lock().unwrap().len(), 6);
}

#[test]
fn chosen_pairs_are_those_of_the_matrix() {
    let columns = prepare(&many_neurons(20, 50), Form::Paper);
    let matrix = all_pairs(&columns, 4, "paper", &()).unwrap();
    let pairs = [(3, 17), (0, 0), (17, 3), (5, 4), (3, 2)];
    let some = some_pairs(&columns, &pairs, 4).unwrap();
    assert!(pairs.iter().zip(some).all(|(&(i, j), value)| matrix.get(i as usize, j as usize) == value));
}

#[test]
fn too_few_inputs_are_an_error_that_says_so() {
    let x = [1.0, 2.0, 3.0];
    let error = pair(&x, &x, 3, Form::Paper).unwrap_err();
    assert_eq!(error.to_string(), "3 inputs are too few for 3 neighbours: at least 4 are needed");
    assert!(matches!(pair(&x, &x, 0, Form::Robust), Err(Error::NoNeighbors)));
    assert!(matches!(pair(&[], &[], 1, Form::Robust), Err(Error::TooFewInputs { .. })));
    assert!(pair(&x, &x, 2, Form::Paper).is_ok());
}

/// One pair with one instruction set: every point against every other where they are few, and by strips.
fn pair_with(level: simd::Level, x: &[f32], y: &[f32], k: usize, form: Form) -> [f64; 2] {
    match Columns::prepare(&[x, y], form).kind() {
        prepare::Kind::Values(columns) => both_ways(level, columns, k),
        prepare::Kind::Scores(columns) => both_ways(level, columns, k),
    }
}

fn both_ways<V: simd::Coordinate>(level: simd::Level, columns: &prepare::Sorted<V>, k: usize) -> [f64; 2] {
    [true, false].map(|brute_force| {
        let kernel = pair::Kernel::new(columns, k, level).unwrap().measuring(brute_force);
        let (x, y) = (kernel.neuron(columns.column(0)), kernel.neuron(columns.column(1)));
        kernel.pair(&x, &y, &mut pair::Workspace::default())
    })
}

fn agrees(x: &[f32], y: &[f32], k: usize) -> Result<(), TestCaseError> {
    for form in [Form::Paper, Form::Robust] {
        let expected = plain::pair(x, y, k, form);
        let mut first = None;
        for level in simd::Level::all() {
            // Both ways, and with the neurons exchanged.
            let values = [pair_with(level, x, y, k, form), pair_with(level, y, x, k, form)];
            for value in values.into_iter().flatten() {
                prop_assert!((value - expected).abs() < 1e-11, "{form:?} {}: {value}, not {expected}", level.name());
                let same = value.to_bits() == *first.get_or_insert(value.to_bits());
                prop_assert!(same, "{:?} {}: other bytes, {:?}", form, level.name(), values);
            }
        }
    }
    Ok(())
}

/// Neurons that are hard on rounding, on ties or on the search.
fn neuron(samples: usize) -> impl Strategy<Value = Vec<f32>> {
    let plain = || -1f32..1.0;
    prop_oneof![
        vec(plain(), samples),
        // Grids, exact and not.
        vec((-8i8..8).prop_map(f32::from), samples),
        vec((-30i8..30).prop_map(|i| f32::from(i) * 0.1), samples),
        // Rectified, saturated, constant.
        vec(plain().prop_map(|v| v.max(0.0)), samples),
        vec(plain().prop_map(|v| 1.0 / (1.0 + (-40.0 * v).exp())), samples),
        Just(vec_of(0.25, samples)),
        // Denormals, all bit patterns, gaps of scale.
        vec((-40i32..40).prop_map(|i| (f32::from_bits(i.unsigned_abs())).copysign(i as f32)), samples),
        vec(any::<f32>().prop_map(|v| if v.is_finite() { v } else { -0.0 }), samples),
        vec((plain(), any::<bool>()).prop_map(|(v, small)| if small { v * 1e-12 } else { v }), samples),
        vec(plain().prop_map(|v| (v * 1.57).tan().powi(5)), samples),
        // Far from zero, where float32 is a grid.
        vec(plain().prop_map(|v| 1e6 + v), samples),
    ]
}

fn vec_of(value: f32, samples: usize) -> Vec<f32> {
    vec![value; samples]
}

/// Two neurons and k, with S from k + 1 to 300; sometimes one is a function of the other.
fn hard_pair() -> impl Strategy<Value = (Vec<f32>, Vec<f32>, usize)> {
    let sizes = (1usize..20, 1usize..60, any::<bool>());
    let sizes = sizes.prop_map(|(k, more, large)| (k, if large { 300 - 5 * more.min(40) } else { k + more }));
    sizes.prop_flat_map(|(k, samples)| {
        let other = (neuron(samples), 0u8..5);
        (neuron(samples), other).prop_map(move |(x, (y, relation))| {
            let y = match relation {
                0 => x.clone(),
                1 => x.iter().zip(&y).map(|(x, y)| x + y * 0.01).map(|v| if v.is_finite() { v } else { 0.0 }).collect(),
                // Each neighbour has its distance in both coordinates, and one on the other side nearly the same.
                2 => x.iter().map(|x| -x).collect(),
                _ => y,
            };
            (x, y, k)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_instruction_set_agrees_with_the_plain_estimator((x, y, k) in hard_pair()) {
        agrees(&x, &y, k)?;
    }
}
