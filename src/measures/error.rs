//! What can go wrong with the measures, and what to do next.

use std::io;

use super::entropy::edges::MOST_BINS;
use crate::base::advise::{Advise, Fault};
use crate::base::share::Place;
use crate::base::text::counted;

/// What can go wrong with the measures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too few inputs for the number of neighbours.
    #[error("{samples} inputs are too few for {neighbors} neighbours: at least {} are needed", neighbors.saturating_add(1))]
    TooFewInputs { samples: usize, neighbors: usize },
    /// There is nothing to measure.
    #[error("no activations: {neurons} neurons over {samples} inputs")]
    Empty { neurons: usize, samples: usize },
    /// The layers do not cut the neurons into neighbouring groups.
    #[error(
        "layer {layer} is said to be neurons {start} to {end}, which does not follow on {expected} among {neurons}"
    )]
    Layers { layer: usize, start: usize, end: usize, expected: usize, neurons: usize },
    /// More inputs or neurons than indices of 32 bits can name.
    #[error("{neurons} neurons over {samples} inputs are more than can be measured")]
    TooLarge { neurons: usize, samples: usize },
    /// A number of bins that makes no sense.
    #[error("{bins} bins: there must be between 1 and {}", MOST_BINS)]
    Bins { bins: usize },
    /// k = 0.
    #[error("0 neighbours: there must be at least 1")]
    NoNeighbors,
    /// Pairs of no neurons.
    #[error("0 neurons of each layer leave no pair to measure")]
    NoPairNeurons,
    /// No estimator to read the measures under.
    #[error("there is no estimator to measure with")]
    NoEstimator,
    /// A shared range that is none.
    #[error("the shared range {min} to {max} is not a range of finite numbers")]
    SharedRange { min: f32, max: f32 },
    /// No room for the matrix of pairs, or no place to keep a finished part.
    #[error("the pairs' results could not be kept: {0}")]
    Storage(#[from] io::Error),
    /// Parts that other processes should have made are not there.
    #[error("{} of the pairs are missing", counted(missing.len(), "part"))]
    Missing { missing: Vec<Place> },
    /// The user stopped the run.
    #[error("interrupted while the measures were computed")]
    Interrupted,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::TooFewInputs { .. }
            | Error::Empty { .. }
            | Error::Layers { .. }
            | Error::TooLarge { .. }
            | Error::Missing { .. } => Fault::Input,
            Error::Bins { .. }
            | Error::NoNeighbors
            | Error::NoPairNeurons
            | Error::NoEstimator
            | Error::SharedRange { .. } => Fault::Usage,
            Error::Storage(_) => Fault::Environment,
            Error::Interrupted => Fault::Interrupted,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::TooFewInputs { neighbors, .. } => format!(
                "give more inputs (a few hundred are a sensible least), or fewer neighbours than {neighbors} with --neighbors"
            ),
            Error::Empty { .. } => "give a model with neurons and at least a few hundred inputs".into(),
            Error::Bins { .. } => "the published settings use --bins 100 (or 20 for small networks)".into(),
            Error::NoNeighbors => "the published settings use --neighbors 3 (or 10)".into(),
            Error::NoPairNeurons => "the published recipe is --mi-neurons 64; all and random:N work too".into(),
            Error::TooLarge { .. } => "choose fewer layers with --layers or fewer inputs with --samples".into(),
            Error::Storage(_) => "free some disk space, or measure fewer pairs with --mi-neurons 64".into(),
            Error::NoEstimator => "choose --estimator paper or robust".into(),
            Error::Layers { .. } | Error::SharedRange { .. } | Error::Missing { .. } | Error::Interrupted => {
                return None;
            }
        })
    }
}
