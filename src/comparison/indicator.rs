//! The three figures that a verdict reads, and where each kind of memorization moves them.

use serde::{Deserialize, Serialize};

use super::direction::Direction;

/// H, I or R, overall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Indicator {
    Entropy,
    MutualInformation,
    EffectiveRank,
}

impl Indicator {
    pub const ALL: [Indicator; 3] = [Indicator::Entropy, Indicator::MutualInformation, Indicator::EffectiveRank];

    /// As in the report's keys.
    pub fn name(self) -> &'static str {
        match self {
            Indicator::Entropy => "entropy",
            Indicator::MutualInformation => "mutual_information",
            Indicator::EffectiveRank => "effective_rank",
        }
    }

    /// H, I or R.
    pub fn letter(self) -> &'static str {
        match self {
            Indicator::Entropy => "H",
            Indicator::MutualInformation => "I",
            Indicator::EffectiveRank => "R",
        }
    }

    /// Where a network that leans on a shortcut stands; one that memorized its examples stands on the other side.
    pub fn of_shortcut(self) -> Direction {
        match self {
            Indicator::Entropy | Indicator::EffectiveRank => Direction::Below,
            Indicator::MutualInformation => Direction::Above,
        }
    }

    /// The least size that differences are relative to. Mutual information of nearly independent neurons scatters around
    /// zero, and a difference relative to that would mean nothing; in nats.
    pub(super) fn least_scale(self) -> f64 {
        match self {
            Indicator::MutualInformation => 0.01,
            Indicator::Entropy | Indicator::EffectiveRank => f64::MIN_POSITIVE,
        }
    }

    /// The part of the figures within which an interval counts as no difference.
    pub(super) fn narrow(self) -> f64 {
        match self {
            Indicator::Entropy | Indicator::EffectiveRank => 0.05,
            Indicator::MutualInformation => 0.25,
        }
    }
}
