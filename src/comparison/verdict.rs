//! The words of a verdict: which kind of memorization sets a variant apart from its baseline.

use serde::{Deserialize, Serialize};

/// What sets a variant apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Leans on a shortcut more than the baseline: H and R lower, I higher.
    #[serde(rename = "heuristic")]
    Heuristic,
    /// Memorized its examples more than the baseline: H and R higher, I lower.
    #[serde(rename = "example-level")]
    ExampleLevel,
    /// Something differs, but not as either kind would have it.
    #[serde(rename = "mixed")]
    Mixed,
    /// As good as equal.
    #[serde(rename = "no difference")]
    NoDifference,
    /// These inputs and models show neither a difference nor that there is none.
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

/// Which rule the verdict comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// H, I and R under `robust`, relative, against the variance over inputs and between seeds.
    #[default]
    Calibrated,
    /// H and I under `paper`, against the variance over inputs (and between the seeds given).
    Published,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_as_in_the_contract() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("{:?}", verdict.name()));
        }
        assert_eq!(Verdict::NotEnoughEvidence.to_string(), "not enough evidence");
    }
}
