//! The verdict of a pair, in words and figures, as the page shows it.

use crate::base::text::{signed, visible};
use crate::comparison::{Delta, Judgement, Pair};
use crate::report::compared::{covers, sensitivity};

/// A variant compared with its baseline, in words and figures.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Judged {
    pub variant: String,
    pub baseline: String,
    pub verdict: String,
    /// With the numbers that decided.
    pub sentence: String,
    pub(super) rows: Vec<JudgedRow>,
    /// What would change the sign.
    pub sensitivity: Vec<String>,
    /// What the intervals cover.
    pub covers: String,
}

impl Judged {
    /// The same with every control character spelled out.
    pub(super) fn visible(&self) -> Judged {
        Judged {
            variant: visible(&self.variant),
            baseline: visible(&self.baseline),
            verdict: visible(&self.verdict),
            // No line begins with a unit.
            sentence: visible(&self.sentence).replace(" %", "\u{a0}%"),
            rows: self.rows.iter().map(JudgedRow::visible).collect(),
            sensitivity: self.sensitivity.iter().map(|line| visible(line)).collect(),
            covers: visible(&self.covers),
        }
    }
}

impl JudgedRow {
    pub(super) fn visible(&self) -> JudgedRow {
        JudgedRow {
            estimator: visible(&self.estimator),
            verdict: visible(&self.verdict),
            delta_entropy: self.delta_entropy.visible(),
            delta_mutual_information: self.delta_mutual_information.visible(),
        }
    }
}

/// The differences under one estimator; nats.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct JudgedRow {
    pub estimator: String,
    pub verdict: String,
    pub delta_entropy: Change,
    pub delta_mutual_information: Change,
}

/// A difference in words: `+0.123` and `[+0.100, +0.146]`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct Change {
    pub mean: String,
    pub interval: String,
}

impl Change {
    fn visible(&self) -> Change {
        Change { mean: visible(&self.mean), interval: visible(&self.interval) }
    }
}

impl Judged {
    /// A pair in words.
    pub fn of(pair: &Pair) -> Judged {
        let row = |judgement: &Judgement| JudgedRow {
            estimator: judgement.estimator.name().to_owned(),
            verdict: judgement.verdict.to_string(),
            delta_entropy: change(&judgement.delta_entropy),
            delta_mutual_information: change(&judgement.delta_mutual_information),
        };
        let head = format!("{} against {}: {}; ", pair.variant, pair.baseline, pair.verdict);
        Judged {
            variant: pair.variant.clone(),
            baseline: pair.baseline.clone(),
            verdict: pair.verdict.to_string(),
            // The page sets the verdict above the sentence, so it is not said twice.
            sentence: pair.evidence.sentence.strip_prefix(&head).unwrap_or(&pair.evidence.sentence).to_owned(),
            rows: pair.evidence.readings.iter().map(row).collect(),
            sensitivity: sensitivity(&pair.evidence.sensitivity),
            covers: covers(pair.evidence.covers).to_owned(),
        }
    }
}

fn change(delta: &Delta) -> Change {
    let [low, high] = delta.interval95.map(signed);
    Change { mean: signed(delta.mean), interval: format!("[{low}, {high}]") }
}
