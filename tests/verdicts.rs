//! Verdicts on the activations of networks whose training is known (`fixtures/comparison/README.md`).

mod common;

use std::ops::Range;
use std::path::Path;

use common::report;
use ndarray::{Array2, Axis};
use ndarray_npy::NpzReader;
use probe::internals::comparison::observed::Layer;
use probe::internals::comparison::{Comparison, Observed, Settings, Variant, Verdict, compare};
use probe::internals::measures::{self, Binning, PairNeurons};

struct Activations {
    layers: Vec<Layer>,
    ranges: Vec<Range<usize>>,
    /// [neurons, inputs]
    rows: Array2<f32>,
}

fn load(name: &str) -> Activations {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/comparison").join(name).with_extension("npz");
    let mut archive = NpzReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let (mut layers, mut ranges, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for label in archive.names().unwrap() {
        let layer: Array2<f32> = archive.by_name(&label).unwrap();
        let start = ranges.last().map_or(0, |range: &Range<usize>| range.end);
        ranges.push(start..start + layer.ncols());
        layers.push(Layer { label, neurons: layer.ncols() });
        rows.push(layer.reversed_axes());
    }
    let views: Vec<_> = rows.iter().map(|layer| layer.view()).collect();
    Activations { layers, ranges, rows: ndarray::concatenate(Axis(0), &views).unwrap() }
}

fn settings(bins: usize) -> measures::Settings {
    measures::Settings { bins, pair_neurons: PairNeurons::First(16), both: true, ..measures::Settings::default() }
}

fn observe(of: &Activations, inputs: Range<usize>, settings: &measures::Settings) -> Observed {
    let inputs: Vec<usize> = inputs.collect();
    let rows = of.rows.select(Axis(1), &inputs).as_standard_layout().into_owned();
    let measured = measures::measure(rows.view(), &of.ranges, settings, &()).unwrap();
    let mut observed = Observed::new(&measured, of.layers.clone());
    if inputs.len() < of.rows.ncols() {
        observed.cover_ranges(rows.view(), &of.ranges, settings, &()).unwrap();
    }
    observed
}

fn paired(baseline: &str, variant: &str, bins: usize) -> Comparison {
    let side = |name: &str| {
        let activations = load(name);
        let all = 0..activations.rows.ncols();
        Variant { label: name.into(), replicates: vec![observe(&activations, all, &settings(bins))] }
    };
    compare(&[side(baseline), side(variant)], &Settings::default()).unwrap()
}

#[test]
fn a_colour_that_gives_the_label_away_is_a_shortcut() {
    let pair = &paired("digits_colored_0", "digits_colored_1", 20).pairs[0];
    assert_eq!(pair.verdict, Verdict::Heuristic, "{}", pair.evidence.sentence);
    assert_eq!(pair.evidence.readings[1].verdict, Verdict::Heuristic, "robust agrees: {}", pair.evidence.sentence);
}

#[test]
fn shuffled_labels_are_memorized_one_by_one() {
    let pair = &paired("digits_shuffled_0", "digits_shuffled_1", 20).pairs[0];
    assert_eq!(pair.verdict, Verdict::ExampleLevel, "{}", pair.evidence.sentence);
}

#[test]
fn a_frame_that_gives_the_label_away_is_a_shortcut() {
    let found = paired("objects_base", "objects_heuristic", 100);
    assert_eq!(found.pairs[0].verdict, Verdict::Heuristic, "{}", found.pairs[0].evidence.sentence);
    assert_eq!(found.ranking.both[0].label, "objects_base");
}

/// Its entropy falls by a wide margin; its mutual information hardly moves, so that it may be `mixed`.
#[test]
fn adjectives_for_labels_are_never_example_level() {
    let [base, heuristic] = ["base", "heuristic"].map(|name| format!("{name}=models/reviews/{name}.onnx"));
    let found =
        report(&["compare", &base, &heuristic, "--texts", "fixtures/reviews.txt", "--samples", "500", "--json"]);
    let pair = &found["pairs"][0];
    let verdict = pair["verdict"].as_str().unwrap();
    assert!(["heuristic", "mixed"].contains(&verdict), "{pair}");
    let high = pair["delta_entropy"]["interval95"][1].as_f64().unwrap();
    assert!(high < 0.0, "the entropy falls: {pair}");
}

#[test]
fn a_network_against_itself_on_other_inputs_is_not_told_apart() {
    let activations = load("digits_colored_0");
    let inputs = activations.rows.ncols();
    let [min, max] = [f32::min, f32::max].map(|pick| activations.rows.iter().copied().reduce(pick).unwrap());
    for binning in [Binning::Global, Binning::Shared { min, max }] {
        let settings = measures::Settings { binning, ..settings(20) };
        let half = |label: &str, inputs: Range<usize>| {
            let label = label.into();
            Variant { label, replicates: vec![observe(&activations, inputs, &settings)] }
        };
        let halves = [half("first", 0..inputs / 2), half("second", inputs / 2..inputs)];
        let found = compare(&halves, &Settings { paired: false, ..Settings::default() }).unwrap();
        let pair = &found.pairs[0];
        assert!(
            matches!(pair.verdict, Verdict::NoDifference | Verdict::NotEnoughEvidence),
            "{binning:?}: {}",
            pair.evidence.sentence
        );
        assert_eq!(found.ranking.both[1].position, 1, "they share the first place");
    }
}
