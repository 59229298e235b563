//! The rule as first published: H and I under one estimator, each interval on one side of zero.
//!
//! Its intervals cover the inputs drawn, and the variance between seeds where several are given. With one model per side it is
//! exact about two files and says little of their recipes, since two seeds of one recipe differ by more than their
//! inputs explain.

use serde::{Deserialize, Serialize};

use super::difference::Delta;
use super::direction::Direction;
use super::verdict::Verdict;
use crate::measures::{Estimator, Measure};

/// Which line of the rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Both intervals exclude zero, on opposite sides.
    OppositeSides,
    /// Both intervals exclude zero on the same side, which is the mark of neither kind.
    SameSide,
    /// Only the interval of entropy excludes zero.
    EntropyOnly,
    /// Only the interval of mutual information excludes zero.
    MutualInformationOnly,
    /// Both intervals hold zero and lie within [`EQUAL`] of the baseline.
    WithinBounds,
    /// Both intervals hold zero, and one is too wide (or missing) to call the two equal.
    TooWide,
}

/// The part of the baseline's value within which an interval counts as no difference.
pub const EQUAL: f64 = 0.05;

/// The differences under one estimator and what they say by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    pub estimator: Estimator,
    pub verdict: Verdict,
    pub reason: Reason,
    pub entropy: Direction,
    pub mutual_information: Direction,
    pub delta_entropy: Delta,
    pub delta_mutual_information: Delta,
    /// The same in each layer, which the verdict does not depend on.
    pub layers: Vec<LayerDelta>,
}

/// The differences in one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerDelta {
    pub label: String,
    pub delta_entropy: Delta,
    pub delta_mutual_information: Delta,
}

impl Judgement {
    /// The rule for one estimator, on the overall differences.
    pub fn new(estimator: Estimator, [delta_entropy, delta_mutual_information]: [Delta; 2]) -> Judgement {
        let (entropy, mutual_information) = (delta_entropy.side(), delta_mutual_information.side());
        let known = delta_entropy.is_known() && delta_mutual_information.is_known();
        let (verdict, reason) = match (entropy, mutual_information) {
            _ if !known => (Verdict::NotEnoughEvidence, Reason::TooWide),
            (Direction::Below, Direction::Above) => (Verdict::Heuristic, Reason::OppositeSides),
            (Direction::Above, Direction::Below) => (Verdict::ExampleLevel, Reason::OppositeSides),
            (Direction::Below, Direction::Below) | (Direction::Above, Direction::Above) => {
                (Verdict::Mixed, Reason::SameSide)
            }
            (_, Direction::Unclear) if entropy != Direction::Unclear => (Verdict::Mixed, Reason::EntropyOnly),
            (Direction::Unclear, Direction::Below | Direction::Above) => {
                (Verdict::Mixed, Reason::MutualInformationOnly)
            }
            _ if delta_entropy.within(EQUAL) && delta_mutual_information.within(EQUAL) => {
                (Verdict::NoDifference, Reason::WithinBounds)
            }
            _ => (Verdict::NotEnoughEvidence, Reason::TooWide),
        };
        Judgement {
            estimator,
            verdict,
            reason,
            entropy,
            mutual_information,
            delta_entropy,
            delta_mutual_information,
            layers: Vec::new(),
        }
    }

    pub fn delta(&self, measure: Measure) -> &Delta {
        match measure {
            Measure::Entropy => &self.delta_entropy,
            Measure::MutualInformation => &self.delta_mutual_information,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made::delta;

    const BELOW: [f64; 2] = [-0.3, -0.1];
    const ABOVE: [f64; 2] = [0.1, 0.3];
    const WIDE: [f64; 2] = [-0.1, 0.2];
    const NARROW: [f64; 2] = [-0.01, 0.02];

    fn judge(entropy: [f64; 2], mutual_information: [f64; 2]) -> Judgement {
        Judgement::new(Estimator::Paper, [delta(entropy, 1.0), delta(mutual_information, 1.0)])
    }

    #[test]
    fn every_line_of_the_rule() {
        use Reason::*;
        use Verdict::*;
        const NONE: [f64; 2] = [f64::NAN, f64::NAN];
        for (entropy, information, verdict, reason) in [
            (BELOW, ABOVE, Heuristic, OppositeSides),
            (ABOVE, BELOW, ExampleLevel, OppositeSides),
            (BELOW, BELOW, Mixed, SameSide),
            (ABOVE, ABOVE, Mixed, SameSide),
            (BELOW, NARROW, Mixed, EntropyOnly),
            (ABOVE, WIDE, Mixed, EntropyOnly),
            (NARROW, BELOW, Mixed, MutualInformationOnly),
            (WIDE, ABOVE, Mixed, MutualInformationOnly),
            (NARROW, NARROW, NoDifference, WithinBounds),
            (NARROW, WIDE, NotEnoughEvidence, TooWide),
            (WIDE, NARROW, NotEnoughEvidence, TooWide),
            (WIDE, WIDE, NotEnoughEvidence, TooWide),
            (NARROW, NONE, NotEnoughEvidence, TooWide),
            (BELOW, NONE, NotEnoughEvidence, TooWide),
            (NONE, ABOVE, NotEnoughEvidence, TooWide),
        ] {
            let judgement = judge(entropy, information);
            assert_eq!((judgement.verdict, judgement.reason), (verdict, reason), "{entropy:?} {information:?}");
        }
    }
}
