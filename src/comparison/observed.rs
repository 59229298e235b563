//! What the comparison needs to know of each model: numbers only, so that they may come from a run, from saved files or
//! from a test's hand.

use ndarray::{Array3, ArrayView2, Axis, s};

use crate::measures::{Estimator, Summary};

/// One recipe under a label, with the models trained by it.
#[derive(Debug, Clone)]
pub struct Variant {
    pub label: String,
    /// One model or several training seeds.
    pub replicates: Vec<Observed>,
}

/// The measures of one model.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Inputs behind the figures.
    pub samples: usize,
    /// The layers, in the order of the figures below.
    pub layers: Vec<Layer>,
    /// Under the estimator that was asked for.
    pub primary: Figures,
    /// Under the other one, if it was computed.
    pub beside: Option<Figures>,
    pub sensitivity: Sensitivity,
}

/// A layer as the comparison matches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub label: String,
    pub neurons: usize,
}

/// Both measures under one estimator.
#[derive(Debug, Clone)]
pub struct Figures {
    pub estimator: Estimator,
    pub entropy: Measured,
    pub mutual_information: Measured,
}

/// One measure of L layers and, last, of all of them together.
#[derive(Debug, Clone)]
pub struct Measured {
    /// L + 1 distributions over neurons (H) or pairs (I); nats.
    pub statistics: Vec<Summary>,
    /// L + 1 standard deviations over neurons or pairs, which effect sizes are told in; nats.
    pub spread: Vec<f64>,
    /// [subsamples, L + 1, 2]: how far off the mean and the median are by the drawing of the inputs, as each subsample
    /// has it, scaled to the full sample: their squares, over the degrees of freedom, are the variance of the figures.
    /// Nats.
    pub deviations: Array3<f64>,
    /// The subsamples, less one if their mean was taken from themselves.
    pub degrees_of_freedom: f64,
}

/// How much the overall mean entropy owes to the choice of bins.
#[derive(Debug, Clone, Default)]
pub struct Sensitivity {
    /// The mean entropy with every neuron binned over its own range.
    pub neuron_binning: Option<f64>,
    /// Neurons far from all others.
    pub outliers: Vec<Outlier>,
    /// The mean entropy with those left out; none where there are none.
    pub without_outliers: Option<f64>,
}

/// An outlier channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlier {
    /// Index into the layers.
    pub layer: usize,
    /// Index into the layer.
    pub neuron: usize,
}

impl Figures {
    /// The measure.
    pub fn of(&self, measure: super::Measure) -> &Measured {
        match measure {
            super::Measure::Entropy => &self.entropy,
            super::Measure::MutualInformation => &self.mutual_information,
        }
    }
}

/// One measure of one model in one layer, or overall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'a> {
    pub summary: Summary,
    pub spread: f64,
    /// [subsamples, 2], of the mean and of the median.
    pub deviations: ArrayView2<'a, f64>,
    pub degrees: f64,
}

impl Measured {
    /// Layer `place`, or overall where that is L. The lengths were checked when the comparison began.
    pub(super) fn at(&self, place: usize) -> Cell<'_> {
        Cell {
            summary: self.statistics[place],
            spread: self.spread[place],
            deviations: self.deviations.slice(s![.., place, ..]),
            degrees: self.degrees_of_freedom,
        }
    }

    /// Deviations from the figures in subsamples, [subsamples, L + 1, 2], each of the part `share` of the inputs drawn
    /// without replacement. Such subsamples vary less than samples do, the more so the larger their share: f / (1 - f)
    /// turns their variance into that of the full sample. One degree of freedom goes to their mean, around which they
    /// are taken because the measures of fewer inputs are biased.
    pub fn deviations(mut subsamples: Array3<f64>, share: f64) -> Array3<f64> {
        if let Some(mean) = subsamples.mean_axis(Axis(0)) {
            subsamples -= &mean;
            subsamples *= (share / (1.0 - share)).sqrt();
        }
        subsamples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Halves of the inputs, 1 and 3, lie 1 to either side of their mean, and f / (1 - f) = 1; quarters of 1/3.
    #[test]
    fn subsamples_become_deviations_of_the_full_sample() {
        let halves = Array3::from_shape_vec((2, 1, 2), vec![1.0, 5.0, 3.0, 5.0]).unwrap();
        assert_eq!(Measured::deviations(halves.clone(), 0.5).into_raw_vec_and_offset().0, [-1.0, 0.0, 1.0, 0.0]);
        let quarters = Measured::deviations(halves, 0.25).into_raw_vec_and_offset().0;
        assert!((quarters[2] - (1.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(Measured::deviations(Array3::zeros((0, 2, 2)), 0.5).len(), 0);
    }
}
