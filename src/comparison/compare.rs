//! The comparison itself: every variant against the baseline, then all of them in order.

use serde::{Deserialize, Serialize};

use super::difference::{Contrast, Covers, Delta};
use super::layers::{Dropped, align};
use super::observed::{Cell, Figures, Layer, Observed, Variant};
use super::ranking::Ranking;
use super::sensitivity::{self, Sensitivity};
use super::verdict::{Judgement, LayerDelta, Measure, Reason, Verdict, decide};
use super::{Error, difference, sentence};
use crate::measures::{Estimator, Summary};

/// How to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The label of the variant that the others are held against; the first if none.
    pub baseline: Option<String>,
    /// Whether all models saw the same inputs, and the subsamples are common. If not, variances add.
    pub paired: bool,
    /// What [`align`] left out before measuring; written into the result.
    pub dropped: Vec<Dropped>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { baseline: None, paired: true, dropped: Vec::new() }
    }
}

/// All that a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The baseline's label.
    pub baseline: String,
    /// The estimator that was asked for, which decides; the other may contradict it.
    pub estimator: Estimator,
    pub paired: bool,
    /// Layers that are not the same everywhere and were left out with `--align`.
    pub dropped: Vec<Dropped>,
    /// In the order given.
    pub variants: Vec<VariantValues>,
    /// Every variant but the baseline, in the order given.
    pub pairs: Vec<Pair>,
    pub ranking: Ranking,
}

/// A variant's own figures under the estimator that was asked for, averaged over its replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantValues {
    pub label: String,
    /// Models under the label.
    pub replicates: usize,
    /// Inputs behind each model's figures.
    pub samples: usize,
    pub overall: LayerValues,
    pub layers: Vec<LayerValues>,
}

/// The figures of a layer, or of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerValues {
    /// None for all layers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub entropy: Summary,
    pub mutual_information: Summary,
}

/// A variant against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub variant: String,
    pub baseline: String,
    /// Overall, under the estimator that was asked for.
    pub delta_entropy: Delta,
    pub delta_mutual_information: Delta,
    pub verdict: Verdict,
    pub evidence: Evidence,
}

/// Why the verdict is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence for people.
    pub sentence: String,
    pub reason: Reason,
    /// What the intervals cover.
    pub covers: Covers,
    /// Models of the variant and of the baseline.
    pub replicates: [usize; 2],
    /// Inputs behind the figures of the variant and of the baseline.
    pub samples: [usize; 2],
    /// The measures in which the other estimator is clear of zero on the other side.
    pub contradicted: Vec<Measure>,
    /// What each estimator says by itself: first the one that was asked for, then the other, if it was computed.
    pub readings: Vec<Judgement>,
    pub sensitivity: Sensitivity,
}

/// Compares `variants` with the baseline and ranks them.
///
/// # Errors
/// Too few variants, a label twice or unknown; models whose layers, inputs or estimators are not the same.
pub fn compare(variants: &[Variant], settings: &Settings) -> Result<Comparison, Error> {
    let baseline = baseline(variants, settings)?;
    let base = Side::new(&variants[baseline], &variants[baseline])?;
    let sides = variants.iter().map(|v| Side::new(v, &variants[baseline])).collect::<Result<Vec<Side>, Error>>()?;
    for side in &sides {
        fits(side, &base, settings.paired)?;
    }
    let table = Table { layers: &base.models[0].layers, paired: settings.paired };
    let pairs =
        (sides.iter().enumerate()).filter(|(index, _)| *index != baseline).map(|(_, side)| table.pair(side, &base));
    let labels: Vec<&str> = variants.iter().map(|v| v.label.as_str()).collect();
    let values: Vec<VariantValues> = sides.iter().map(|side| table.values(side)).collect();
    let means: Vec<[f64; 2]> =
        values.iter().map(|v| [v.overall.entropy.mean, v.overall.mutual_information.mean]).collect();
    let ranking = Ranking::new(&labels, &means, |i, j| table.overall(&sides[i], &sides[j], Reading::Primary));
    Ok(Comparison {
        baseline: variants[baseline].label.clone(),
        estimator: base.models[0].primary.estimator,
        paired: settings.paired,
        dropped: settings.dropped.clone(),
        pairs: pairs.collect(),
        variants: values,
        ranking,
    })
}

/// The index of the baseline, once there is something to compare.
fn baseline(variants: &[Variant], settings: &Settings) -> Result<usize, Error> {
    if variants.len() < 2 {
        return Err(Error::TooFew(format!("here is {}", variants.len())));
    }
    for (index, variant) in variants.iter().enumerate() {
        if variant.replicates.is_empty() {
            return Err(Error::TooFew(format!("{} has none", variant.label)));
        }
        if variants[..index].iter().any(|other| other.label == variant.label) {
            return Err(Error::LabelTwice(variant.label.clone()));
        }
    }
    let Some(label) = &settings.baseline else { return Ok(0) };
    variants.iter().position(|v| &v.label == label).ok_or_else(|| Error::NoBaseline {
        label: label.clone(),
        labels: variants.iter().map(|v| v.label.clone()).collect(),
    })
}

/// Which of the two readings of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Primary,
    Beside,
}

impl Reading {
    /// The other estimator's figures are asked for only where every model has them.
    fn of(self, model: &Observed) -> &Figures {
        match self {
            Reading::Primary => &model.primary,
            Reading::Beside => model.beside.as_ref().unwrap_or(&model.primary),
        }
    }
}

/// A variant whose models' layers are known to be the baseline's.
struct Side<'a> {
    variant: &'a Variant,
    models: Vec<&'a Observed>,
    /// [model][layer of the baseline, then overall]: where that stands in the model's figures.
    places: Vec<Vec<usize>>,
}

impl<'a> Side<'a> {
    fn new(variant: &'a Variant, baseline: &'a Variant) -> Result<Side<'a>, Error> {
        let base: &[Layer] = &baseline.replicates[0].layers;
        let models: Vec<&Observed> = variant.replicates.iter().collect();
        let mut places = Vec::new();
        for model in &models {
            align(&[(&baseline.label, base), (&variant.label, &model.layers)], false)?;
            let order = base.iter().filter_map(|layer| model.layers.iter().position(|l| l.label == layer.label));
            places.push(order.chain([model.layers.len()]).collect());
        }
        Ok(Side { variant, models, places })
    }

    /// One measure of every model at one place.
    fn cells(&self, reading: Reading, measure: Measure, at: usize) -> Vec<Cell<'a>> {
        (self.models.iter().zip(&self.places))
            .map(|(model, places)| reading.of(model).of(measure).at(places[at]))
            .collect()
    }
}

/// Whether the figures of a side can be set against the baseline's.
fn fits(side: &Side, base: &Side, paired: bool) -> Result<(), Error> {
    let (variant, baseline) = (&side.variant.label, &base.variant.label);
    let misfit =
        |difference: String| Error::Figures { variant: variant.clone(), baseline: baseline.clone(), difference };
    let expected = &base.models[0];
    for model in &side.models {
        if paired && model.samples != expected.samples {
            return Err(Error::Inputs {
                variant: variant.clone(),
                samples: model.samples,
                baseline: baseline.clone(),
                baseline_samples: expected.samples,
            });
        }
        let readings =
            [(Some(&model.primary), Some(&expected.primary)), (model.beside.as_ref(), expected.beside.as_ref())];
        for (figures, expected) in readings.into_iter().filter_map(|(f, e)| Some((f?, e?))) {
            if figures.estimator != expected.estimator {
                return Err(misfit(format!("{:?} against {:?}", figures.estimator, expected.estimator)));
            }
            for measure in Measure::BOTH {
                let (measured, reference) = (figures.of(measure), expected.of(measure));
                let places = model.layers.len() + 1;
                let (subsamples, columns, centres) = measured.deviations.dim();
                if [measured.statistics.len(), measured.spread.len(), columns] != [places; 3] || centres != 2 {
                    return Err(misfit(format!("{} does not cover {} layers", measure.name(), model.layers.len())));
                }
                if paired && subsamples != reference.deviations.dim().0 {
                    return Err(misfit(format!("{subsamples} subsamples against {}", reference.deviations.dim().0)));
                }
            }
        }
    }
    Ok(())
}

/// What all differences have in common.
struct Table<'a> {
    layers: &'a [Layer],
    paired: bool,
}

impl Table<'_> {
    fn pair(&self, variant: &Side, baseline: &Side) -> Pair {
        let primary = self.judge(variant, baseline, Reading::Primary);
        let beside = variant.models.iter().chain(&baseline.models).all(|model| model.beside.is_some());
        let beside = beside.then(|| self.judge(variant, baseline, Reading::Beside));
        let (verdict, reason) = decide(&primary, beside.as_ref());
        let (label, base) = (variant.variant.label.clone(), baseline.variant.label.clone());
        let evidence = Evidence {
            sentence: sentence::tell(&label, &base, (verdict, reason), &primary, beside.as_ref()),
            reason,
            covers: Covers::of(variant.models.len(), baseline.models.len()),
            replicates: [variant.models.len(), baseline.models.len()],
            samples: [variant.models[0].samples, baseline.models[0].samples],
            contradicted: beside.as_ref().map(|other| primary.contradictions(other)).unwrap_or_default(),
            sensitivity: sensitivity::of(variant.variant, baseline.variant, &primary),
            readings: [Some(primary.clone()), beside].into_iter().flatten().collect(),
        };
        Pair {
            variant: label,
            baseline: base,
            delta_entropy: primary.delta_entropy,
            delta_mutual_information: primary.delta_mutual_information,
            verdict,
            evidence,
        }
    }

    fn judge(&self, variant: &Side, baseline: &Side, reading: Reading) -> Judgement {
        let mut judgement =
            Judgement::new(reading.of(baseline.models[0]).estimator, self.overall(variant, baseline, reading));
        judgement.layers = (self.layers.iter().enumerate())
            .map(|(at, layer)| {
                let [delta_entropy, delta_mutual_information] = self.deltas(variant, baseline, reading, at);
                LayerDelta { label: layer.label.clone(), delta_entropy, delta_mutual_information }
            })
            .collect();
        judgement
    }

    fn overall(&self, variant: &Side, baseline: &Side, reading: Reading) -> [Delta; 2] {
        self.deltas(variant, baseline, reading, self.layers.len())
    }

    /// dH and dI of one layer, or overall where `at` is L.
    fn deltas(&self, variant: &Side, baseline: &Side, reading: Reading, at: usize) -> [Delta; 2] {
        Measure::BOTH.map(|measure| {
            let (ours, theirs) = (variant.cells(reading, measure, at), baseline.cells(reading, measure, at));
            Contrast { variant: &ours, baseline: &theirs, paired: self.paired }.delta()
        })
    }

    fn values(&self, side: &Side) -> VariantValues {
        let at = |place: usize, label: Option<String>| {
            let [entropy, mutual_information] =
                Measure::BOTH.map(|measure| difference::pooled(&side.cells(Reading::Primary, measure, place)));
            LayerValues { label, entropy, mutual_information }
        };
        VariantValues {
            label: side.variant.label.clone(),
            replicates: side.models.len(),
            samples: side.models[0].samples,
            overall: at(self.layers.len(), None),
            layers: self.layers.iter().enumerate().map(|(i, layer)| at(i, Some(layer.label.clone()))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Side as Direction;
    use crate::comparison::made::{model, summary, variant};
    use crate::comparison::observed::{Outlier, Sensitivity as Measured};

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
        assert_eq!(pair.evidence.covers, Covers::Inputs);
        assert_eq!(pair.evidence.readings.len(), 2);
        assert_eq!(pair.evidence.readings[0].layers[0].delta_entropy.mean, -0.5);
        assert_eq!(
            pair.evidence.sentence,
            "shortcut against base: heuristic; dH -0.500 [-0.530, -0.470] and dI +0.500 [+0.470, +0.530], \
             as when a network leans on a shortcut (robust: heuristic)."
        );
        assert_eq!(found.ranking.both.iter().map(|p| p.label.as_str()).collect::<Vec<_>>(), ["base", "shortcut"]);
        assert_eq!(found.variants[1].overall.entropy.mean, 1.5);
    }

    #[test]
    fn the_baseline_may_be_any_and_turns_the_signs() {
        let settings = Settings { baseline: Some("shortcut".into()), ..Settings::default() };
        let found = compare(&[base(), shortcut()], &settings).unwrap();
        assert_eq!((found.baseline.as_str(), found.pairs[0].verdict), ("shortcut", Verdict::ExampleLevel));
        assert_eq!(found.variants[0].label, "base");
    }

    #[test]
    fn a_model_against_itself_is_no_difference() {
        let mut same = base();
        same.label = "same".into();
        let pair = between(&[base(), same]).unwrap().pairs.remove(0);
        assert_eq!((pair.verdict, pair.delta_entropy.interval95), (Verdict::NoDifference, [0.0, 0.0]));
        assert!(pair.evidence.sentence.contains("both intervals within 5 % of base"), "{}", pair.evidence.sentence);
    }

    #[test]
    fn robust_contradicts_and_the_sentence_says_where() {
        let mut turned = shortcut();
        let beside = turned.replicates[0].beside.as_mut().unwrap();
        beside.entropy.statistics[1] = summary(2.5);
        let pair = between(&[base(), turned]).unwrap().pairs.remove(0);
        assert_eq!((pair.verdict, pair.evidence.reason), (Verdict::Mixed, Reason::Contradicted));
        assert_eq!(pair.evidence.contradicted, [Measure::Entropy]);
        assert_eq!(pair.evidence.readings[0].verdict, Verdict::Heuristic);
        assert_eq!(
            pair.evidence.sentence,
            "shortcut against base: mixed; dH -0.500 [-0.530, -0.470] under paper, but +0.500 [+0.470, +0.530] \
             under robust."
        );
    }

    #[test]
    fn one_estimator_is_enough() {
        let mut alone = shortcut();
        alone.replicates[0].beside = None;
        let pair = between(&[base(), alone]).unwrap().pairs.remove(0);
        assert_eq!((pair.verdict, pair.evidence.readings.len()), (Verdict::Heuristic, 1));
    }

    /// One seed of three goes the other way: what one model a side calls heuristic, three do not.
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
            for figures in [Some(&mut model.primary), model.beside.as_mut()].into_iter().flatten() {
                for measured in [&mut figures.entropy, &mut figures.mutual_information] {
                    measured.statistics = vec![summary(h[0]), summary(h[1]), summary(1.0)];
                    measured.spread = vec![1.0; 3];
                    measured.deviations = ndarray::Array3::from_elem((16, 3, 2), 0.01);
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
        shortcut.replicates[0].primary.entropy.statistics[0] = summary(2.125);
        let line = between(&[base, shortcut]).unwrap().pairs.remove(0).evidence.sensitivity;
        assert_eq!(line.neuron_binning, Some(sensitivity::Shift { delta_entropy: 0.25, same_sign: false }));
        assert_eq!(line.without_outliers, Some(sensitivity::Shift { delta_entropy: -0.25, same_sign: true }));
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
        assert!(
            told(&[base(), fewer.clone()], &usual).starts_with("shortcut was measured on 99 inputs and base on 100")
        );
        let unpaired = Settings { paired: false, ..usual.clone() };
        assert_eq!(compare(&[base(), fewer], &unpaired).unwrap().pairs[0].evidence.samples, [99, 100]);

        let mut short = shortcut();
        short.replicates[0].primary.entropy.statistics.pop();
        assert!(told(&[base(), short], &usual).ends_with("entropy does not cover 1 layers"));
        let mut other = shortcut();
        other.replicates[0].primary.estimator = Estimator::Robust;
        assert!(told(&[base(), other], &usual).ends_with("Robust against Paper"));
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
}
