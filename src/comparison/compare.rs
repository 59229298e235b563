//! The comparison itself: every variant against the baseline, then all of them in order.

use super::calibrated;
use super::carried;
use super::caveats::Case;
use super::difference::{Contrast, Covers, Delta};
use super::layers::Dropped;
use super::observed::{Layer, Variant};
use super::pair::{Evidence, Pair, RankDelta};
use super::published::{Judgement, LayerDelta};
use super::ranking::Ranking;
use super::relative::{self, Relative};
use super::result::{Comparison, LayerValues, VariantValues};
use super::side::{Side, fits};
use super::typical::{Architecture, Typical};
use super::verdict::Rule;
use super::{Error, difference, sensitivity, sentence, spectra};
use crate::measures::{Estimator, Measure};

/// How to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The label of the variant that the others are compared with; the first if none.
    pub baseline: Option<String>,
    /// Which rule the verdicts come from.
    pub rule: Rule,
    /// What [`super::align`] left out before measuring; written into the result.
    pub dropped: Vec<Dropped>,
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
        fits(side, &base)?;
    }
    let base_model = base.models[0];
    let table = Table { layers: &base_model.layers, estimator: base_model.readings[0].estimator, rule: settings.rule };
    let others = sides.iter().enumerate().filter(|(index, _)| *index != baseline);
    let pairs: Vec<Pair> = others.map(|(_, side)| table.pair(side, &base)).collect();
    let values: Vec<VariantValues> = sides.iter().map(|side| table.values(side)).collect();
    let labels: Vec<&str> = variants.iter().map(|v| v.label.as_str()).collect();
    let ranking = Ranking::new(
        &labels,
        &sides.iter().map(|side| table.ranked(side)).collect::<Vec<_>>(),
        |i, j| table.differences(&sides[i], &sides[j]),
        &pairs,
    );
    Ok(Comparison {
        baseline: variants[baseline].label.clone(),
        estimator: table.estimator,
        rule: table.rule,
        dropped: settings.dropped.clone(),
        pairs,
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

/// What all differences have in common.
struct Table<'a> {
    layers: &'a [Layer],
    /// The estimator asked for.
    estimator: Estimator,
    rule: Rule,
}

impl Table<'_> {
    fn pair(&self, variant: &Side, baseline: &Side) -> Pair {
        let readings: Vec<Judgement> = (variant.estimators())
            .filter(|&estimator| baseline.estimators().any(|other| other == estimator))
            .map(|estimator| self.judge(variant, baseline, estimator))
            .collect();
        let paper = readings.iter().find(|judgement| judgement.estimator == Estimator::Paper).unwrap_or(&readings[0]);
        let architecture = architecture(variant, baseline);
        let measures = relative::measures(variant, baseline, self.layers.len(), &Typical::of(architecture));
        let (calibrated, reason) = calibrated::decide(&measures);
        let verdict = match self.rule {
            Rule::Calibrated => calibrated,
            Rule::Published => paper.verdict,
        };
        let models = [variant.models.len(), baseline.models.len()];
        let labels = (variant.variant.label.as_str(), baseline.variant.label.as_str());
        let sentence = match self.rule {
            Rule::Calibrated => sentence::calibrated(labels, (verdict, reason), &measures, models, architecture),
            Rule::Published => sentence::published(labels, paper),
        };
        let case = Case {
            variant: &variant.models,
            baseline: &baseline.models,
            architecture,
            verdict: calibrated,
            measures: &measures,
            carried_by: carried::by_one_layer(variant, baseline, self.layers, &measures, &Typical::of(architecture)),
        };
        let evidence = Evidence {
            sentence,
            covers: Covers::of(self.rule, models),
            replicates: models,
            samples: [variant.models[0].samples, baseline.models[0].samples],
            calibrated,
            reason,
            architecture,
            caveats: case.caveats(),
            sensitivity: sensitivity::of(variant.variant, baseline.variant, &readings[0]),
            measures,
            readings: readings.clone(),
        };
        let rank = &evidence.measures[2];
        let [ours, theirs] = [variant, baseline].map(|side| spectra::average_of(&side.spectra(self.layers.len())));
        let scale = 0.5 * (ours.effective_rank + theirs.effective_rank);
        Pair {
            variant: labels.0.to_owned(),
            baseline: labels.1.to_owned(),
            delta_entropy: readings[0].delta_entropy,
            delta_mutual_information: readings[0].delta_mutual_information,
            delta_effective_rank: RankDelta {
                mean: ours.effective_rank - theirs.effective_rank,
                interval95: rank.interval95.map(|end| end * scale),
                baseline: theirs.effective_rank,
            },
            verdict,
            published: paper.verdict,
            evidence,
        }
    }

    fn judge(&self, variant: &Side, baseline: &Side, estimator: Estimator) -> Judgement {
        let mut judgement = Judgement::new(estimator, self.deltas(variant, baseline, estimator, self.layers.len()));
        judgement.layers = (self.layers.iter().enumerate())
            .map(|(at, layer)| {
                let [delta_entropy, delta_mutual_information] = self.deltas(variant, baseline, estimator, at);
                LayerDelta { label: layer.label.clone(), delta_entropy, delta_mutual_information }
            })
            .collect();
        judgement
    }

    /// dH and dI of one layer, or overall where `at` is L.
    fn deltas(&self, variant: &Side, baseline: &Side, estimator: Estimator, at: usize) -> [Delta; 2] {
        Measure::BOTH.map(|measure| {
            let (ours, theirs) = (variant.cells(estimator, measure, at), baseline.cells(estimator, measure, at));
            Contrast { variant: &ours, baseline: &theirs }.delta()
        })
    }

    /// The relative differences that an order is by.
    fn differences(&self, variant: &Side, baseline: &Side) -> Vec<Relative> {
        let typical = Typical::of(architecture(variant, baseline));
        relative::measures(variant, baseline, self.layers.len(), &typical)
    }

    /// The figures that an order is by: H and I under the estimator of the calibrated rule, and R.
    fn ranked(&self, side: &Side) -> [f64; 3] {
        let place = self.layers.len();
        let estimator = side.calibrated_estimator();
        let [h, i] = Measure::BOTH.map(|measure| difference::pooled(&side.cells(estimator, measure, place)).mean);
        [h, i, spectra::average_of(&side.spectra(place)).effective_rank]
    }

    fn values(&self, side: &Side) -> VariantValues {
        let under = |estimator: Estimator, place: usize, label: Option<String>| {
            let [entropy, mutual_information] =
                Measure::BOTH.map(|measure| difference::pooled(&side.cells(estimator, measure, place)));
            let spectrum = spectra::average_of(&side.spectra(place));
            LayerValues { label, entropy, mutual_information, spectrum }
        };
        let at = |place: usize, label: Option<String>| under(self.estimator, place, label);
        let other = side.estimators().find(|&estimator| estimator != self.estimator);
        VariantValues {
            label: side.variant.label.clone(),
            replicates: side.models.len(),
            samples: side.models[0].samples,
            overall: at(self.layers.len(), None),
            layers: self.layers.iter().enumerate().map(|(i, layer)| at(i, Some(layer.label.clone()))).collect(),
            beside: other.map(|estimator| under(estimator, self.layers.len(), None)),
        }
    }
}

/// What kind of network all models of two sides are.
fn architecture(variant: &Side, baseline: &Side) -> Architecture {
    let mut kinds = variant.models.iter().chain(&baseline.models).map(|model| model.architecture);
    let first = kinds.next().unwrap_or_default();
    if kinds.all(|kind| kind == first) { first } else { Architecture::Unknown }
}
