//! One side of a comparison: the models under a label, once their layers are known to be the baseline's.

use super::Error;
use super::layers::align;
use super::observed::{Cell, Figures, Layer, Observed, Variant};
use crate::measures::Measure;

/// Which of the two readings of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Primary,
    Beside,
}

impl Reading {
    /// The other estimator's figures are asked for only where every model has them.
    pub fn of(self, model: &Observed) -> &Figures {
        match self {
            Reading::Primary => &model.primary,
            Reading::Beside => model.beside.as_ref().unwrap_or(&model.primary),
        }
    }
}

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

    /// One measure of every model at one place.
    pub fn cells(&self, reading: Reading, measure: Measure, at: usize) -> Vec<Cell<'a>> {
        (self.models.iter().zip(&self.places))
            .map(|(model, places)| reading.of(model).of(measure).at(places[at]))
            .collect()
    }
}

/// Whether the figures of a side can be set against the baseline's.
pub(super) fn fits(side: &Side, base: &Side, paired: bool) -> Result<(), Error> {
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
                let columns = measured.deviations.each_ref().map(|of| of.values.ncols());
                if [measured.statistics.len(), measured.spread.len(), columns[0], columns[1]] != [places; 4] {
                    return Err(misfit(format!("{} does not cover {} layers", measure.name(), model.layers.len())));
                }
                let [parts, expected] =
                    [measured, reference].map(|of| of.deviations.each_ref().map(|of| of.values.nrows()));
                if paired && parts != expected {
                    return Err(misfit(format!("{parts:?} parts of the inputs against {expected:?}")));
                }
            }
        }
    }
    Ok(())
}
