//! The calibrated rule: three relative differences, of which two must agree.

use serde::{Deserialize, Serialize};

use super::direction::Direction;
use super::relative::Relative;
use super::verdict::Verdict;

/// Which line of the rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// At least two of H, I and R are clear where one kind of memorization moves them, and none the other way.
    Agreement,
    /// Something is clear each way.
    EachWay,
    /// One of the three is clear, which is too little.
    OneAlone,
    /// Nothing is clear, and all intervals are narrow.
    AllNarrow,
    /// The two files give the same figures, whatever their recipes are.
    SameFigures,
    /// Nothing is clear, and an interval is too wide to call the two equal.
    TooWide,
    /// A figure or its interval does not exist.
    Unknown,
}

/// The verdict on the differences of H, I and R.
pub fn decide(measures: &[Relative]) -> (Verdict, Reason) {
    if measures.iter().any(|measure| !measure.is_known()) {
        return (Verdict::NotEnoughEvidence, Reason::Unknown);
    }
    let towards = |measure: &&Relative| measure.side == measure.name.of_shortcut();
    let away = |measure: &&Relative| measure.side.opposes(measure.name.of_shortcut());
    let (shortcut, examples) = (measures.iter().filter(towards).count(), measures.iter().filter(away).count());
    match (shortcut, examples) {
        (1.., 1..) => (Verdict::Mixed, Reason::EachWay),
        (2.., 0) => (Verdict::Heuristic, Reason::Agreement),
        (0, 2..) => (Verdict::ExampleLevel, Reason::Agreement),
        (1, 0) | (0, 1) => (Verdict::NotEnoughEvidence, Reason::OneAlone),
        _ if measures.iter().all(Relative::is_narrow) => (Verdict::NoDifference, Reason::AllNarrow),
        _ if measures.iter().all(Relative::is_same) => (Verdict::NoDifference, Reason::SameFigures),
        _ => (Verdict::NotEnoughEvidence, Reason::TooWide),
    }
}

/// The measures that are clear.
pub fn clear(measures: &[Relative]) -> impl Iterator<Item = &Relative> {
    measures.iter().filter(|measure| measure.side != Direction::Unclear)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::indicator::Indicator;

    /// H, I and R, each with an interval around its difference.
    fn measures(of: [(f64, f64); 3]) -> Vec<Relative> {
        let one = |(name, (relative, half)): (Indicator, (f64, f64))| {
            let interval95 = [relative - half, relative + half];
            let side = Direction::of_interval(interval95);
            Relative { name, relative, interval95, side, seed_deviation: 0.02, input_error: 0.0 }
        };
        Indicator::ALL.into_iter().zip(of).map(one).collect()
    }

    #[test]
    fn every_line_of_the_rule() {
        use Reason::*;
        use Verdict::*;
        const BELOW: (f64, f64) = (-0.2, 0.1);
        const ABOVE: (f64, f64) = (0.2, 0.1);
        const WIDE: (f64, f64) = (0.1, 0.4);
        const NARROW: (f64, f64) = (0.01, 0.03);
        const NONE: (f64, f64) = (0.1, f64::NAN);
        for (of, verdict, reason) in [
            ([BELOW, ABOVE, BELOW], Heuristic, Agreement),
            ([BELOW, ABOVE, WIDE], Heuristic, Agreement),
            ([BELOW, NARROW, BELOW], Heuristic, Agreement),
            ([WIDE, ABOVE, BELOW], Heuristic, Agreement),
            ([ABOVE, BELOW, ABOVE], ExampleLevel, Agreement),
            ([NARROW, BELOW, ABOVE], ExampleLevel, Agreement),
            ([BELOW, ABOVE, ABOVE], Mixed, EachWay),
            ([BELOW, BELOW, WIDE], Mixed, EachWay),
            ([WIDE, ABOVE, ABOVE], Mixed, EachWay),
            ([BELOW, NARROW, NARROW], NotEnoughEvidence, OneAlone),
            ([WIDE, ABOVE, WIDE], NotEnoughEvidence, OneAlone),
            ([NARROW, NARROW, ABOVE], NotEnoughEvidence, OneAlone),
            ([NARROW, NARROW, NARROW], NoDifference, AllNarrow),
            ([NARROW, (0.01, 0.2), NARROW], NoDifference, AllNarrow),
            ([(0.01, 0.2), NARROW, NARROW], NotEnoughEvidence, TooWide),
            ([NARROW, WIDE, NARROW], NotEnoughEvidence, TooWide),
            ([BELOW, ABOVE, NONE], NotEnoughEvidence, Unknown),
        ] {
            assert_eq!(decide(&measures(of)), (verdict, reason), "{of:?}");
        }
    }
}
