//! Whole comparisons of measures made by hand.

use super::made::{model, summary, variant};
use super::observed::{Layer, Outlier, Sensitivity as Measured};
use super::*;
use crate::measures::{Deviations, Estimator, Measure};

fn base() -> Variant {
    variant("base", vec![model([2.0, 0.2], 0.01, 0b0011)])
}

fn shortcut() -> Variant {
    variant("shortcut", vec![model([1.5, 0.7], 0.01, 0b0101)])
}

fn between(variants: &[Variant]) -> Result<Comparison, Error> {
    compare(variants, &Settings::default())
}

/// The differences are -0.5 and 0.5; their deviations are 0.02 in half of the 16 subsamples and 0 in the others.
#[test]
fn a_pair_by_hand() {
    let found = between(&[base(), shortcut()]).unwrap();
    let [pair] = &found.pairs[..] else { panic!("{found:?}") };
    assert_eq!((pair.variant.as_str(), pair.baseline.as_str()), ("shortcut", "base"));
    assert_eq!(pair.verdict, Verdict::Heuristic);
    assert!((pair.delta_entropy.standard_error - 0.02 * 0.5f64.sqrt()).abs() < 1e-12);
    assert_eq!(pair.evidence.covers, Covers::TypicalTraining);
    assert_eq!(pair.evidence.readings.len(), 2);
    assert_eq!(pair.evidence.readings[0].layers[0].delta_entropy.mean, -0.5);
    // -0.5 of a mean of 1.75, and 0.5 of a mean of 0.45.
    let [h, i, r] = &pair.evidence.measures[..] else { panic!("{pair:?}") };
    assert!((h.relative + 2.0 / 7.0).abs() < 1e-12 && (i.relative - 10.0 / 9.0).abs() < 1e-12 && r.relative == 0.0);
    assert_eq!([h.side, i.side, r.side], [Direction::Below, Direction::Above, Direction::Unclear]);
    let sentence = &pair.evidence.sentence;
    assert!(
        sentence.starts_with("shortcut against base: heuristic; in these two files H is 29 % lower ["),
        "{sentence}"
    );
    // A difference of more than the whole baseline would make no sense as a part of it.
    let of = "] (in % of the mean of the two), as when a network leans on a shortcut; R +0.0 % [";
    assert!(sentence.contains("I is 111 % higher [") && sentence.contains(of), "{sentence}");
    assert!(sentence.contains("Both files were compared, not their recipes: seeds of plain chains"), "{sentence}");
    let order: Vec<&str> = found.ranking.away_from_shortcut.iter().map(|p| p.label.as_str()).collect();
    assert_eq!(order, ["base", "shortcut"]);
    assert_eq!(found.ranking.away_from_shortcut[1].verdict, Some(Verdict::Heuristic));
    assert_eq!(found.ranking.advice, "Keep base: shortcut leans more on a shortcut.");
    assert_eq!(found.variants[1].overall.entropy.mean, 1.5);
}

#[test]
fn the_baseline_may_be_any_and_turns_the_signs() {
    let settings = Settings { baseline: Some("shortcut".into()), ..Settings::default() };
    let found = compare(&[base(), shortcut()], &settings).unwrap();
    assert_eq!((found.baseline.as_str(), found.pairs[0].verdict), ("shortcut", Verdict::ExampleLevel));
    assert_eq!(found.variants[0].label, "base");
}

/// The files give the same figures; whether their recipes differ is another question.
#[test]
fn a_model_against_itself_differs_in_nothing() {
    let mut same = base();
    same.label = "same".into();
    let found = between(&[base(), same]).unwrap();
    let pair = &found.pairs[0];
    assert!(matches!(pair.verdict, Verdict::NoDifference | Verdict::NotEnoughEvidence));
    assert_eq!((pair.published, pair.delta_entropy.interval95), (Verdict::NoDifference, [0.0, 0.0]));
    assert!(pair.evidence.measures.iter().all(|measure| measure.relative == 0.0));
    assert!(pair.evidence.caveats.iter().any(|caveat| caveat.code == "same-figures"), "{:?}", pair.evidence.caveats);
}

#[test]
fn the_calibrated_rule_reads_robust_and_the_published_one_paper() {
    let mut turned = shortcut();
    turned.replicates[0].readings[1].entropy.statistics[1] = summary(2.5);
    let pair = between(&[base(), turned.clone()]).unwrap().pairs.remove(0);
    assert_eq!((pair.verdict, pair.published), (Verdict::Mixed, Verdict::Heuristic));
    assert_eq!(pair.evidence.readings[0].verdict, Verdict::Heuristic);
    let codes: Vec<&str> = pair.evidence.caveats.iter().map(|caveat| caveat.code.as_str()).collect();
    assert!(codes.contains(&"measures-disagree"), "{codes:?}");
    let published = Settings { rule: Rule::Published, ..Settings::default() };
    let pair = compare(&[base(), turned], &published).unwrap().pairs.remove(0);
    assert_eq!((pair.verdict, pair.evidence.calibrated), (Verdict::Heuristic, Verdict::Mixed));
    assert_eq!(pair.evidence.covers, Covers::Inputs);
    assert_eq!(
        pair.evidence.sentence,
        "shortcut against base: heuristic; dH -0.500 [-0.535, -0.465] and dI +0.500 [+0.465, +0.535], \
         as when a network leans on a shortcut (paper; other inputs are allowed for)."
    );
}

#[test]
fn one_estimator_is_enough() {
    let mut alone = shortcut();
    alone.replicates[0].readings.pop();
    let pair = between(&[base(), alone]).unwrap().pairs.remove(0);
    assert_eq!((pair.verdict, pair.evidence.readings.len()), (Verdict::Heuristic, 1));
}

/// One seed of three goes the other way: one model per side would be heuristic, three are not.
#[test]
fn seeds_decide_where_there_are_several() {
    let three = |label: &str, of: [[f64; 2]; 3]| variant(label, of.map(|at| model(at, 0.01, 0b0101)).to_vec());
    let base = three("base", [[2.0, 0.2], [2.1, 0.21], [1.9, 0.19]]);
    let unsteady = three("unsteady", [[1.5, 0.7], [2.6, 0.1], [1.4, 0.8]]);
    let steady = three("steady", [[1.5, 0.7], [1.6, 0.71], [1.4, 0.69]]);
    let found = between(&[base, unsteady, steady]).unwrap();
    assert_eq!(found.pairs[0].verdict, Verdict::NotEnoughEvidence);
    assert_eq!(found.pairs[1].verdict, Verdict::Heuristic);
    assert_eq!((found.pairs[0].evidence.covers, found.pairs[0].evidence.replicates), (Covers::Training, [3, 3]));
    let [low, high] = found.variants[1].overall.entropy.interval95;
    assert!(low < 1.4 && high > 2.6, "three seeds so far apart: {low} {high}");
}

#[test]
fn layers_are_matched_by_label() {
    let two = |order: [&str; 2], h: [f64; 2]| {
        let mut model = model([1.0, 0.1], 0.01, 0b0011);
        model.layers = order.map(|label| Layer { label: label.into(), neurons: 8 }).to_vec();
        model.spectra = super::made::spectra(20.0, &[0.0; 16]);
        model.spectra.layers.push(model.spectra.overall);
        model.spectra.deviations = Deviations::centred(ndarray::Array2::from_elem((16, 3), 0.01));
        for figures in &mut model.readings {
            for measured in [&mut figures.entropy, &mut figures.mutual_information] {
                measured.statistics = vec![summary(h[0]), summary(h[1]), summary(1.0)];
                measured.spread = vec![1.0; 3];
                measured.deviations = [(); 2].map(|()| Deviations::centred(ndarray::Array2::from_elem((16, 3), 0.01)));
            }
        }
        model
    };
    let straight = variant("a", vec![two(["fc1", "fc2"], [1.0, 5.0])]);
    let swapped = variant("b", vec![two(["fc2", "fc1"], [5.5, 1.0])]);
    let found = between(&[straight, swapped]).unwrap();
    let layers = &found.pairs[0].evidence.readings[0].layers;
    assert_eq!(layers.iter().map(|l| l.delta_entropy.mean).collect::<Vec<_>>(), [0.0, 0.5]);
    assert_eq!(found.variants[1].layers[0].entropy.mean, 1.0);
}

#[test]
fn the_sensitivity_line() {
    let (mut base, mut shortcut) = (base(), shortcut());
    base.replicates[0].sensitivity = Measured { neuron_binning: Some(2.0), ..Measured::default() };
    let outliers = vec![Outlier { layer: 0, neuron: 3 }];
    let neuron_binning = Some(2.25);
    shortcut.replicates[0].sensitivity = Measured { neuron_binning, outliers, without_outliers: Some(1.75) };
    shortcut.replicates[0].readings[0].entropy.statistics[0] = summary(2.125);
    let line = between(&[base, shortcut]).unwrap().pairs.remove(0).evidence.sensitivity;
    assert_eq!(line.neuron_binning, Some(Shift { delta_entropy: 0.25, same_sign: false }));
    assert_eq!(line.without_outliers, Some(Shift { delta_entropy: -0.25, same_sign: true }));
    assert_eq!((line.outliers[0].variant.as_str(), line.outliers[0].layer.as_str()), ("shortcut", "fc1"));
    let [opposite] = &line.opposite_layers[..] else { panic!("{line:?}") };
    assert_eq!((opposite.measure, opposite.delta, opposite.clear), (Measure::Entropy, 0.125, true));
}

#[test]
fn what_cannot_be_compared() {
    let told = |variants: &[Variant], settings: &Settings| compare(variants, settings).unwrap_err().to_string();
    let usual = Settings::default();
    assert!(told(&[base()], &usual).ends_with("here is 1"));
    assert!(told(&[base(), variant("empty", vec![])], &usual).ends_with("empty has none"));
    assert_eq!(told(&[base(), base()], &usual), "the label base is given twice");
    let absent = Settings { baseline: Some("bsae".into()), ..usual.clone() };
    assert_eq!(
        told(&[base(), shortcut()], &absent),
        "there is no variant bsae to be the baseline; there are base, shortcut"
    );

    let mut wider = shortcut();
    wider.replicates[0].layers[0].neurons = 9;
    assert_eq!(told(&[base(), wider], &usual), "shortcut and base do not match: fc1 has 9 neurons against 8");
    let mut fewer = shortcut();
    fewer.replicates[0].samples = 99;
    assert!(told(&[base(), fewer], &usual).starts_with("shortcut was measured on 99 inputs and base on 100"));

    let mut short = shortcut();
    short.replicates[0].readings[0].entropy.statistics.pop();
    assert!(told(&[base(), short], &usual).ends_with("entropy does not cover 1 layers"));
    let mut other = shortcut();
    other.replicates[0].readings[0].estimator = Estimator::Robust;
    assert!(told(&[base(), other], &usual).ends_with("robust against paper"));
}

#[test]
fn json_and_back() {
    let found = between(&[base(), shortcut()]).unwrap();
    let value = serde_json::to_value(&found).unwrap();
    assert_eq!(value["pairs"][0]["verdict"], "heuristic");
    assert_eq!(value["pairs"][0]["evidence"]["readings"][1]["estimator"], "robust");
    assert_eq!(serde_json::from_value::<Comparison>(value).unwrap(), found);
    assert_eq!(found.pairs[0].evidence.readings[0].entropy, Direction::Below);
}

/// Two of the three measures decide, and each of the files has to be of the same kind for its seeds to be known.
#[test]
fn what_a_verdict_cannot_know_is_said() {
    let kind = |mut variant: Variant, architecture: Architecture, elements: &str| {
        for model in &mut variant.replicates {
            model.architecture = architecture;
            let file = ModelFile { producer: "pytorch 2.9".into(), opset: Some(17), elements: elements.into() };
            model.file = Some(file);
        }
        variant
    };
    let said = |base: Variant, other: Variant| -> Vec<(String, String)> {
        let pair = between(&[base, other]).unwrap().pairs.remove(0);
        pair.evidence.caveats.into_iter().map(|caveat| (caveat.code, caveat.message)).collect()
    };
    let transformer = |variant| kind(variant, Architecture::Transformer, "float32");
    let found = said(transformer(base()), transformer(shortcut()));
    let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["one-transformer-per-side", "few-inputs"]);
    assert!(found[0].1.contains("seeds per side would decide"), "{found:?}");
    let half = kind(shortcut(), Architecture::Transformer, "float16");
    let found = said(transformer(base()), half);
    assert!(
        found.iter().any(|(_, message)| message.contains("element types (float32 against float16)")
            || message.contains("element types (float16 against float32)")),
        "{found:?}"
    );
}
