//! The measures: entropy of every neuron, mutual information of every pair, and how sure one can be of them.
//!
//! In: activations [neurons, inputs] (each neuron's values contiguous) and which neurons make up which layer.
//! Out: numbers, in nats. This module knows no file, no ONNX and no terminal.
//!
//! ```text
//! survey -> entropy, mutual_information -> summary, intervals, stability -> readings of both estimators -> measure
//! ```

pub mod mutual_information;

use serde::{Deserialize, Serialize};

use crate::error::{Advise, Fault};

/// Which form of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// As published.
    Paper,
    /// Normal scores and the mixture estimator; entropy between the 0.5 and 99.5 % quantiles.
    Robust,
}

/// What a value is binned against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// Which neurons' pairs are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PairNeurons {
    /// The first N of each layer.
    First(usize),
    /// N of each layer, drawn with the seed.
    Random(usize),
    All,
}

/// A distribution in seven numbers; nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub mean: f64,
    pub median: f64,
    pub q1: f64,
    pub q3: f64,
    pub min: f64,
    pub max: f64,
    /// Of the mean, over inputs.
    pub interval95: [f64; 2],
}

/// What can go wrong with the measures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too few inputs for the number of neighbours.
    #[error("{samples} inputs are too few for {neighbors} neighbours: at least {} are needed", neighbors + 1)]
    TooFewInputs { samples: usize, neighbors: usize },
    /// k = 0.
    #[error("0 neighbours: there must be at least 1")]
    NoNeighbors,
    /// No room for the matrix of pairs, or no place to keep a finished part.
    #[error("the pairs' results could not be kept: {0}")]
    Storage(#[from] std::io::Error),
    /// The user stopped the run.
    #[error("interrupted while the measures were computed")]
    Interrupted,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::TooFewInputs { .. } => Fault::Input,
            Error::NoNeighbors => Fault::Usage,
            Error::Storage(_) => Fault::Environment,
            Error::Interrupted => Fault::Interrupted,
        }
    }
}
