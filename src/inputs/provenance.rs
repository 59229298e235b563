//! What the inputs were prepared with: every file that was read next to the model, and every value that was resolved,
//! with where each comes from.
//!
//! This one value goes to report.json (`inputs.provenance`), to the page, and into the key under which the parts of an
//! interrupted run are kept. Nothing lists the settings of the inputs by hand a second time.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::side_files::SideFile;

/// Everything that prepared the inputs, by step: `tokenizer`, `preprocessing` or `arrays`, and `batches` where figures
/// depend on which inputs share a batch.
///
/// The key for `--resume` is made from [`Provenance::key`] and [`super::Inputs::fingerprint`]: two runs whose provenance
/// and inputs agree give the same batches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provenance {
    pub steps: BTreeMap<String, Preparation>,
}

/// One step of the preparation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// The files read, in the order of reading.
    #[serde(default)]
    pub files: Vec<SideFile>,
    /// Every resolved value, under the name that its flag or its file has for it.
    #[serde(default)]
    pub values: BTreeMap<String, Resolved>,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    pub value: Value,
    pub from: Origin,
}

/// Where a value comes from. In JSON: `flag`, `model`, `default`, or the name of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Origin {
    /// The command line.
    Flag,
    /// The graph: the shape or the type of an input, or the size of a table.
    Model,
    /// Nothing says it, and this is what the reference library does then.
    Default,
    /// A file next to the model, by its name without the folder.
    File(String),
}

impl Origin {
    /// A file next to the model.
    pub(crate) fn file(name: impl Into<String>) -> Self {
        Origin::File(name.into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Flag => "flag",
            Origin::Model => "model",
            Origin::Default => "default",
            Origin::File(name) => name,
        })
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl From<String> for Origin {
    fn from(name: String) -> Self {
        match name.as_str() {
            "flag" => Origin::Flag,
            "model" => Origin::Model,
            "default" => Origin::Default,
            _ => Origin::File(name),
        }
    }
}

impl Preparation {
    /// Adds a value.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>, from: Origin) {
        self.values.insert(name.to_owned(), Resolved { value: value.into(), from });
    }
}

impl Provenance {
    /// A value of a step.
    pub fn value(&self, step: &str, name: &str) -> Option<&Value> {
        self.steps.get(step)?.values.get(name).map(|resolved| &resolved.value)
    }

    /// A whole number of a step.
    pub fn number(&self, step: &str, name: &str) -> Option<usize> {
        self.value(step, name)?.as_u64()?.try_into().ok()
    }

    /// Every file and value by name, for a person: what it is, and where it comes from.
    pub fn facts(&self) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        for (step, preparation) in &self.steps {
            for file in &preparation.files {
                let name = file.path.file_name().unwrap_or_default().to_string_lossy();
                facts.push((format!("{step}: {name}"), format!("{}, BLAKE3 {}", file.path.display(), file.blake3)));
            }
            for (name, Resolved { value, from }) in &preparation.values {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                facts.push((format!("{step}: {name}"), format!("{value} ({from})")));
            }
        }
        facts
    }

    /// BLAKE3 of every value, and of the name and content of every file. Folders are no part of it: a model that was
    /// moved together with its files keeps its key.
    pub fn key(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        };
        for (step, preparation) in &self.steps {
            add(step);
            for (name, resolved) in &preparation.values {
                add(name);
                add(&resolved.value.to_string());
            }
            for file in &preparation.files {
                add(&file.path.file_name().unwrap_or_default().to_string_lossy());
                add(&file.blake3);
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The names (`step.value`) of the values that differ. Where there are none, the two prepare every input alike, and
    /// one preparation serves both: files that differ without an effect on any value do not count.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names = |of: &Self| -> Vec<(String, String)> {
            let names = |(step, preparation): (&String, &Preparation)| {
                preparation.values.keys().map(|name| (step.clone(), name.clone())).collect::<Vec<_>>()
            };
            of.steps.iter().flat_map(names).collect()
        };
        let mut all = names(self);
        all.extend(names(other));
        all.sort();
        all.dedup();
        all.retain(|(step, name)| self.value(step, name) != other.value(step, name));
        all.into_iter().map(|(step, name)| format!("{step}.{name}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provenance(length: u64, folder: &str, blake3: &str) -> Provenance {
        let mut step = Preparation {
            files: vec![SideFile { path: format!("{folder}/tokenizer.json").into(), blake3: blake3.into() }],
            ..Preparation::default()
        };
        step.set("max_length", length, Origin::file("tokenizer_config.json"));
        Provenance { steps: BTreeMap::from([("tokenizer".to_owned(), step)]) }
    }

    #[test]
    fn the_key_follows_values_and_contents_and_not_folders() {
        let one = provenance(64, "a", "00");
        assert_eq!(one.key(), provenance(64, "b", "00").key());
        assert_ne!(one.key(), provenance(65, "a", "00").key());
        assert_ne!(one.key(), provenance(64, "a", "01").key());
    }

    #[test]
    fn only_values_make_two_preparations_differ() {
        let one = provenance(64, "a", "00");
        assert!(one.differences(&provenance(64, "b", "01")).is_empty());
        assert_eq!(one.differences(&provenance(65, "a", "00")), ["tokenizer.max_length"]);
        assert_eq!(one.differences(&Provenance::default()), ["tokenizer.max_length"]);
    }

    #[test]
    fn it_survives_json() {
        let one = provenance(64, "a", "00");
        let json = serde_json::to_string(&one).unwrap();
        assert!(json.contains(r#""max_length":{"value":64,"from":"tokenizer_config.json"}"#), "{json}");
        assert_eq!(serde_json::from_str::<Provenance>(&json).unwrap(), one);
    }
}
