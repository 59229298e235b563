//! What the comparison needs to know of each model: numbers only, so that they may come from a run, from saved files or
//! from a test's hand.

use ndarray::ArrayView1;

use super::typical::Architecture;
use crate::measures::{Deviations, Estimator, Measure, Spectra, Summary};

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
    /// One for each estimator, that asked for first.
    pub readings: Vec<Figures>,
    /// Effective ranks, which depend on no estimator.
    pub spectra: Spectra,
    pub sensitivity: Sensitivity,
    /// What kind of network it is; decides how far seeds typically are apart.
    pub architecture: Architecture,
    /// How its file was made; none for activations from elsewhere.
    pub file: Option<ModelFile>,
}

/// How the file of a model was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    pub producer: String,
    pub opset: Option<i64>,
    /// Element types of its weights, such as `float32` or `float32 and int8`.
    pub elements: String,
}

impl Observed {
    /// The figures under an estimator, if they were computed.
    pub fn under(&self, estimator: Estimator) -> Option<&Figures> {
        self.readings.iter().find(|figures| figures.estimator == estimator)
    }
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
    /// How far off the mean and the median are by the drawing of the inputs.
    pub deviations: [Deviations; 2],
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
    pub fn of(&self, measure: Measure) -> &Measured {
        match measure {
            Measure::Entropy => &self.entropy,
            Measure::MutualInformation => &self.mutual_information,
        }
    }
}

/// One measure of one model in one layer, or overall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'a> {
    pub summary: Summary,
    pub spread: f64,
    /// Of the mean and of the median, by each part of the inputs.
    pub deviations: [ArrayView1<'a, f64>; 2],
    pub degrees: [f64; 2],
}

impl Measured {
    /// Layer `place`, or overall where that is L. The lengths were checked when the comparison began.
    pub(super) fn at(&self, place: usize) -> Cell<'_> {
        Cell {
            summary: self.statistics[place],
            spread: self.spread[place],
            deviations: self.deviations.each_ref().map(|of| of.values.column(place)),
            degrees: self.deviations.each_ref().map(|of| of.degrees),
        }
    }
}
