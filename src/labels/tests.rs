//! The codes of labels whose answer is known: from scikit-learn, from closed forms, or from what must hold of any code.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use ndarray_npy::NpzReader;

use super::codelength::online_code;
use super::features::Features;
use super::logistic::{Learning, Logistic};
use super::*;
use crate::base::job::Job;
use crate::measures::testing::normals;

/// `fixtures/labels/logistic.npz`, which scikit-learn made: activations [neurons, inputs], labels, blocks, and the
/// reference.
struct Reference {
    layer: Array2<f32>,
    labels: Vec<u32>,
    ends: Vec<usize>,
    losses: Array1<f64>,
    code: Array1<f64>,
}

fn reference(name: &str) -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/labels/logistic.npz");
    let mut npz = NpzReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut floats = |what: &str| -> Array1<f64> { npz.by_name(&format!("{name}_{what}")).unwrap() };
    let (losses, code) = (floats("losses"), floats("code"));
    let labels: Array1<u8> = npz.by_name(&format!("{name}_y")).unwrap();
    let ends: Array1<i64> = npz.by_name(&format!("{name}_ends")).unwrap();
    let x: Array2<f32> = npz.by_name(&format!("{name}_x")).unwrap();
    Reference {
        layer: x.t().as_standard_layout().into_owned(),
        labels: labels.iter().map(|&label| u32::from(label)).collect(),
        ends: ends.iter().map(|&end| end as usize).collect(),
        losses,
        code,
    }
}

#[test]
fn losses_and_codelengths_are_those_of_scikit_learn() {
    for (name, classes) in [("tall", 2), ("classes", 4), ("wide", 2)] {
        let Reference { layer, labels, ends, losses, code } = reference(name);
        let all: Vec<usize> = (0..labels.len()).collect();
        let features = Features::of(layer.view(), &all);
        let of = Learning { features: &features, labels: &labels, classes, l2: 1.0 };
        let order: Vec<u32> = (0..labels.len() as u32).collect();
        let rows = if classes == 2 { 1 } else { classes };
        let mut probe = Logistic::undecided(classes, features.width());
        for (end, expected) in ends.iter().zip(&losses) {
            probe.learn(&of, &order[..*end]);
            let mut gradient = vec![0.0; rows * (features.width() + 1)];
            let found = probe.loss(&of, &order[..*end], &mut gradient);
            assert!((found - expected).abs() < 1e-4, "{name} after {end} inputs: {found} {expected}");
        }
        let found = online_code(&of, &order, &ends, &|| false).unwrap();
        assert!((found.first - code[0]).abs() < 1e-12, "{name}: {} {}", found.first, code[0]);
        assert!((found.others / code[1] - 1.0).abs() < 1e-3, "{name}: {} {}", found.others, code[1]);
    }
}

fn noise(neurons: usize, inputs: usize, seed: u64) -> Array2<f32> {
    let numbers = normals(seed, neurons * inputs).into_iter().map(|x| x as f32).collect();
    Array2::from_shape_vec((neurons, inputs), numbers).unwrap()
}

/// `share` of 300 inputs are of class b; which ones, the seed decides.
fn labels(share: f64, seed: u64) -> Vec<Option<String>> {
    let threshold = {
        let mut sorted = normals(seed, 300);
        sorted.sort_by(f64::total_cmp);
        sorted[(300.0 * (1.0 - share)) as usize]
    };
    normals(seed, 300).iter().map(|&x| Some(if x < threshold { "a" } else { "b" }.to_owned())).collect()
}

fn coded(layer: ArrayView2<'_, f32>, labels: &[Option<String>], settings: &Settings) -> Codelengths {
    let labelled = Labelled::new("c", labels, false).unwrap();
    codelengths(&[("layer", layer)], &labelled, settings, &()).unwrap()
}

fn quick() -> Settings {
    Settings { orders: 2, blocks: "5,25,50,100".parse().unwrap(), ..Settings::default() }
}

#[test]
fn constant_activations_give_the_featureless_code() {
    let of = coded(Array2::from_elem((7, 300), 2.5).view(), &labels(0.3, 1), &quick());
    assert_eq!(of.layers[0].code, of.featureless);
    assert_eq!((of.layers[0].neurons, of.layers[0].left_out), (0, 7));
    // Imbalance compresses by itself: to no less than the entropy of the classes, and by then most of the way.
    let bits = -0.3f64 * 0.3f64.log2() - 0.7 * 0.7f64.log2();
    let compression = of.featureless.compression.mean;
    assert!(compression > 1.0 && compression < 1.0 / bits, "{compression} {}", 1.0 / bits);
    assert!((of.featureless.accuracy.mean - 0.7).abs() < 0.1);
}

#[test]
fn balanced_labels_that_mean_nothing_are_not_compressed() {
    let of = coded(noise(40, 300, 2).view(), &labels(0.5, 3), &quick());
    assert!(of.layers[0].code.compression.mean < 1.0, "{:?}", of.layers[0].code);
    assert!(of.featureless.compression.mean < 1.0);
    assert!(of.layers[0].control.compression.mean < 1.0);
    assert_eq!(of.uniform, 300.0);
}

#[test]
fn the_more_noise_the_longer_the_code() {
    let labels = labels(0.5, 4);
    let signal: Vec<f32> = labels.iter().map(|label| if label.as_deref() == Some("b") { 1.0 } else { -1.0 }).collect();
    let lengths: Vec<f64> = [0.1, 0.5, 1.5, 5.0, 50.0]
        .into_iter()
        .map(|scale: f32| {
            let mut layer = noise(5, 300, 5) * scale;
            layer.axis_iter_mut(Axis(0)).for_each(|mut row| {
                row.iter_mut().zip(&signal).for_each(|(x, signal)| *x += signal);
            });
            coded(layer.view(), &labels, &quick()).layers[0].code.codelength.mean
        })
        .collect();
    assert!(lengths.windows(2).all(|pair| pair[0] < pair[1]), "{lengths:?}");
    assert!(lengths[0] < 60.0 && lengths[4] > 290.0, "{lengths:?}");
}

#[test]
fn the_control_knows_nothing_of_what_the_layer_knows() {
    let labels = labels(0.5, 6);
    let mut layer = noise(3, 300, 7);
    for (x, label) in layer.row_mut(0).iter_mut().zip(&labels) {
        *x = if label.as_deref() == Some("b") { 1.0 } else { 0.0 };
    }
    let LayerCode { code, control, .. } = coded(layer.view(), &labels, &quick()).layers[0].clone();
    assert!(code.compression.mean > 4.0 && control.compression.mean < 1.0, "{code:?} {control:?}");
    assert_eq!(code.accuracy.mean, 1.0);
    assert!((control.accuracy.mean - 0.5).abs() < 0.15);
}

#[test]
fn the_seed_decides_and_the_threads_do_not() {
    let (layer, labels) = (noise(6, 300, 8), labels(0.4, 9));
    let with = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| coded(layer.view(), &labels, &Settings { seed, ..quick() }))
    };
    let one = with(1, 0);
    assert_eq!(one, with(3, 0));
    assert_ne!(one.layers, with(1, 1).layers);
    let alone = Settings { orders: 1, ..quick() };
    assert!(coded(layer.view(), &labels, &alone).featureless.codelength.interval95[0].is_nan());
}

#[test]
fn a_class_that_occurs_late_costs_finitely_many_bits() {
    let mut labels = labels(0.5, 10);
    labels[200..204].fill(Some("late".to_owned()));
    let of = coded(noise(4, 300, 11).view(), &labels, &quick());
    assert_eq!(of.classes.len(), 3);
    assert!(of.layers[0].code.codelength.mean.is_finite() && of.featureless.codelength.interval95[1].is_finite());
}

struct Stopped;

impl Job for Stopped {
    fn stopped(&self) -> bool {
        true
    }
}

#[test]
fn it_ends_where_it_is_told_to() {
    let labelled = Labelled::new("c", &labels(0.5, 12), false).unwrap();
    let layer = noise(3, 300, 13);
    let stopped = codelengths(&[("layer", layer.view())], &labelled, &quick(), &Stopped);
    assert!(matches!(stopped, Err(Error::Interrupted)));
}
