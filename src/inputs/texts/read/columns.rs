//! Which column holds the texts, where the user does not say: found by looking at names and values.

use std::collections::HashSet;
use std::path::Path;

use crate::inputs::error::Error;

/// Names that people give to the column of texts, lower case.
const USUAL: [&str; 12] = [
    "text",
    "sentence",
    "bio",
    "hard_text",
    "review",
    "content",
    "document",
    "comment",
    "body",
    "utterance",
    "tweet",
    "passage",
];

/// Records that are looked at before the columns are settled.
pub(super) const SAMPLE: usize = 50;

/// The columns that the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) text: Option<String>,
    pub(crate) pair: Option<String>,
}

impl Wanted {
    pub(crate) fn any(&self) -> bool {
        self.text.is_some() || self.pair.is_some()
    }
}

/// A column: its name and its place in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) place: usize,
}

/// The columns that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) text: Column,
    pub(crate) pair: Option<Column>,
}

/// Settles the columns among `names`. `values(place)` are the texts that a column has in the first records; numbers and
/// objects are no texts.
///
/// # Errors
/// A column that was asked for is missing; none or several columns look like texts.
pub(super) fn settle(
    wanted: &Wanted,
    names: &[String],
    values: impl Fn(&Column) -> Vec<String>,
    path: &Path,
) -> Result<Columns, Error> {
    let all = || names.iter().enumerate().map(|(place, name)| Column { name: name.clone(), place });
    let present = |name: &String| {
        let missing = || Error::NoColumn { path: path.to_owned(), wanted: name.clone(), columns: names.to_vec() };
        all().find(|column| column.name == *name).ok_or_else(missing)
    };
    let pair = wanted.pair.as_ref().map(present).transpose()?;
    let text = match &wanted.text {
        Some(name) => present(name)?,
        None => {
            let candidates: Vec<Column> = all().filter(|column| Some(column) != pair.as_ref()).collect();
            let which = || Error::WhichColumn { path: path.to_owned(), columns: names.to_vec() };
            guess(&candidates, values).ok_or_else(which)?
        }
    };
    Ok(Columns { text, pair })
}

/// The one column that looks like texts, by its name too where several do.
fn guess(candidates: &[Column], values: impl Fn(&Column) -> Vec<String>) -> Option<Column> {
    if let [only] = candidates {
        return Some(only.clone());
    }
    let strings: Vec<&Column> = candidates.iter().filter(|column| holds_strings(&values(column))).collect();
    let texts: Vec<&Column> = strings.iter().copied().filter(|column| looks_like_text(&values(column))).collect();
    match (&with_usual_names(&texts)[..], &texts[..], &with_usual_names(&strings)[..]) {
        ([one], _, _) | ([], [one], _) | ([], [], [one]) => Some((*one).clone()),
        _ => None,
    }
}

fn with_usual_names<'a>(columns: &[&'a Column]) -> Vec<&'a Column> {
    columns.iter().copied().filter(|column| USUAL.contains(&column.name.to_ascii_lowercase().as_str())).collect()
}

/// Whether a column holds something, and not only numbers.
fn holds_strings(values: &[String]) -> bool {
    let filled = || values.iter().map(|value| value.trim()).filter(|value| !value.is_empty());
    filled().next().is_some() && !filled().all(|value| value.parse::<f64>().is_ok())
}

/// Whether values look like what people write: several words on average, or long without blanks as Chinese is; and not
/// the same few over and over, as the names of classes are.
fn looks_like_text(values: &[String]) -> bool {
    let filled: Vec<&str> = values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    let count = filled.len().max(1) as f64;
    let words = filled.iter().map(|value| value.split_whitespace().count()).sum::<usize>() as f64 / count;
    let wide = filled.iter().map(|value| value.chars().filter(|char| !char.is_ascii()).count()).sum::<usize>() as f64;
    let distinct = filled.iter().collect::<HashSet<_>>().len();
    let classes = filled.len() >= 10 && distinct * 5 <= filled.len();
    !classes && (words >= 2.0 || wide / count >= 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is guessed among columns of these names and values.
    fn guess(columns: &[(&str, &[&str])], wanted: &Wanted) -> Result<Columns, Error> {
        let names: Vec<String> = columns.iter().map(|(name, _)| name.to_string()).collect();
        let values = |column: &Column| columns[column.place].1.iter().map(|value| value.to_string()).collect();
        settle(wanted, &names, values, Path::new("t.csv"))
    }

    fn guessed(columns: &[(&str, &[&str])]) -> Option<String> {
        guess(columns, &Wanted::default()).ok().map(|columns| columns.text.name)
    }

    const TEXTS: &[&str] = &["She is a nurse.", "He teaches at a school in Leeds."];

    #[test]
    fn the_values_tell_which_column_holds_the_texts() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(guessed(&[("gender", &["F", "M"]), ("raw", TEXTS), ("label", &["3", "14"])]), some("raw"));
        assert_eq!(guessed(&[("gender", &["F", "M"]), ("label", &["3", "14"])]), None, "none looks like texts");
        assert_eq!(guessed(&[("id", &["1"]), ("Text", &["short"])]), some("Text"), "a usual name with short values");
        assert_eq!(guessed(&[("text", &["1", "2"]), ("bio", TEXTS)]), some("bio"), "a usual name with numbers");
        assert_eq!(guessed(&[("title", TEXTS), ("review", TEXTS)]), some("review"), "the usual name of two");
        assert_eq!(guessed(&[("a", TEXTS), ("b", TEXTS)]), None);
        assert_eq!(guessed(&[("text", TEXTS), ("review", TEXTS)]), None);
        assert_eq!(guessed(&[("anything", &["x"])]), some("anything"), "the only column");
        assert_eq!(
            guessed(&[("id", &["a7"]), ("zh", &["\u{8fd9}\u{662f}\u{4e00}\u{4e2a}\u{53e5}\u{5b50}"])]),
            some("zh")
        );
        let classes = ["very good"; 10];
        assert_eq!(guessed(&[("class", &classes), ("bio", TEXTS)]), some("bio"), "names of classes");
        assert_eq!(guessed(&[]), None);
    }

    #[test]
    fn a_column_asked_for_must_be_there() {
        let wanted = Wanted { text: Some("txt".into()), pair: None };
        assert!(matches!(guess(&[("text", TEXTS)], &wanted), Err(Error::NoColumn { wanted, .. }) if wanted == "txt"));
        let wanted = Wanted { text: None, pair: Some("b".into()) };
        let columns = guess(&[("a", TEXTS), ("b", TEXTS)], &wanted).unwrap();
        assert_eq!((columns.text.name.as_str(), columns.pair.unwrap().place), ("a", 1));
    }
}
