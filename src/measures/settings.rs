//! What to measure and how; everything here is written into the report.

use serde::{Serialize, Serializer};

use super::entropy::edges::MOST_BINS;
use super::entropy::ranges::Binning;
use super::error::Error;
use super::estimators::{EntropyEstimator, Estimator, MiEstimator};
use super::pairs::choose::PairNeurons;

/// What to measure and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Equal-width bins between the ends of the range, 1 to [`Settings::MOST_BINS`].
    pub bins: usize,
    pub binning: Binning,
    /// Neighbours k of the nearest-neighbour estimators.
    pub neighbors: usize,
    /// The forms to read, each once; the report leads with the first.
    #[serde(rename = "estimator", serialize_with = "first")]
    pub estimators: Vec<Estimator>,
    /// Whether to read `robust` too where there is a reason to doubt `paper`.
    #[serde(skip)]
    pub robust_on_concern: bool,
    pub entropy: EntropyEstimator,
    pub mutual_information: MiEstimator,
    #[serde(rename = "mi_neurons")]
    pub pair_neurons: PairNeurons,
    /// Seeds the subsamples and the drawn neurons.
    pub seed: u64,
    /// Splits of the inputs into halves behind the intervals; fewer than two give no interval.
    pub subsamples: usize,
}

/// The report's key names the form that it leads with.
fn first<S: Serializer>(estimators: &[Estimator], serializer: S) -> Result<S::Ok, S::Error> {
    estimators.first().serialize(serializer)
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            bins: 100,
            binning: Binning::Global,
            neighbors: 3,
            estimators: vec![Estimator::Paper],
            robust_on_concern: true,
            entropy: EntropyEstimator::Binned,
            mutual_information: MiEstimator::Nearest,
            pair_neurons: PairNeurons::First(64),
            seed: 0,
            subsamples: 20,
        }
    }
}

impl Settings {
    /// The most bins.
    pub const MOST_BINS: usize = MOST_BINS;

    /// The form that the report leads with.
    pub fn estimator(&self) -> Estimator {
        self.estimators.first().copied().unwrap_or(Estimator::Paper)
    }

    /// Adds the forms that are not read yet, as a comparison needs all of them.
    pub fn read_all(&mut self) {
        let missing = Estimator::ALL.into_iter().filter(|estimator| !self.estimators.contains(estimator));
        self.estimators.extend(missing.collect::<Vec<_>>());
    }

    /// Says what does not make sense by itself.
    ///
    /// # Errors
    /// A number that must not be zero, too many bins, no estimator, or a shared range that is none.
    pub fn check(&self) -> Result<(), Error> {
        if self.bins == 0 || self.bins > Self::MOST_BINS {
            return Err(Error::Bins { bins: self.bins });
        }
        if self.neighbors == 0 {
            return Err(Error::NoNeighbors);
        }
        if matches!(self.pair_neurons, PairNeurons::First(0) | PairNeurons::Random(0)) {
            return Err(Error::NoPairNeurons);
        }
        if let Binning::Shared { min, max } = self.binning
            && !(min.is_finite() && max.is_finite() && min <= max)
        {
            return Err(Error::SharedRange { min, max });
        }
        if self.estimators.is_empty() {
            return Err(Error::NoEstimator);
        }
        Ok(())
    }

    /// The fewest inputs that these settings can measure.
    pub(crate) fn fewest_inputs(&self) -> usize {
        let [entropy, pairs] =
            [self.entropy.fewest_inputs(self.neighbors), self.mutual_information.fewest_inputs(self.neighbors)];
        entropy.max(pairs)
    }
}
