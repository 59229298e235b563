//! Comparison: variants of one network over the same inputs, paired; differences, verdicts and a ranking.
//!
//! In: the measures of each model under each label ([`Variant`], [`Observed`]), a baseline. Out: [`Comparison`]: how
//! each variant differs from the baseline in each layer and overall, how surely, what that says of memorization, and the
//! order of the variants. Numbers in, numbers out: this module reads no activations and runs nothing.
//!
//! ```text
//! align      which layers are common                    before anything is measured
//! compare    difference -> verdict -> evidence          for every variant and the baseline
//!            ranking                                    for every two variants
//! scores     rank correlation with figures of the user's
//! gates      what --fail-if asks of the result
//! ```
//!
//! The rule and what its intervals cover are in `docs/verdicts.md`.

mod compare;
mod difference;
mod error;
pub mod gates;
mod layers;
mod measured;
pub mod observed;
mod ranking;
mod result;
pub mod scores;
mod sensitivity;
mod sentence;
mod side;
mod spectra;
mod uncertainty;
mod verdict;

pub use compare::{Settings, compare};
pub use difference::{Covers, Delta, Side};
pub use error::Error;
pub use layers::{Alignment, Dropped, align};
pub use observed::{Observed, Variant};
pub use ranking::{Place, Ranking};
pub use result::{Comparison, Evidence, LayerValues, Pair, VariantValues};
pub use sensitivity::{OppositeLayer, OutlierChannel, Sensitivity, Shift};
pub use verdict::{EQUAL, Judgement, LayerDelta, Reason, Verdict};

#[cfg(test)]
mod made;
#[cfg(test)]
mod tests;
