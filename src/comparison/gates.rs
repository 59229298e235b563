//! `--fail-if`: what of a comparison should fail a build.

use serde::{Deserialize, Serialize};

use super::difference::Delta;
use super::error::Error;
use super::indicator::Indicator;
use super::pair::Pair;
use super::result::{Comparison, VariantValues};
use super::verdict::Verdict;
use crate::measures::Summary;

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// Any pair has this verdict.
    Verdict(Verdict),
    /// An overall figure is beyond a bound: of any variant, the baseline too, or, for a difference, of any pair.
    Bound(Bound),
}

/// `[delta_]measure[.median] < number`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub difference: bool,
    pub measure: Indicator,
    pub median: bool,
    pub order: Order,
    /// Nats, or directions for the effective rank.
    pub bound: f64,
}

/// How a figure is compared with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A gate that tripped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trip {
    /// As it was given, spaces left out.
    pub gate: String,
    pub variant: String,
    /// The figure; none for a verdict, or where the figure does not exist (then the gate trips: it could not be passed).
    pub value: Option<f64>,
}

/// Reads gates, one per string.
///
/// # Errors
/// [`Error::Gate`] names the one that is none.
pub fn parse(gates: &[String]) -> Result<Vec<Gate>, Error> {
    gates.iter().map(|gate| one(gate.trim())).collect()
}

/// Every gate that trips, in the order given.
pub fn tripped(gates: &[Gate], comparison: &Comparison) -> Vec<Trip> {
    gates.iter().flat_map(|gate| gate.trips(comparison)).collect()
}

fn one(text: &str) -> Result<Gate, Error> {
    let wrong = |why: String| Error::Gate { gate: if text.is_empty() { "(empty)".into() } else { text.into() }, why };
    let Some(at) = text.find(['<', '>']) else {
        let plain = plain(text);
        return (Verdict::ALL.into_iter().find(|v| self::plain(v.name()) == plain))
            .map(Gate::Verdict)
            .ok_or_else(|| wrong("not a verdict, and no bound".into()));
    };
    let (name, rest) = text.split_at(at);
    let (order, number) = match (rest.as_bytes()[0], rest[1..].strip_prefix('=')) {
        (b'<', None) => (Order::Less, &rest[1..]),
        (b'<', Some(number)) => (Order::LessOrEqual, number),
        (_, None) => (Order::Greater, &rest[1..]),
        (_, Some(number)) => (Order::GreaterOrEqual, number),
    };
    let (figure, median) = match name.trim().split_once('.') {
        None | Some((_, "mean")) => (name.trim().trim_end_matches(".mean"), false),
        Some((figure, "median")) => (figure, true),
        Some((_, other)) => return Err(wrong(format!(".{other} is not .mean or .median"))),
    };
    let (difference, figure) = figure.strip_prefix("delta_").map_or((false, figure), |figure| (true, figure));
    let measure = (Indicator::ALL.into_iter().find(|m| m.name() == figure))
        .ok_or_else(|| wrong(format!("{figure:?} is not entropy, mutual_information or effective_rank")))?;
    let bound = (number.trim().parse::<f64>().ok().filter(|b| b.is_finite()))
        .ok_or_else(|| wrong(format!("{:?} is not a number", number.trim())))?;
    if median && measure == Indicator::EffectiveRank {
        return Err(wrong("effective_rank has no median".into()));
    }
    Ok(Gate::Bound(Bound { difference, measure, median, order, bound }))
}

/// Verdicts have blanks in print and are typed with `-` or `_`.
fn plain(name: &str) -> String {
    name.replace([' ', '_'], "-").to_ascii_lowercase()
}

impl Gate {
    fn trips(&self, comparison: &Comparison) -> Vec<Trip> {
        let trip = |variant: &str, value: Option<f64>| Trip { gate: self.to_string(), variant: variant.into(), value };
        match self {
            Gate::Verdict(verdict) => (comparison.pairs.iter().filter(|pair| pair.verdict == *verdict))
                .map(|pair| trip(&pair.variant, None))
                .collect(),
            Gate::Bound(bound) => (bound.figures(comparison).into_iter())
                .filter(|&(_, value)| value.is_nan() || bound.order.holds(value, bound.bound))
                .map(|(variant, value)| trip(variant, Some(value).filter(|v| !v.is_nan())))
                .collect(),
        }
    }
}

impl Bound {
    /// The figure of every variant or pair.
    fn figures<'a>(&self, comparison: &'a Comparison) -> Vec<(&'a str, f64)> {
        let of_summary = |s: &Summary| if self.median { s.median } else { s.mean };
        let of_delta = |d: &Delta| if self.median { d.median } else { d.mean };
        if self.difference {
            let of = |pair: &'a Pair| match self.measure {
                Indicator::Entropy => (pair.variant.as_str(), of_delta(&pair.delta_entropy)),
                Indicator::MutualInformation => (pair.variant.as_str(), of_delta(&pair.delta_mutual_information)),
                Indicator::EffectiveRank => (pair.variant.as_str(), pair.delta_effective_rank.mean),
            };
            comparison.pairs.iter().map(of).collect()
        } else {
            let of = |variant: &'a VariantValues| {
                let value = match self.measure {
                    Indicator::Entropy => of_summary(&variant.overall.entropy),
                    Indicator::MutualInformation => of_summary(&variant.overall.mutual_information),
                    Indicator::EffectiveRank => variant.overall.spectrum.effective_rank,
                };
                (variant.label.as_str(), value)
            };
            comparison.variants.iter().map(of).collect()
        }
    }
}

impl Order {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Order::Less => value < bound,
            Order::LessOrEqual => value <= bound,
            Order::Greater => value > bound,
            Order::GreaterOrEqual => value >= bound,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Order::Less => "<",
            Order::LessOrEqual => "<=",
            Order::Greater => ">",
            Order::GreaterOrEqual => ">=",
        }
    }
}

impl std::fmt::Display for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Gate::Verdict(verdict) => f.write_str(&plain(verdict.name())),
            Gate::Bound(b) => {
                let (delta, median) = (if b.difference { "delta_" } else { "" }, if b.median { ".median" } else { "" });
                write!(f, "{delta}{}{median}{}{}", b.measure.name(), b.order.sign(), b.bound)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made::{model, variant};
    use crate::comparison::{Rule, Settings, compare};

    fn comparison() -> Comparison {
        let base = variant("base", vec![model([2.0, 0.1], 0.01, 0b0011)]);
        let shortcut = variant("shortcut", vec![model([1.0, 0.8], 0.01, 0b0101)]);
        let same = variant("same", vec![model([2.0, 0.1], 0.01, 0b0011)]);
        compare(&[base, shortcut, same], &Settings { rule: Rule::Published, ..Settings::default() }).unwrap()
    }

    /// Of a list as it is typed.
    fn gates(list: &str) -> Result<Vec<Gate>, Error> {
        parse(&list.split(',').map(String::from).collect::<Vec<_>>())
    }

    fn trips(list: &str) -> Vec<(String, Option<f64>)> {
        tripped(&gates(list).unwrap(), &comparison()).into_iter().map(|t| (t.variant, t.value)).collect()
    }

    #[test]
    fn verdicts() {
        assert_eq!(trips("heuristic,example-level"), [("shortcut".into(), None)]);
        assert_eq!(trips("no_difference"), [("same".into(), None)]);
        assert_eq!(trips("no difference, Not-Enough-Evidence"), [("same".into(), None)]);
        assert!(trips("mixed").is_empty());
    }

    #[test]
    fn bounds() {
        assert_eq!(trips("entropy<1.2"), [("shortcut".into(), Some(1.0))]);
        assert_eq!(trips("entropy <= 2").len(), 3);
        assert_eq!(trips("entropy.median<1.2"), [("shortcut".into(), Some(1.1))]);
        assert!(trips("entropy.median<1.1").is_empty());
        assert_eq!(trips("mutual_information.mean>0.5"), [("shortcut".into(), Some(0.8))]);
        assert_eq!(trips("delta_entropy<-0.1"), [("shortcut".into(), Some(-1.0))]);
        assert_eq!(trips("delta_mutual_information>=0").len(), 2);
        assert!(trips("delta_mutual_information>1e1").is_empty());
    }

    #[test]
    fn a_figure_that_does_not_exist_passes_no_gate() {
        let mut comparison = comparison();
        comparison.variants[0].overall.mutual_information.mean = f64::NAN;
        let trips = tripped(&gates("mutual_information>5").unwrap(), &comparison);
        assert_eq!(trips, [Trip { gate: "mutual_information>5".into(), variant: "base".into(), value: None }]);
    }

    #[test]
    fn errors_name_the_part() {
        for (list, told) in [
            ("heuristc", "--fail-if heuristc: not a verdict, and no bound"),
            ("heuristic,", "--fail-if (empty): not a verdict, and no bound"),
            ("entropie<1", "--fail-if entropie<1: \"entropie\" is not entropy, mutual_information or effective_rank"),
            ("effective_rank.median<1", "--fail-if effective_rank.median<1: effective_rank has no median"),
            ("entropy<low", "--fail-if entropy<low: \"low\" is not a number"),
            ("entropy<nan", "--fail-if entropy<nan: \"nan\" is not a number"),
            ("entropy<", "--fail-if entropy<: \"\" is not a number"),
            ("entropy.max>1", "--fail-if entropy.max>1: .max is not .mean or .median"),
        ] {
            let error = gates(list).unwrap_err();
            assert_eq!(error.to_string(), told);
            assert_eq!(crate::Advise::fault(&error), crate::Fault::Usage);
        }
    }

    #[test]
    fn printed_as_typed() {
        for text in [
            "heuristic",
            "not-enough-evidence",
            "delta_effective_rank<-2",
            "entropy<1.2",
            "delta_mutual_information.median>=-0.5",
        ] {
            assert_eq!(gates(text).unwrap()[0].to_string(), text);
        }
    }
}
