//! The order of the variants away from a shortcut: higher H, lower I and higher R first, as the paper uses the measures for
//! choosing a model. A network that memorized its examples stands there too, at the same end, so each label carries its
//! verdict, and one sentence says what follows.
//!
//! A position is one more than the number of variants that are surely ahead, by intervals that exclude zero. So variants
//! that do not differ clearly share a position, and nothing has to be said of ties being transitive, which they are not: A
//! and B, and B and C, may be alike where A and C are not.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::advice::advice;
use super::calibrated;
use super::direction::Direction;
use super::indicator::Indicator;
use super::pair::Pair;
use super::relative::Relative;
use super::verdict::Verdict;
use crate::base::nullable;

/// The variants in order, by each measure and by all of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// By mean H, highest first.
    pub entropy: Vec<Place>,
    /// By mean I, lowest first.
    pub mutual_information: Vec<Place>,
    /// By R, highest first.
    pub effective_rank: Vec<Place>,
    /// By all three: one variant is ahead of another if two measures surely say so and none surely says the other way. The
    /// value is the mean of its three positions.
    pub away_from_shortcut: Vec<Place>,
    /// What to make of it, in one sentence.
    pub advice: String,
}

/// One variant in an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// From 1; shared by those that do not differ clearly.
    pub position: usize,
    pub label: String,
    /// What the order is by.
    #[serde(deserialize_with = "nullable::number")]
    pub value: f64,
    /// The labels from which this one does not differ clearly.
    pub tied_with: Vec<String>,
    /// The verdict on it; none for the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Who is surely ahead of whom: [i][j] is true where i is ahead of j.
type Ahead = Vec<Vec<bool>>;

impl Ranking {
    /// The H, I and R by which a variant stands where it does; NaN for a label that is not ranked.
    pub fn figures(&self, label: &str) -> [f64; 3] {
        [&self.entropy, &self.mutual_information, &self.effective_rank]
            .map(|places| places.iter().find(|place| place.label == label).map_or(f64::NAN, |place| place.value))
    }

    /// `values` are the overall H, I and R of each variant; `differences(i, j)` those of i from j.
    pub(super) fn new(
        labels: &[&str],
        values: &[[f64; 3]],
        differences: impl Fn(usize, usize) -> Vec<Relative>,
        pairs: &[Pair],
    ) -> Ranking {
        let count = labels.len();
        let mut ahead: [Ahead; 4] = std::array::from_fn(|_| vec![vec![false; count]; count]);
        for i in 0..count {
            for j in i + 1..count {
                let measures = differences(i, j);
                for (of, measure) in ahead.iter_mut().zip(&measures) {
                    let behind = measure.side == measure.name.of_shortcut();
                    of[j][i] = behind;
                    of[i][j] = measure.side != Direction::Unclear && !behind;
                }
                let (verdict, _) = calibrated::decide(&measures);
                ahead[3][i][j] = verdict == Verdict::ExampleLevel;
                ahead[3][j][i] = verdict == Verdict::Heuristic;
            }
        }
        let positions = |v: usize| ahead[..3].iter().map(|of| position(of, v)).sum::<usize>() as f64 / 3.0;
        let verdict = |label: &str| pairs.iter().find(|pair| pair.variant == label).map(|pair| pair.verdict);
        let places = |values: Vec<f64>, ahead: &Ahead, lowest_first: bool| -> Vec<Place> {
            let order = |a: f64, b: f64| if lowest_first { a.total_cmp(&b) } else { b.total_cmp(&a) };
            let mut places = places(labels, &values, ahead, order);
            places.iter_mut().for_each(|place| place.verdict = verdict(&place.label));
            places
        };
        let of = |indicator: Indicator| {
            let index = indicator as usize;
            let lowest_first = indicator.of_shortcut() == Direction::Above;
            places(values.iter().map(|v| v[index]).collect(), &ahead[index], lowest_first)
        };
        Ranking {
            entropy: of(Indicator::Entropy),
            mutual_information: of(Indicator::MutualInformation),
            effective_rank: of(Indicator::EffectiveRank),
            away_from_shortcut: places((0..count).map(positions).collect(), &ahead[3], true),
            advice: advice(pairs),
        }
    }
}

fn position(ahead: &Ahead, of: usize) -> usize {
    1 + ahead.iter().filter(|row| row[of]).count()
}

/// By position; those that share one by value, and NaN last.
fn places(labels: &[&str], values: &[f64], ahead: &Ahead, order: impl Fn(f64, f64) -> Ordering) -> Vec<Place> {
    let mut indices: Vec<usize> = (0..labels.len()).collect();
    indices.sort_by(|&a, &b| {
        (position(ahead, a).cmp(&position(ahead, b)))
            .then(values[a].is_nan().cmp(&values[b].is_nan()))
            .then(order(values[a], values[b]))
    });
    let tied = |i: usize| {
        (0..labels.len()).filter(move |&j| j != i && !ahead[i][j] && !ahead[j][i]).map(|j| labels[j].to_string())
    };
    indices
        .into_iter()
        .map(|i| Place {
            position: position(ahead, i),
            label: labels[i].to_string(),
            value: values[i],
            tied_with: tied(i).collect(),
            verdict: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values on a line, clear where they differ by more than `resolution`.
    fn ranking(values: &[[f64; 3]], resolution: f64) -> Ranking {
        let labels: Vec<String> = (0..values.len()).map(|i| ((b'a' + i as u8) as char).to_string()).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let differences = |i: usize, j: usize| {
            let of = |name: Indicator| {
                let relative = values[i][name as usize] - values[j][name as usize];
                let side = match relative {
                    r if r < -resolution => Direction::Below,
                    r if r > resolution => Direction::Above,
                    _ => Direction::Unclear,
                };
                let interval95 = [relative - resolution, relative + resolution];
                Relative { name, relative, interval95, side, seed_deviation: 0.0, input_error: 0.0 }
            };
            Indicator::ALL.map(of).to_vec()
        };
        Ranking::new(&labels, values, differences, &[])
    }

    fn told(places: &[Place]) -> String {
        let one = |p: &Place| format!("{}{} {}", p.position, p.label, p.tied_with.join(""));
        places.iter().map(|p| one(p).trim_end().to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn high_entropy_low_information_and_high_rank_come_first() {
        let r = ranking(&[[1.0, 0.9, 10.0], [3.0, 0.1, 30.0], [2.0, 0.5, 20.0]], 0.01);
        for places in [&r.entropy, &r.mutual_information, &r.effective_rank, &r.away_from_shortcut] {
            assert_eq!(told(places), "1b, 2c, 3a");
        }
        assert_eq!(r.entropy[0].value, 3.0);
        assert_eq!(r.away_from_shortcut.iter().map(|p| p.value).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
    }

    /// a - b and b - c are within the resolution, a - c is not: b shares the first place, c comes after a alone.
    #[test]
    fn ties_need_not_be_transitive() {
        let r = ranking(&[[3.0, 0.0, 3.0], [2.4, 0.0, 2.4], [1.8, 0.0, 1.8]], 1.0);
        assert_eq!(told(&r.entropy), "1a b, 1b ac, 2c b");
        assert_eq!(told(&r.mutual_information), "1a bc, 1b ac, 1c ab");
        assert_eq!(told(&r.away_from_shortcut), "1a b, 1b ac, 2c b", "two of three decide");
    }

    #[test]
    fn measures_that_disagree_tie_on_the_whole() {
        let r = ranking(&[[3.0, 0.9, 3.0], [2.0, 0.1, 2.0]], 0.01);
        assert_eq!((told(&r.entropy), told(&r.mutual_information)), ("1a, 2b".into(), "1b, 2a".into()));
        assert_eq!(told(&r.away_from_shortcut), "1a b, 1b a");
    }

    #[test]
    fn a_variant_without_a_value_ties_with_all_and_comes_last() {
        let r = ranking(&[[f64::NAN, 0.1, 1.0], [2.0, 0.2, 1.0], [1.0, 0.3, 1.0]], 0.01);
        assert_eq!(told(&r.entropy), "1b a, 1a bc, 2c a");
    }
}
