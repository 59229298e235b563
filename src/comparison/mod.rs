//! Comparison: variants of one network over the same inputs, paired; differences, verdicts and a ranking.
//!
//! In: the measures of each variant. Out: what differs, how surely, and what that says of memorization.

use crate::error::{Advise, Fault};

/// What can keep variants from being compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The layers are not the same.
    #[error("{variant} and {baseline} do not match: {difference}")]
    Mismatch { variant: String, baseline: String, difference: String },
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        Fault::Input
    }
}
