//! Which of the model's answers each label is.

use std::collections::BTreeSet;

use super::error::Error;
use crate::labels::Column;

/// The labels of the inputs as answers of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    pub column: String,
    /// The name of every answer that the model can give.
    pub names: Vec<String>,
    /// The right answer to each input; `None` where it has no label.
    pub of: Vec<Option<u32>>,
}

impl Truth {
    /// Finds the answer of every label among `classes`: by the model's own `names` for them, by the order of folders
    /// (as torchvision's `ImageFolder` numbers them) where `folders` says that the labels are folders, or as numbers
    /// from 0.
    ///
    /// # Errors
    /// No input has a label, or a label is none of these.
    pub fn new(column: &Column, classes: usize, names: Option<&[String]>, folders: bool) -> Result<Truth, Error> {
        let own = names.filter(|names| names.len() == classes);
        let found: BTreeSet<&str> = column.labels.iter().flatten().map(String::as_str).collect();
        if found.is_empty() {
            return Err(Error::NoLabels(column.name.clone()));
        }
        let numbers: Vec<String> = (0..classes).map(|number| number.to_string()).collect();
        let in_order: Option<Vec<String>> =
            (folders && found.len() == classes).then(|| found.iter().map(|name| (*name).to_owned()).collect());
        let known = |names: &[String]| found.iter().all(|label| names.iter().any(|name| name == label));
        let candidates = [own, in_order.as_deref(), Some(&numbers[..])];
        let Some(by) = candidates.into_iter().flatten().find(|names| known(names)) else {
            let label = found.iter().find(|label| !numbers.iter().any(|number| number == *label));
            let label = label.copied().unwrap_or_default().to_owned();
            return Err(Error::LabelName { column: column.name.clone(), label, classes });
        };
        let place = |label: &String| by.iter().position(|name| name == label).map(|place| place as u32);
        let of = column.labels.iter().map(|label| label.as_ref().and_then(place)).collect();
        let names = own.map_or_else(|| by.to_vec(), <[String]>::to_vec);
        Ok(Truth { column: column.name.clone(), names, of })
    }

    /// Inputs with a label.
    pub fn known(&self) -> usize {
        self.of.iter().flatten().count()
    }

    /// Inputs of one class.
    pub fn inputs(&self, class: u32) -> usize {
        self.of.iter().flatten().filter(|&&of| of == class).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(labels: &[&str]) -> Column {
        let labels = labels.iter().map(|label| (!label.is_empty()).then(|| (*label).to_owned())).collect();
        Column { name: "c".to_owned(), labels }
    }

    #[test]
    fn labels_are_names_folders_or_numbers() {
        let names = ["POS", "NEG"].map(str::to_owned);
        let of = |labels: &[&str], classes, folders| Truth::new(&column(labels), classes, Some(&names), folders);
        assert_eq!(of(&["NEG", "", "POS"], 2, false).unwrap().of, [Some(1), None, Some(0)]);
        assert_eq!(of(&["1", "0"], 2, false).unwrap().of, [Some(1), Some(0)]);
        assert_eq!(of(&["1", "0"], 2, false).unwrap().names, names, "the model's own names are shown");
        let folders = of(&["dog", "cat", "eel"], 3, true).unwrap();
        assert_eq!(
            (folders.of, folders.names),
            (vec![Some(1), Some(0), Some(2)], column(&["cat", "dog", "eel"]).labels.into_iter().flatten().collect())
        );
        assert_eq!(of(&["9", "10"], 11, true).unwrap().of, [Some(9), Some(10)], "folders of numbers, not all of them");
    }

    #[test]
    fn a_label_that_is_no_answer_is_named() {
        let of = |labels: &[&str], classes| Truth::new(&column(labels), classes, None, false);
        assert!(matches!(of(&["0", "pos"], 2), Err(Error::LabelName { label, .. }) if label == "pos"));
        assert!(matches!(of(&["0", "2"], 2), Err(Error::LabelName { label, .. }) if label == "2"));
        assert!(matches!(of(&["", ""], 2), Err(Error::NoLabels(_))));
    }
}
