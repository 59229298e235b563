//! The comparison itself: every variant against the baseline, then all of them in order.

use super::difference::{Contrast, Covers, Delta};
use super::layers::Dropped;
use super::observed::{Layer, Variant};
use super::ranking::Ranking;
use super::result::{Comparison, Evidence, LayerValues, Pair, VariantValues};
use super::side::{Side, fits};
use super::verdict::{Judgement, LayerDelta, decide};
use super::{Error, difference, sensitivity, sentence, spectra};
use crate::measures::{Estimator, Measure};

/// How to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The label of the variant that the others are held against; the first if none.
    pub baseline: Option<String>,
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
    let table = Table { layers: &base.models[0].layers, estimator: base.models[0].readings[0].estimator };
    let pairs =
        (sides.iter().enumerate()).filter(|(index, _)| *index != baseline).map(|(_, side)| table.pair(side, &base));
    let labels: Vec<&str> = variants.iter().map(|v| v.label.as_str()).collect();
    let values: Vec<VariantValues> = sides.iter().map(|side| table.values(side)).collect();
    let means: Vec<[f64; 2]> =
        values.iter().map(|v| [v.overall.entropy.mean, v.overall.mutual_information.mean]).collect();
    let ranking = Ranking::new(&labels, &means, |i, j| table.overall(&sides[i], &sides[j], table.estimator));
    Ok(Comparison {
        baseline: variants[baseline].label.clone(),
        estimator: table.estimator,
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

/// What all differences have in common.
struct Table<'a> {
    layers: &'a [Layer],
    /// The estimator asked for.
    estimator: Estimator,
}

impl Table<'_> {
    fn pair(&self, variant: &Side, baseline: &Side) -> Pair {
        let primary = self.judge(variant, baseline, self.estimator);
        let mut others = variant.estimators().filter(|&e| e != self.estimator && baseline.estimators().any(|b| b == e));
        let beside = others.next().map(|estimator| self.judge(variant, baseline, estimator));
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

    fn judge(&self, variant: &Side, baseline: &Side, estimator: Estimator) -> Judgement {
        let mut judgement = Judgement::new(estimator, self.overall(variant, baseline, estimator));
        judgement.layers = (self.layers.iter().enumerate())
            .map(|(at, layer)| {
                let [delta_entropy, delta_mutual_information] = self.deltas(variant, baseline, estimator, at);
                LayerDelta { label: layer.label.clone(), delta_entropy, delta_mutual_information }
            })
            .collect();
        judgement
    }

    fn overall(&self, variant: &Side, baseline: &Side, estimator: Estimator) -> [Delta; 2] {
        self.deltas(variant, baseline, estimator, self.layers.len())
    }

    /// dH and dI of one layer, or overall where `at` is L.
    fn deltas(&self, variant: &Side, baseline: &Side, estimator: Estimator, at: usize) -> [Delta; 2] {
        Measure::BOTH.map(|measure| {
            let (ours, theirs) = (variant.cells(estimator, measure, at), baseline.cells(estimator, measure, at));
            Contrast { variant: &ours, baseline: &theirs }.delta()
        })
    }

    fn values(&self, side: &Side) -> VariantValues {
        let at = |place: usize, label: Option<String>| {
            let [entropy, mutual_information] =
                Measure::BOTH.map(|measure| difference::pooled(&side.cells(self.estimator, measure, place)));
            let spectrum = spectra::average_of(&side.spectra(place));
            LayerValues { label, entropy, mutual_information, spectrum }
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
