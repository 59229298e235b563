//! Comparison: variants of one network over the same inputs, paired; differences, verdicts and a ranking.
//!
//! In: the measures of each model under each label ([`Variant`], [`Observed`]), a baseline. Out: [`Comparison`]: how
//! each variant differs from the baseline in each layer and overall, how surely, what that says of memorization, and the
//! order of the variants. Numbers in, numbers out: nothing is run here.
//!
//! ```text
//! layers (align)  which layers are common                           before anything is measured
//! side            the models of a variant, matched with the baseline's layers
//! relative        -> calibrated -> verdict      H, I and R against seeds and inputs   for every variant and the baseline
//! difference      -> published  -> verdict      H and I against inputs
//!                    caveats, sentence, sensitivity -> pair
//! ranking, advice                                                    for every two variants
//! scores          rank correlation with figures of the user's
//! gates           which results --fail-if asks for
//! ```
//!
//! The rules and what their intervals cover are in `docs/verdicts.md`.

mod advice;
mod calibrated;
mod carried;
mod caveats;
mod compare;
mod difference;
mod direction;
mod error;
pub mod gates;
mod indicator;
mod layers;
mod measured;
pub mod observed;
mod pair;
mod published;
mod ranking;
mod relative;
mod result;
pub mod scores;
mod sensitivity;
mod sentence;
mod side;
mod spectra;
mod typical;
mod uncertainty;
mod verdict;

pub use calibrated::decide;
pub use caveats::Caveat;
pub use compare::{Settings, compare};
pub use difference::{Covers, Delta};
pub use direction::Direction;
pub use error::Error;
pub use indicator::Indicator;
pub use layers::{Alignment, Dropped, align};
pub use observed::{ModelFile, Observed, Variant};
pub use pair::{Evidence, Pair, RankDelta};
pub use published::{Judgement, LayerDelta};
pub use ranking::{Place, Ranking};
pub use relative::{Figures, Relative};
pub use result::{Comparison, LayerValues, VariantValues};
pub use sensitivity::{OppositeLayer, OutlierChannel, Sensitivity, Shift};
pub use typical::{Architecture, Typical};
pub use uncertainty::Variance;
pub use verdict::{Rule, Verdict};

#[cfg(test)]
mod made;
#[cfg(test)]
mod tests;
