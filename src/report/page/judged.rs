//! The verdict of a pair, in words and figures, as the page shows it.

use std::collections::BTreeSet;

use crate::base::text::{bare_change, listed, signed, visible};
use crate::comparison::{Delta, Direction, Judgement, Pair, Relative};
use crate::report::compared::{covers, notes};

/// A variant compared with its baseline, in words and figures.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Judged {
    pub variant: String,
    pub baseline: String,
    pub verdict: String,
    /// With the numbers that decided.
    pub sentence: String,
    pub(super) rows: Vec<JudgedRow>,
    /// H, I and R: the relative difference, its interval, and how far seeds are apart.
    pub(super) measures: Vec<MeasureView>,
    /// The layer that carries the verdict, if it names a kind of memorization.
    pub(super) layer: Option<String>,
    /// What else is to be known.
    pub notes: Vec<String>,
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
            measures: self.measures.clone(),
            layer: self.layer.as_deref().map(visible),
            notes: self.notes.iter().map(|line| visible(line).replace(" %", "\u{a0}%")).collect(),
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
            measures: pair.evidence.measures.iter().map(measure).collect(),
            layer: pair.deciding_layer().map(str::to_owned),
            notes: notes(pair),
            covers: covers(pair.evidence.covers).to_owned(),
        }
    }
}

/// The layers that carry a verdict, in the order of the verdicts, each with the variants that it is on.
pub(super) fn carried(judged: &[Judged]) -> Vec<(String, String)> {
    let mut layers: Vec<&str> = judged.iter().filter_map(|pair| pair.layer.as_deref()).collect();
    let mut seen = BTreeSet::new();
    layers.retain(|layer| seen.insert(*layer));
    let of = |layer: &str| {
        let on = judged.iter().filter(|pair| pair.layer.as_deref() == Some(layer));
        listed(&on.map(|pair| visible(&pair.variant)).collect::<Vec<_>>())
    };
    layers.into_iter().map(|layer| (visible(layer), of(layer))).collect()
}

/// The relative difference of one measure.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct MeasureView {
    /// H, I or R.
    pub name: &'static str,
    pub relative: String,
    pub interval: String,
    /// The same two to two digits, without the unit, for the table at the top.
    pub short: [String; 2],
    /// How far seeds are apart.
    pub seeds: String,
    /// Whether the interval excludes zero.
    pub decides: bool,
}

fn measure(of: &Relative) -> MeasureView {
    let per_cent =
        |share: f64| if share.is_finite() { format!("{:+.1}\u{a0}%", 100.0 * share) } else { "–".to_owned() };
    let short = |share: f64| if share.is_finite() { bare_change(share) } else { "–".to_owned() };
    let [low, high] = of.interval95.map(per_cent);
    let seeds = per_cent(of.seed_deviation).trim_start_matches('+').to_owned();
    MeasureView {
        name: of.name.letter(),
        relative: per_cent(of.relative),
        interval: format!("[{low}, {high}]"),
        short: [short(of.relative), format!("[{}, {}]", short(of.interval95[0]), short(of.interval95[1]))],
        seeds,
        decides: of.side != Direction::Unclear,
    }
}

fn change(delta: &Delta) -> Change {
    let [low, high] = delta.interval95.map(signed);
    Change { mean: signed(delta.mean), interval: format!("[{low}, {high}]") }
}
