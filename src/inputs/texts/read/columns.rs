//! Which column holds the texts, when nobody said.

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

/// What the user asked for.
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

/// The names of the columns that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) text: String,
    pub(crate) pair: Option<String>,
}

/// Settles the columns among `all` of the names; `likely` are those that hold texts, as far as can be seen.
pub(crate) fn settle(wanted: &Wanted, all: &[String], likely: &[String], path: &Path) -> Result<Columns, Error> {
    let present = |name: &String| match all.contains(name) {
        true => Ok(name.clone()),
        false => Err(Error::NoColumn { path: path.to_owned(), wanted: name.clone(), columns: all.to_vec() }),
    };
    let pair = wanted.pair.as_ref().map(present).transpose()?;
    let text = match &wanted.text {
        Some(name) => present(name)?,
        None => {
            let likely: Vec<&String> = likely.iter().filter(|name| Some(*name) != pair.as_ref()).collect();
            let usual: Vec<&&String> =
                likely.iter().filter(|name| USUAL.contains(&name.to_ascii_lowercase().as_str())).collect();
            match (usual[..].first(), usual.len(), &likely[..]) {
                (Some(name), 1, _) => (**name).clone(),
                (None, _, [only]) => (*only).clone(),
                _ => return Err(Error::WhichColumn { path: path.to_owned(), columns: all.to_vec() }),
            }
        }
    };
    Ok(Columns { text, pair })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(names: &[&str], wanted: &Wanted) -> Result<Columns, Error> {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        settle(wanted, &names, &names, Path::new("t.csv"))
    }

    #[test]
    fn one_obvious_column_is_taken() {
        let nothing = Wanted::default();
        for (names, expected) in
            [(&["id", "Text"][..], "Text"), (&["anything"], "anything"), (&["n", "hard_text", "label"], "hard_text")]
        {
            assert_eq!(guess(names, &nothing).unwrap().text, expected);
        }
        for names in [&["a", "b"][..], &["text", "review"], &[]] {
            assert!(matches!(guess(names, &nothing), Err(Error::WhichColumn { .. })), "{names:?}");
        }
    }

    #[test]
    fn a_column_asked_for_must_be_there() {
        let wanted = Wanted { text: Some("txt".into()), pair: None };
        assert!(matches!(guess(&["text"], &wanted), Err(Error::NoColumn { wanted, .. }) if wanted == "txt"));
        let wanted = Wanted { text: None, pair: Some("b".into()) };
        assert_eq!(guess(&["a", "b"], &wanted).unwrap(), Columns { text: "a".into(), pair: Some("b".into()) });
    }
}
