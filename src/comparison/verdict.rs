//! The verdict: which kind of memorization sets a variant apart from its baseline, or that one cannot tell.

use serde::{Deserialize, Serialize};

use super::difference::{Delta, Side};
use crate::measures::{Estimator, Measure};

/// What sets a variant apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Leans on a shortcut more than the baseline: H lower, I higher.
    #[serde(rename = "heuristic")]
    Heuristic,
    /// Memorized its examples more than the baseline: H higher, I lower.
    #[serde(rename = "example-level")]
    ExampleLevel,
    /// Something differs, but not as either kind would have it, or not under both estimators.
    #[serde(rename = "mixed")]
    Mixed,
    /// As good as equal.
    #[serde(rename = "no difference")]
    NoDifference,
    /// Neither a difference nor its absence can be told from these inputs and models.
    #[serde(rename = "not enough evidence")]
    NotEnoughEvidence,
}

impl Verdict {
    pub const ALL: [Verdict; 5] =
        [Verdict::Heuristic, Verdict::ExampleLevel, Verdict::Mixed, Verdict::NoDifference, Verdict::NotEnoughEvidence];

    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Heuristic => "heuristic",
            Verdict::ExampleLevel => "example-level",
            Verdict::Mixed => "mixed",
            Verdict::NoDifference => "no difference",
            Verdict::NotEnoughEvidence => "not enough evidence",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Which line of the rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Both measures are clear of zero, on opposite sides.
    OppositeSides,
    /// Both are clear of zero on the same side, which neither kind does.
    SameSide,
    /// Only entropy is clear of zero.
    EntropyOnly,
    /// Only mutual information is clear of zero.
    MutualInformationOnly,
    /// The other estimator is clear of zero on the other side.
    Contradicted,
    /// Neither is clear of zero, and both intervals lie within [`EQUAL`] of the baseline.
    WithinBounds,
    /// Neither is clear of zero, and an interval is too wide (or missing) to call them equal.
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
    pub entropy: Side,
    pub mutual_information: Side,
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
            (Side::Below, Side::Above) => (Verdict::Heuristic, Reason::OppositeSides),
            (Side::Above, Side::Below) => (Verdict::ExampleLevel, Reason::OppositeSides),
            (Side::Below, Side::Below) | (Side::Above, Side::Above) => (Verdict::Mixed, Reason::SameSide),
            (_, Side::Unclear) if entropy != Side::Unclear => (Verdict::Mixed, Reason::EntropyOnly),
            (Side::Unclear, Side::Below | Side::Above) => (Verdict::Mixed, Reason::MutualInformationOnly),
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

    pub fn side(&self, measure: Measure) -> Side {
        match measure {
            Measure::Entropy => self.entropy,
            Measure::MutualInformation => self.mutual_information,
        }
    }

    pub fn delta(&self, measure: Measure) -> &Delta {
        match measure {
            Measure::Entropy => &self.delta_entropy,
            Measure::MutualInformation => &self.delta_mutual_information,
        }
    }

    /// The measures in which `other` is clear of zero on the other side.
    pub fn contradictions(&self, other: &Judgement) -> Vec<Measure> {
        Measure::BOTH.into_iter().filter(|&m| self.side(m).opposes(other.side(m))).collect()
    }
}

/// The verdict of both estimators together: that of the one asked for, unless the other contradicts it.
pub fn decide(primary: &Judgement, beside: Option<&Judgement>) -> (Verdict, Reason) {
    match beside {
        Some(other) if !primary.contradictions(other).is_empty() => (Verdict::Mixed, Reason::Contradicted),
        _ => (primary.verdict, primary.reason),
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

    #[test]
    fn robust_on_the_other_side_makes_it_mixed() {
        let paper = judge(BELOW, ABOVE);
        for (other, contradicted) in [
            (judge(ABOVE, ABOVE), vec![Measure::Entropy]),
            (judge(BELOW, BELOW), vec![Measure::MutualInformation]),
            (judge(ABOVE, BELOW), vec![Measure::Entropy, Measure::MutualInformation]),
            (judge(WIDE, BELOW), vec![Measure::MutualInformation]),
        ] {
            assert_eq!(paper.contradictions(&other), contradicted);
            assert_eq!(decide(&paper, Some(&other)), (Verdict::Mixed, Reason::Contradicted));
        }
    }

    #[test]
    fn robust_that_is_only_unsure_contradicts_nothing() {
        let paper = judge(BELOW, ABOVE);
        for other in [judge(BELOW, ABOVE), judge(WIDE, NARROW), judge(BELOW, WIDE)] {
            assert_eq!(decide(&paper, Some(&other)), (Verdict::Heuristic, Reason::OppositeSides));
        }
        assert_eq!(decide(&paper, None), (Verdict::Heuristic, Reason::OppositeSides));
        let unsure = judge(WIDE, WIDE);
        assert_eq!(decide(&unsure, Some(&judge(ABOVE, BELOW))), (Verdict::NotEnoughEvidence, Reason::TooWide));
    }

    #[test]
    fn printed_as_in_the_contract() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("{:?}", verdict.name()));
        }
        assert_eq!(Verdict::NotEnoughEvidence.to_string(), "not enough evidence");
    }
}
