//! Activations: run the batches through the model, keep [neurons, inputs], and look at their health.
//!
//! In: a session, taps and batches. Out: [`Activations`], neuron-major.

use crate::error::{Advise, Fault};

/// What can go wrong while activations are captured or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The user stopped the run.
    #[error("interrupted while activations were captured")]
    Interrupted,
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Interrupted
    }
}
