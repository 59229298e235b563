//! The order of the variants, as the paper uses the measures for choosing a model: higher H and lower I first, which is
//! away from the shortcut. (Against example-level memorization the order reads from the other end.)
//!
//! A position is one more than the number of variants that are surely ahead: the interval of their difference leaves
//! out zero. So variants that cannot be told apart share a position, and nothing has to be said of ties being
//! transitive, which they are not: A and B, and B and C, may be alike where A and C are not.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::difference::{Delta, Side, nan_from_null};

/// The variants in order, three times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// By mean H, highest first.
    pub entropy: Vec<Place>,
    /// By mean I, lowest first.
    pub mutual_information: Vec<Place>,
    /// By both: one variant is ahead of another if it surely is in one measure and not surely behind in the other.
    /// The value is the mean of its two positions.
    pub both: Vec<Place>,
}

/// One variant in an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// From 1; shared by those that cannot be told apart.
    pub position: usize,
    pub label: String,
    /// What the order is by.
    #[serde(deserialize_with = "nan_from_null")]
    pub value: f64,
    /// The labels that this one cannot be told apart from.
    pub tied_with: Vec<String>,
}

/// Who is surely ahead of whom: [i][j] is true where i is ahead of j.
type Ahead = Vec<Vec<bool>>;

impl Ranking {
    /// `values` are the overall mean H and I of each variant; `delta(i, j)` is i's H and I less j's.
    pub(super) fn new(labels: &[&str], values: &[[f64; 2]], delta: impl Fn(usize, usize) -> [Delta; 2]) -> Ranking {
        let count = labels.len();
        let mut entropy: Ahead = vec![vec![false; count]; count];
        let mut mutual_information = entropy.clone();
        for i in 0..count {
            for j in i + 1..count {
                let [h, information] = delta(i, j).map(|d| d.side());
                (entropy[i][j], entropy[j][i]) = (h == Side::Above, h == Side::Below);
                (mutual_information[i][j], mutual_information[j][i]) =
                    (information == Side::Below, information == Side::Above);
            }
        }
        let either: Ahead = (0..count)
            .map(|i| (0..count).map(|j| on_the_whole(i, j, &entropy, &mutual_information)).collect())
            .collect();
        let h: Vec<f64> = values.iter().map(|v| v[0]).collect();
        let i: Vec<f64> = values.iter().map(|v| v[1]).collect();
        let by_both: Vec<f64> =
            (0..count).map(|v| (position(&entropy, v) + position(&mutual_information, v)) as f64 / 2.0).collect();
        Ranking {
            entropy: places(labels, &h, &entropy, |a, b| b.total_cmp(&a)),
            mutual_information: places(labels, &i, &mutual_information, |a, b| a.total_cmp(&b)),
            both: places(labels, &by_both, &either, |a, b| a.total_cmp(&b)),
        }
    }
}

fn on_the_whole(i: usize, j: usize, entropy: &Ahead, mutual_information: &Ahead) -> bool {
    (entropy[i][j] || mutual_information[i][j]) && !entropy[j][i] && !mutual_information[j][i]
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
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made::delta;

    /// Values on a line, told apart when they differ by more than `resolution`.
    fn ranking(values: &[[f64; 2]], resolution: f64) -> Ranking {
        let labels: Vec<String> = (0..values.len()).map(|i| ((b'a' + i as u8) as char).to_string()).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        Ranking::new(&labels, values, |i, j| {
            [0, 1].map(|m| {
                let difference = values[i][m] - values[j][m];
                delta([difference - resolution, difference + resolution], 1.0)
            })
        })
    }

    fn told(places: &[Place]) -> String {
        let one = |p: &Place| format!("{}{} {}", p.position, p.label, p.tied_with.join(""));
        places.iter().map(|p| one(p).trim_end().to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn high_entropy_and_low_information_come_first() {
        let r = ranking(&[[1.0, 0.9], [3.0, 0.1], [2.0, 0.5]], 0.01);
        assert_eq!(told(&r.entropy), "1b, 2c, 3a");
        assert_eq!(told(&r.mutual_information), "1b, 2c, 3a");
        assert_eq!(told(&r.both), "1b, 2c, 3a");
        assert_eq!(r.entropy[0].value, 3.0);
        assert_eq!(r.both.iter().map(|p| p.value).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
    }

    /// a - b and b - c are within the resolution, a - c is not: b shares the first place, c comes after a alone.
    #[test]
    fn ties_need_not_be_transitive() {
        let r = ranking(&[[3.0, 0.0], [2.4, 0.0], [1.8, 0.0]], 1.0);
        assert_eq!(told(&r.entropy), "1a b, 1b ac, 2c b");
        assert_eq!(told(&r.mutual_information), "1a bc, 1b ac, 1c ab");
        assert_eq!(told(&r.both), "1a b, 1b ac, 2c b", "I has no say where it tells nothing apart");
    }

    #[test]
    fn measures_that_disagree_tie_on_the_whole() {
        let r = ranking(&[[3.0, 0.9], [2.0, 0.1]], 0.01);
        assert_eq!((told(&r.entropy), told(&r.mutual_information)), ("1a, 2b".into(), "1b, 2a".into()));
        assert_eq!(told(&r.both), "1a b, 1b a");
    }

    #[test]
    fn what_has_no_value_ties_with_all_and_comes_last() {
        let r = ranking(&[[f64::NAN, 0.1], [2.0, 0.2], [1.0, 0.3]], 0.01);
        assert_eq!(told(&r.entropy), "1b a, 1a bc, 2c a");
    }
}
