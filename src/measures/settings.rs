//! What to measure and how; everything here is written into the report.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize, Serializer};

use super::Error;
use super::pairs::pairs_of;

/// Which form of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// As published.
    Paper,
    /// Normal scores and the mixture estimator; entropy between the 0.5 and 99.5 % quantiles.
    Robust,
}

impl Estimator {
    /// The name in reports, messages and kept parts.
    pub fn name(self) -> &'static str {
        match self {
            Estimator::Paper => "paper",
            Estimator::Robust => "robust",
        }
    }

    /// The other form.
    pub fn other(self) -> Estimator {
        match self {
            Estimator::Paper => Estimator::Robust,
            Estimator::Robust => Estimator::Paper,
        }
    }
}

/// What a value is binned against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Binning {
    /// One range over all chosen layers.
    Global,
    /// The layer's own range.
    Layer,
    /// The neuron's own range.
    Neuron,
    /// A range given from outside, over all variants of a comparison.
    Shared { min: f32, max: f32 },
}

/// As on the command line; a shared range follows from the models and the inputs, so it is not written.
impl Serialize for Binning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Binning::Global => "global",
            Binning::Layer => "layer",
            Binning::Neuron => "neuron",
            Binning::Shared { .. } => "shared",
        })
    }
}

/// How the entropy of a neuron is estimated; nats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum EntropyEstimator {
    /// The plug-in estimate on equal-width bins, as published.
    Binned,
    /// The same with Miller's and Madow's correction for the bins that few inputs fill.
    MillerMadow,
    /// Differential entropy from nearest neighbours (Kozachenko and Leonenko).
    KozachenkoLeonenko,
}

/// How the mutual information of a pair is estimated; nats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum MiEstimator {
    /// Nearest neighbours: Kraskov's first estimator (`paper`) or the mixture estimator (`robust`).
    Nearest,
    /// The plug-in estimate on B x B equal-width bins.
    Binned,
}

/// Which neurons' pairs are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairNeurons {
    /// The first N of each layer.
    First(usize),
    /// N of each layer, drawn with the seed.
    Random(usize),
    All,
}

/// As on the command line: `64`, `random:64` or `all`.
impl fmt::Display for PairNeurons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairNeurons::First(count) => count.fmt(f),
            PairNeurons::Random(count) => write!(f, "random:{count}"),
            PairNeurons::All => f.write_str("all"),
        }
    }
}

impl FromStr for PairNeurons {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err("a number from 1, 'random:N' with such a number, or 'all'"),
            Ok(count) => Ok(count),
        };
        match text.strip_prefix("random:") {
            Some(drawn) => Ok(PairNeurons::Random(count(drawn)?)),
            None if text == "all" => Ok(PairNeurons::All),
            None => Ok(PairNeurons::First(count(text)?)),
        }
    }
}

impl Serialize for PairNeurons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PairNeurons {
    /// The same choice, but of no more neurons of each layer than make `most` pairs; of one at least. `widths` are those of
    /// the layers.
    pub(crate) fn at_most(self, most: u64, widths: &[usize]) -> PairNeurons {
        let pairs = |of_each: usize| pairs_of(widths.iter().map(|&width| width.min(of_each)).sum());
        let widest = widths.iter().copied().max().unwrap_or(0);
        let wanted = match self {
            PairNeurons::First(wanted) | PairNeurons::Random(wanted) => wanted.min(widest),
            PairNeurons::All => widest,
        };
        if pairs(wanted) <= most {
            return self;
        }
        let fewer = (1..wanted).rev().find(|&of_each| pairs(of_each) <= most).unwrap_or(1);
        match self {
            PairNeurons::Random(_) => PairNeurons::Random(fewer),
            PairNeurons::First(_) | PairNeurons::All => PairNeurons::First(fewer),
        }
    }
}

/// What to measure and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Equal-width bins between the ends of the range, 1 to [`Settings::MOST_BINS`].
    pub bins: usize,
    pub binning: Binning,
    /// Neighbours k of the nearest-neighbour estimators.
    pub neighbors: usize,
    /// The form that the report leads with.
    pub estimator: Estimator,
    pub entropy: EntropyEstimator,
    pub mutual_information: MiEstimator,
    #[serde(rename = "mi_neurons")]
    pub pair_neurons: PairNeurons,
    /// Seeds the subsamples and the drawn neurons.
    pub seed: u64,
    /// Splits of the inputs into halves behind the intervals; fewer than two give no interval.
    pub subsamples: usize,
    /// Measures the other form too, as a comparison needs it.
    #[serde(skip)]
    pub both: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            bins: 100,
            binning: Binning::Global,
            neighbors: 3,
            estimator: Estimator::Paper,
            entropy: EntropyEstimator::Binned,
            mutual_information: MiEstimator::Nearest,
            pair_neurons: PairNeurons::First(64),
            seed: 0,
            subsamples: 20,
            both: false,
        }
    }
}

impl Settings {
    /// As many bins as a 16-bit index can tell apart, with the two beyond the ends.
    pub const MOST_BINS: usize = 65_533;

    /// Says what does not make sense by itself.
    ///
    /// # Errors
    /// A number that must not be zero, too many bins, or a shared range that is none.
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
        Ok(())
    }

    /// The fewest inputs that these settings can measure.
    pub(crate) fn fewest_inputs(&self) -> usize {
        let nearest =
            self.mutual_information == MiEstimator::Nearest || self.entropy == EntropyEstimator::KozachenkoLeonenko;
        if nearest { self.neighbors.saturating_add(1) } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_neurons_make_fewer_pairs() {
        let widths = [64, 10, 64];
        // 30 + 10 + 30 neurons are 2,415 pairs, and 31 + 10 + 31 are 2,556.
        assert_eq!(PairNeurons::First(64).at_most(2500, &widths), PairNeurons::First(30));
        assert_eq!(PairNeurons::Random(40).at_most(2500, &widths), PairNeurons::Random(30));
        assert_eq!(PairNeurons::All.at_most(2500, &widths), PairNeurons::First(30));
        for which in [PairNeurons::First(30), PairNeurons::Random(5), PairNeurons::First(9)] {
            assert_eq!(which.at_most(2500, &widths), which);
        }
        assert_eq!(PairNeurons::All.at_most(100_000, &widths), PairNeurons::All);
        assert_eq!(PairNeurons::All.at_most(0, &widths), PairNeurons::First(1));
    }
}
