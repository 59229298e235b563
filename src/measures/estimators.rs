//! The table of estimators: the name of each, how neurons and pairs are read under it, and the fewest inputs it needs.
//!
//! | a choice of | is | neurons | pairs |
//! |---|---|---|---|
//! | the form of both measures | [`Estimator`] | how far the range of the bins reaches | which nearest-neighbour formula |
//! | the entropy of a neuron | [`EntropyEstimator`] | a [`NeuronEntropy`](super::entropy::estimate::NeuronEntropy) | |
//! | the mutual information of a pair | [`MiEstimator`] | | a [`PairEstimator`] |
//!
//! A new estimator is a file in `entropy/` or `pairs/`, a row here, and a paragraph in `docs/measures.md`.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::entropy::binned::Binned;
use super::entropy::estimate::{self, Entropies, Part};
use super::entropy::nearest::Nearest;
use super::entropy::ranges::{Ranges, Reach};
use super::error::Error;
use super::health::survey::Survey;
use super::pairs;
use super::pairs::estimate::PairEstimator;
use super::pairs::knn::Form;
use crate::base::job::Job;

/// Which form of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// As published.
    Paper,
    /// Normal scores and the mixture estimator; entropy between the 0.5 and 99.5 % quantiles.
    Robust,
}

/// What sets a form apart.
struct Row {
    name: &'static str,
    reach: Reach,
    nearest: Form,
}

impl Estimator {
    pub const ALL: [Estimator; 2] = [Estimator::Paper, Estimator::Robust];

    fn row(self) -> Row {
        match self {
            Estimator::Paper => Row { name: "paper", reach: Reach::Extremes, nearest: Form::Paper },
            Estimator::Robust => Row { name: "robust", reach: Reach::Quantiles, nearest: Form::Robust },
        }
    }

    /// The name in reports, messages and kept parts.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// How far the range of the bins reaches.
    pub(crate) fn reach(self) -> Reach {
        self.row().reach
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

impl EntropyEstimator {
    /// Every neuron over all inputs and over each of `parts`.
    ///
    /// # Errors
    /// The user stopped the run.
    pub(crate) fn measure(
        self,
        survey: &Survey<'_>,
        ranges: &Ranges,
        neighbors: usize,
        parts: &[Part],
        job: &dyn Job,
    ) -> Result<Entropies, Error> {
        let binned = |corrected| Binned::new(ranges, survey.samples, corrected);
        match self {
            EntropyEstimator::Binned => estimate::measure(survey, &binned(false), parts, job),
            EntropyEstimator::MillerMadow => estimate::measure(survey, &binned(true), parts, job),
            EntropyEstimator::KozachenkoLeonenko => estimate::measure(survey, &Nearest { neighbors }, parts, job),
        }
    }

    /// The fewest inputs that it can measure.
    pub(crate) fn fewest_inputs(self, neighbors: usize) -> usize {
        match self {
            EntropyEstimator::Binned | EntropyEstimator::MillerMadow => 1,
            EntropyEstimator::KozachenkoLeonenko => neighbors.saturating_add(1),
        }
    }

    /// Whether the interval of the mean comes from leaving out groups of inputs: right for bins, while nearest neighbours
    /// would count what inputs do to each other several times.
    pub(crate) fn leaves_groups_out(self) -> bool {
        match self {
            EntropyEstimator::Binned | EntropyEstimator::MillerMadow => true,
            EntropyEstimator::KozachenkoLeonenko => false,
        }
    }
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

/// What the estimators of mutual information may be set to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairSettings {
    pub form: Estimator,
    pub neighbors: usize,
    pub bins: usize,
}

impl MiEstimator {
    /// Prepares finite `rows` for all their pairs.
    pub(crate) fn prepare(self, rows: &[&[f32]], settings: PairSettings) -> Box<dyn PairEstimator> {
        let PairSettings { form, neighbors, bins } = settings;
        match self {
            MiEstimator::Nearest => Box::new(pairs::nearest::Nearest::prepare(rows, form.row().nearest, neighbors)),
            MiEstimator::Binned => Box::new(pairs::binned::Binned::prepare(rows, bins)),
        }
    }

    /// The fewest inputs that it can measure.
    pub(crate) fn fewest_inputs(self, neighbors: usize) -> usize {
        match self {
            MiEstimator::Nearest => neighbors.saturating_add(1),
            MiEstimator::Binned => 1,
        }
    }
}
