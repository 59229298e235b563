//! From labels as they are written to classes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::least::PER_CLASS;
use crate::base::text::{counted, visible};

/// Rare classes that are named in an error.
const NAMED: usize = 6;

/// A class and its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    pub name: String,
    pub inputs: usize,
}

/// The labels of a column, as far as inputs have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    pub column: String,
    /// By name, and numbers by their size.
    pub classes: Vec<Class>,
    /// The inputs that have a label, ascending.
    pub inputs: Vec<usize>,
    /// The class of each of these.
    pub labels: Vec<u32>,
    /// Inputs without a label.
    pub missing: usize,
    /// Classes whose inputs were left out because there are too few.
    pub dropped: Vec<Class>,
}

impl Labelled {
    /// Sorts the labels of all inputs, in their order, into classes; `drop_rare` leaves the inputs of rare classes out.
    ///
    /// # Errors
    /// No label at all, one class, more classes than can be coded, or rare ones that may not be left out.
    pub fn new(column: &str, labels: &[Option<String>], drop_rare: bool) -> Result<Labelled, Error> {
        let column = column.to_owned();
        let mut counts: BTreeMap<Name, usize> = BTreeMap::new();
        for label in labels.iter().flatten() {
            *counts.entry(Name::of(label)).or_default() += 1;
        }
        let labelled: usize = counts.values().sum();
        let class = |(name, &inputs): (&Name, &usize)| Class { name: name.text.clone(), inputs };
        let (rare, classes): (Vec<Class>, Vec<Class>) =
            counts.iter().map(class).partition(|class| class.inputs < PER_CLASS);
        match (&rare[..], &classes[..]) {
            ([], []) => return Err(Error::AllMissing(column)),
            ([only], []) | ([], [only]) => return Err(one_class(column, only)),
            _ if labelled < counts.len() * PER_CLASS => {
                return Err(Error::TooManyClasses { column, classes: counts.len(), inputs: labelled });
            }
            ([_, ..], _) if !drop_rare => return Err(Error::Rare { column, classes: named(&rare) }),
            (_, [only]) => return Err(one_class(column, only)),
            _ => {}
        }
        let numbers: BTreeMap<&str, u32> = classes.iter().map(|class| class.name.as_str()).zip(0..).collect();
        let (mut inputs, mut of) = (Vec::new(), Vec::new());
        for (input, label) in labels.iter().enumerate() {
            if let Some(&class) = label.as_deref().and_then(|label| numbers.get(label)) {
                inputs.push(input);
                of.push(class);
            }
        }
        let missing = labels.iter().filter(|label| label.is_none()).count();
        Ok(Labelled { column, classes, inputs, labels: of, missing, dropped: rare })
    }
}

fn one_class(column: String, only: &Class) -> Error {
    Error::OneClass { column, class: visible(&only.name), inputs: only.inputs }
}

/// The first rare classes, with their counts.
fn named(rare: &[Class]) -> Vec<String> {
    let name = |class: &Class| format!("'{}' ({})", visible(&class.name), class.inputs);
    let mut names: Vec<String> = rare.iter().take(NAMED).map(name).collect();
    if let Some(more @ 1..) = rare.len().checked_sub(NAMED) {
        names.push(format!("and {} more", counted(more, "class").replace("classs", "classes")));
    }
    names
}

/// A class's name as it is sorted: 2 comes before 10, and numbers before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    is_word: bool,
    /// A number's order, as bits that sort like it.
    number: u64,
    text: String,
}

impl Name {
    fn of(text: &str) -> Name {
        let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite());
        let bits = number.map_or(0, |number| {
            let bits = number.to_bits();
            if number.is_sign_negative() { !bits } else { bits | 1 << 63 }
        });
        Name { is_word: number.is_none(), number: bits, text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::advise::{Advise, Fault};

    fn labels(counts: &[(&str, usize)]) -> Vec<Option<String>> {
        let all = counts.iter().flat_map(|(name, count)| std::iter::repeat_n(name, *count));
        all.map(|name| (!name.is_empty()).then(|| (*name).to_owned())).collect()
    }

    fn refused(counts: &[(&str, usize)]) -> Error {
        let error = Labelled::new("gender", &labels(counts), false).unwrap_err();
        assert_eq!(error.fault(), Fault::Input);
        assert!(error.advice().is_some() && error.to_string().contains("gender"), "{error}");
        error
    }

    #[test]
    fn classes_have_an_order_that_people_expect() {
        let found = Labelled::new("c", &labels(&[("b", 4), ("10", 5), ("", 3), ("2", 4), ("-1", 4)]), false).unwrap();
        let names: Vec<(&str, usize)> = found.classes.iter().map(|class| (class.name.as_str(), class.inputs)).collect();
        assert_eq!(names, [("-1", 4), ("2", 4), ("10", 5), ("b", 4)]);
        assert_eq!((found.missing, found.inputs.len()), (3, 17));
        assert_eq!((found.inputs[0], found.labels[0]), (0, 3));
        assert_eq!((found.inputs[9], found.labels[9]), (12, 1), "what is missing is passed over");
    }

    #[test]
    fn labels_that_cannot_be_coded_are_refused() {
        assert!(matches!(refused(&[("", 9)]), Error::AllMissing(_)));
        assert!(matches!(refused(&[("a", 9), ("", 2)]), Error::OneClass { inputs: 9, .. }));
        let ids: Vec<(String, usize)> = (0..2500).map(|id| (id.to_string(), 1)).collect();
        let ids: Vec<(&str, usize)> = ids.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        assert!(matches!(refused(&ids), Error::TooManyClasses { classes: 2500, inputs: 2500, .. }));
        let error = refused(&[("a", 20), ("b", 20), ("c", 3), ("d", 1)]);
        assert!(error.to_string().ends_with("'c' (3), 'd' (1)"), "{error}");
    }

    #[test]
    fn rare_classes_are_left_out_where_that_is_asked_for() {
        let found = Labelled::new("c", &labels(&[("a", 20), ("b", 3), ("c", 20)]), true).unwrap();
        assert_eq!(found.dropped, [Class { name: "b".into(), inputs: 3 }]);
        assert_eq!((found.classes.len(), found.inputs.len(), found.missing), (2, 40, 0));
        assert_eq!(found.labels[39], 1);
        let error = Labelled::new("c", &labels(&[("a", 20), ("b", 3)]), true).unwrap_err();
        assert!(matches!(error, Error::OneClass { inputs: 20, .. }));
    }
}
