//! One side of a comparison: the models under a label, once their layers are known to be the baseline's.

use super::Error;
use super::layers::align;
use super::observed::{Cell, Layer, Observed, Variant};
use super::spectra::RankCell;
use crate::measures::{Estimator, Measure};

/// A variant whose models' layers are known to be the baseline's.
pub(super) struct Side<'a> {
    pub variant: &'a Variant,
    pub models: Vec<&'a Observed>,
    /// [model][layer of the baseline, then overall]: where that stands in the model's figures.
    places: Vec<Vec<usize>>,
}

impl<'a> Side<'a> {
    pub fn new(variant: &'a Variant, baseline: &'a Variant) -> Result<Side<'a>, Error> {
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

    /// The estimators under which every model of this side was measured, in the first one's order.
    pub fn estimators(&self) -> impl Iterator<Item = Estimator> {
        let of_first = self.models.first().into_iter().flat_map(|model| &model.readings);
        of_first
            .map(|figures| figures.estimator)
            .filter(|&estimator| self.models.iter().all(|model| model.under(estimator).is_some()))
    }

    /// The estimator of the calibrated rule: `robust`, where every model was measured under it.
    pub fn calibrated_estimator(&self) -> Estimator {
        let mut estimators: Vec<Estimator> = self.estimators().collect();
        estimators.sort_by_key(|&estimator| estimator != Estimator::Robust);
        estimators.first().copied().unwrap_or(Estimator::Robust)
    }

    /// The spectrum of every model at one place.
    pub fn spectra(&self, at: usize) -> Vec<RankCell<'a>> {
        self.models.iter().zip(&self.places).map(|(model, places)| RankCell::of(&model.spectra, places[at])).collect()
    }

    /// One measure of every model at one place, of those that were measured under the estimator.
    pub fn cells(&self, estimator: Estimator, measure: Measure, at: usize) -> Vec<Cell<'a>> {
        (self.models.iter().zip(&self.places))
            .filter_map(|(model, places)| Some(model.under(estimator)?.of(measure).at(places[at])))
            .collect()
    }
}

/// Whether the figures of a side can be compared with the baseline's.
pub(super) fn fits(side: &Side, base: &Side) -> Result<(), Error> {
    let (variant, baseline) = (&side.variant.label, &base.variant.label);
    let misfit =
        |difference: String| Error::Figures { variant: variant.clone(), baseline: baseline.clone(), difference };
    let expected = &base.models[0];
    for model in &side.models {
        if model.samples != expected.samples {
            return Err(Error::Inputs {
                variant: variant.clone(),
                samples: model.samples,
                baseline: baseline.clone(),
                baseline_samples: expected.samples,
            });
        }
        let leading =
            |model: &Observed| model.readings.first().map_or("no estimator", |figures| figures.estimator.name());
        if leading(model) != leading(expected) || model.readings.is_empty() {
            return Err(misfit(format!("{} against {}", leading(model), leading(expected))));
        }
        for figures in &model.readings {
            let Some(expected) = expected.under(figures.estimator) else { continue };
            for measure in Measure::BOTH {
                let (measured, reference) = (figures.of(measure), expected.of(measure));
                let places = model.layers.len() + 1;
                let columns = measured.deviations.each_ref().map(|of| of.values.ncols());
                if [measured.statistics.len(), measured.spread.len(), columns[0], columns[1]] != [places; 4] {
                    return Err(misfit(format!("{} does not cover {} layers", measure.name(), model.layers.len())));
                }
                let [parts, expected] =
                    [measured, reference].map(|of| of.deviations.each_ref().map(|of| of.values.nrows()));
                if parts != expected {
                    return Err(misfit(format!("{parts:?} parts of the inputs against {expected:?}")));
                }
            }
        }
    }
    Ok(())
}
