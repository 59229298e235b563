//! How differently a model treats two groups of inputs: the gaps of Orgad and Belinkov ("BLIND: Bias Removal With No
//! Demographics", ACL 2023), as the program published with the paper computes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::error::Error;
use super::truth::Truth;
use crate::base::nullable;
use crate::labels::Column;

/// The two groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    pub column: String,
    /// By their names.
    pub names: [String; 2],
    /// Which of them each input is of; `None` where it is not known.
    pub of: Vec<Option<usize>>,
}

impl Groups {
    /// Sorts the inputs into groups.
    ///
    /// # Errors
    /// There are not two groups.
    pub fn new(column: &Column) -> Result<Groups, Error> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        column.labels.iter().flatten().for_each(|name| *counts.entry(name).or_default() += 1);
        let names: Vec<String> = counts.into_keys().map(str::to_owned).collect();
        let names = <[String; 2]>::try_from(names)
            .map_err(|names| Error::NotTwoGroups { column: column.name.clone(), groups: names.len() })?;
        let place = |name: &String| names.iter().position(|other| other == name);
        let of = column.labels.iter().map(|name| name.as_ref().and_then(place)).collect();
        Ok(Groups { column: column.name.clone(), names, of })
    }

    /// Inputs of each group that have a label.
    pub fn inputs(&self, truth: &Truth) -> [usize; 2] {
        let known = |group: usize| {
            self.of.iter().zip(&truth.of).filter(|(of, truth)| **of == Some(group) && truth.is_some()).count()
        };
        [known(0), known(1)]
    }
}

/// The gaps between two groups. A number that is not known (no class has inputs of both groups) is NaN here and `null`
/// in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gaps {
    /// Per class, its name and the true-positive rate of the second group less that of the first.
    pub classes: Vec<ClassGap>,
    /// The sum of their sizes over classes.
    #[serde(deserialize_with = "nullable::number")]
    pub tpr_gap: f64,
    /// The mean of their sizes, and the root of the mean of their squares.
    #[serde(deserialize_with = "nullable::number")]
    pub tpr_gap_mean: f64,
    #[serde(deserialize_with = "nullable::number")]
    pub tpr_gap_rms: f64,
    /// Pearson's correlation of the gap with the share of the second group in a class.
    #[serde(deserialize_with = "nullable::number")]
    pub tpr_gap_pearson: f64,
    /// The sum over answers of |KL(P(label | answer, first group), P(label | answer)) - the same of the second group|;
    /// nats.
    #[serde(deserialize_with = "nullable::number")]
    pub sufficiency_gap: f64,
    /// Answers that were given to one group only, which the sufficiency gap leaves out.
    pub answers_left_out: usize,
}

/// A class with inputs of both groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassGap {
    pub name: String,
    /// The share of the second group among the inputs of the class.
    pub share: f64,
    pub tpr_gap: f64,
}

/// Of the inputs that got one answer: per group, how many have each label.
type ByGroup = [Vec<usize>; 2];

impl Gaps {
    /// Over the inputs of which label and group are known.
    pub fn of(answers: &Answers, truth: &Truth, groups: &Groups) -> Gaps {
        let classes = truth.names.len();
        // counts[answer][group][class]: an answer that is not known (NaN) is no answer of these.
        let mut counts: Vec<ByGroup> = vec![[vec![0; classes], vec![0; classes]]; classes];
        let mut inputs = vec![[0usize; 2]; classes];
        for ((answer, truth), group) in answers.0.iter().zip(&truth.of).zip(&groups.of) {
            let (Some(class), Some(group)) = (truth.map(|class| class as usize), *group) else { continue };
            inputs[class][group] += 1;
            if let Some(answer) = answer {
                counts[*answer as usize][group][class] += 1;
            }
        }
        let gap = |(class, name): (usize, &String)| {
            let [first, second] = inputs[class];
            let rate = |group: usize| counts[class][group][class] as f64 / inputs[class][group] as f64;
            (first > 0 && second > 0).then(|| ClassGap {
                name: name.clone(),
                share: second as f64 / (first + second) as f64,
                tpr_gap: rate(1) - rate(0),
            })
        };
        let found: Vec<ClassGap> = truth.names.iter().enumerate().filter_map(gap).collect();
        let mean = |figure: &dyn Fn(&ClassGap) -> f64| found.iter().map(figure).sum::<f64>() / found.len() as f64;
        let tpr_gap_mean = mean(&|class| class.tpr_gap.abs());
        let got = |by_group: &ByGroup| by_group.each_ref().map(|labels| labels.iter().sum::<usize>());
        let given = counts.iter().filter(|by_group| got(by_group) != [0, 0]).count();
        let of_both: Vec<f64> =
            counts.iter().filter(|by_group| !got(by_group).contains(&0)).map(divergence_gap).collect();
        Gaps {
            tpr_gap: tpr_gap_mean * found.len() as f64,
            tpr_gap_mean,
            tpr_gap_rms: mean(&|class| class.tpr_gap.powi(2)).sqrt(),
            tpr_gap_pearson: pearson(&found),
            sufficiency_gap: if of_both.is_empty() { f64::NAN } else { of_both.iter().sum() },
            answers_left_out: given - of_both.len(),
            classes: found,
        }
    }
}

/// How far the divergences of both groups from all inputs are apart, for one answer that both got; nats.
fn divergence_gap([first, second]: &ByGroup) -> f64 {
    let both: Vec<usize> = first.iter().zip(second).map(|(one, other)| one + other).collect();
    let all = both.iter().sum::<usize>() as f64;
    let divergence = |own: &[usize]| {
        let total = own.iter().sum::<usize>() as f64;
        let present = own.iter().zip(&both).filter(|(own, _)| **own > 0);
        let term = |(&own, &both): (&usize, &usize)| {
            let (p, q) = (own as f64 / total, both as f64 / all);
            p * (p / q).ln()
        };
        present.map(term).sum::<f64>()
    };
    (divergence(first) - divergence(second)).abs()
}

/// NaN of fewer than two classes, or where a side does not vary.
fn pearson(classes: &[ClassGap]) -> f64 {
    let n = classes.len() as f64;
    let mean = |figure: &dyn Fn(&ClassGap) -> f64| classes.iter().map(figure).sum::<f64>() / n;
    let (x, y) = (mean(&|class| class.share), mean(&|class| class.tpr_gap));
    let product = mean(&|class| (class.share - x) * (class.tpr_gap - y));
    let squares = mean(&|class| (class.share - x).powi(2)) * mean(&|class| (class.tpr_gap - y).powi(2));
    if squares > 0.0 { product / squares.sqrt() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One input per character: its label, its group and the answer.
    fn found(labels: &str, groups: &str, answers: &str) -> Gaps {
        let digits = |text: &str| -> Vec<Option<u32>> { text.chars().map(|c| c.to_digit(10)).collect() };
        let names: Vec<String> = (0..3).map(|class| class.to_string()).collect();
        let truth = Truth { column: "y".into(), names, of: digits(labels) };
        let column =
            Column { name: "g".into(), labels: groups.chars().map(|c| (c != '-').then(|| c.to_string())).collect() };
        Gaps::of(&Answers(digits(answers)), &truth, &Groups::new(&column).unwrap())
    }

    #[test]
    fn rates_are_those_of_the_second_group_less_the_first() {
        // Class 0: F 3 of 3 are right, M 1 of 2. Class 1: F 1 of 4, M 1 of 1. Class 2: F alone. Then an input without a
        // label, and one without a group.
        let of = found("000001111122-0", "FFFMMFFFFMFFF-", "00010122210111");
        let gaps: Vec<(f64, f64)> = of.classes.iter().map(|class| (class.share, class.tpr_gap)).collect();
        assert_eq!(gaps, [(0.4, 0.5 - 1.0), (0.2, 1.0 - 0.25)]);
        assert!((of.tpr_gap - 1.25).abs() < 1e-12 && (of.tpr_gap_mean - 0.625).abs() < 1e-12);
        assert!((of.tpr_gap_rms - ((0.25 + 0.5625) / 2.0f64).sqrt()).abs() < 1e-12);
        assert!((of.tpr_gap_pearson + 1.0).abs() < 1e-12, "two points lie on a line");
    }

    #[test]
    fn sufficiency_is_a_difference_of_divergences() {
        // Of those who got answer 0: F has labels 0, 0, 0, 1, M has 0, 1; together 4 to 2. Nobody got answers 1 and 2.
        let of = found("000101", "FFFFMM", "000000");
        let kl = |p: [f64; 2]| p[0] * (p[0] / (4.0 / 6.0)).ln() + p[1] * (p[1] / (2.0 / 6.0)).ln();
        let expected = (kl([0.75, 0.25]) - kl([0.5, 0.5])).abs();
        assert!((of.sufficiency_gap - expected).abs() < 1e-12, "{} {expected}", of.sufficiency_gap);
        assert_eq!(of.answers_left_out, 0);
        // The same again for answer 1, and answer 2 for M alone.
        let of = found("0001010001012", "FFFFMMFFFFMMM", "0000001111112");
        assert!((of.sufficiency_gap - 2.0 * expected).abs() < 1e-12);
        assert_eq!(of.answers_left_out, 1);
        // Answers that are right for both groups alike.
        let fair = found("001100", "FFFFMM", "001100");
        assert_eq!((fair.tpr_gap, fair.sufficiency_gap, fair.answers_left_out), (0.0, 0.0, 1));
        assert!(fair.tpr_gap_pearson.is_nan());
    }

    #[test]
    fn there_are_two_groups() {
        let of = |names: &[&str]| {
            Groups::new(&Column {
                name: "g".into(),
                labels: names.iter().map(|name| Some((*name).to_owned())).collect(),
            })
        };
        assert_eq!(of(&["M", "F", "M"]).unwrap().names, ["F", "M"]);
        for wrong in [&["F", "F"][..], &["F", "M", "X"], &[]] {
            assert!(matches!(of(wrong), Err(Error::NotTwoGroups { .. })));
        }
    }
}
