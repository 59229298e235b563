//! The key of the parts that an interrupted run leaves: everything that its figures depend on, by name.
//!
//! In: the resolved settings, the models with their taps, and the inputs with what prepared them. Out: names and values;
//! a run may use the parts of another only where all of them are equal.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Tapped;
use super::member::Member;
use crate::inputs::Inputs;
use crate::{Error, activations};

/// The settings that no figure depends on, each with the reason. All others are part of the key.
pub const WITHOUT_INFLUENCE: [(&str, &str); 3] = [
    ("threads", "the result is the same bytes for any number of threads"),
    ("max_skipped", "it decides whether a run stops, and nothing else"),
    ("allow_random", "it decides whether a run stops, and nothing else"),
];

/// What the figures of a model depend on.
pub fn of_model(tapped: &Tapped, inputs: &Inputs) -> Value {
    let taps: Vec<String> = tapped.taps.taps.iter().map(|tap| format!("{} {}", tap.tensor, tap.pooling)).collect();
    json!({
        "blake3": tapped.digest.hash.to_hex().to_string(),
        "taps": taps.join(", "),
        "inputs": { "content": inputs.fingerprint(), "prepared": inputs.provenance().key() },
    })
}

/// What the figures of a member of a comparison depend on.
///
/// # Errors
/// A file of activations cannot be read.
pub fn of_member(member: &Member, inputs: Option<&Inputs>) -> Result<Value, Error> {
    let path = match (member, inputs) {
        (Member::Model(tapped), Some(inputs)) => return Ok(of_model(tapped, inputs)),
        (Member::Model(tapped), None) => &tapped.model.path,
        (Member::Saved(saved), _) => &saved.path,
        (Member::File { path, .. }, _) => path,
    };
    let digest = blake3::Hash::from_bytes(activations::digest(path)?).to_hex().to_string();
    let layers: Vec<String> = member.layers().into_iter().map(|layer| layer.label).collect();
    Ok(json!({ "blake3": digest, "layers": layers.join(", ") }))
}

/// The key of a run of models, each under its label.
pub fn of_run(
    models: impl IntoIterator<Item = (String, Value)>,
    resolved: &Map<String, Value>,
    onnxruntime: &str,
) -> BTreeMap<String, String> {
    flat(&[
        ("onnxruntime", onnxruntime.into()),
        ("model", Value::Object(models.into_iter().collect())),
        ("settings", influential(resolved)),
    ])
}

/// The key of a run over a file of activations with this BLAKE3.
pub fn of_activations(digest: [u8; 32], resolved: &Map<String, Value>) -> BTreeMap<String, String> {
    let digest = blake3::Hash::from_bytes(digest).to_hex().to_string();
    flat(&[("activations", digest.into()), ("settings", influential(resolved))])
}

fn influential(resolved: &Map<String, Value>) -> Value {
    let without = |name: &str| WITHOUT_INFLUENCE.iter().any(|(setting, _)| *setting == name);
    resolved.iter().filter(|(name, _)| !without(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Nested objects as dotted names: `settings.bins`.
fn flat(parts: &[(&str, Value)]) -> BTreeMap<String, String> {
    fn add(name: &str, value: &Value, to: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| {
                // A single model has no label.
                let name = if key.is_empty() { name.to_owned() } else { format!("{name}.{key}") };
                add(&name, value, to);
            }),
            Value::String(text) => drop(to.insert(name.to_owned(), text.clone())),
            other => drop(to.insert(name.to_owned(), other.to_string())),
        }
    }
    let mut key = BTreeMap::from([("probe".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    parts.iter().for_each(|(name, value)| add(name, value, &mut key));
    key
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::{self, Args, Command};

    /// Flags that change no setting of the figures, each with the reason.
    const NO_SETTING: [(&str, &str); 16] = [
        ("model", "the key has the model's hash"),
        ("texts", "the key has the content of the inputs"),
        ("images", "the key has the content of the inputs"),
        ("arrays", "the key has the content of the inputs"),
        ("onnxruntime", "the key has the version of ONNX Runtime"),
        ("out", "it is where the parts are"),
        ("save_activations", "it decides what is written"),
        ("resume", "it decides whether parts are used"),
        ("shard", "it decides who makes which parts"),
        ("dry_run", "nothing is measured"),
        ("json", "it decides what is printed"),
        ("format", "it decides what is printed"),
        ("quiet", "it decides what is printed"),
        ("verbose", "it decides what is printed"),
        ("color", "it decides what is printed"),
        ("help", "nothing is measured"),
    ];

    /// Another value for every flag that is a setting.
    const OTHER_VALUES: [(&str, &str); 23] = [
        ("samples", "7"),
        ("seed", "7"),
        ("text_column", "review"),
        ("text_pair_column", "answer"),
        ("lossy", ""),
        ("tokenizer", "other/tokenizer.json"),
        ("max_length", "7"),
        ("batch_size", "7"),
        ("keep_repeats", ""),
        ("image_size", "7x7"),
        ("crop_pct", "0.7"),
        ("interpolation", "nearest"),
        ("image_mean", "0.1,0.2,0.3"),
        ("image_std", "0.1,0.2,0.3"),
        ("layers", "fc*"),
        ("pool", "max"),
        ("estimator", "robust"),
        ("bins", "7"),
        ("binning", "neuron"),
        ("entropy", "miller-madow"),
        ("mutual_information", "binned"),
        ("neighbors", "7"),
        ("mi_neurons", "random:7"),
    ];

    fn resolved(flags: &[String]) -> Map<String, Value> {
        let line = ["probe", "--model", "m.onnx", "--texts", "t.txt"].map(str::to_owned);
        let args = Args::try_parse_from(line.iter().chain(flags)).unwrap();
        match cli::resolve::resolve(args).unwrap() {
            Command::Score(score) => score.run.resolved(),
            other => panic!("{other:?}"),
        }
    }

    /// Every flag there is changes the key, or stands in a table with the reason why it does not need to.
    #[test]
    fn every_flag_changes_the_key_or_says_why_not() {
        let plain = influential(&resolved(&[]));
        for flag in Args::command().get_arguments() {
            let name = flag.get_id().as_str();
            let without_setting = NO_SETTING.iter().any(|(flag, _)| *flag == name);
            let without_influence = WITHOUT_INFLUENCE.iter().any(|(setting, _)| *setting == name);
            if without_setting || without_influence || name == "version" || name == "provider" {
                continue;
            }
            let Some((_, value)) = OTHER_VALUES.iter().find(|(flag, _)| *flag == name) else {
                panic!("--{name} is neither a setting with another value nor in the table of reasons");
            };
            let long = format!("--{}", flag.get_long().unwrap());
            let typed = if value.is_empty() { vec![long] } else { vec![long, (*value).to_owned()] };
            assert_ne!(influential(&resolved(&typed)), plain, "{typed:?} changes no figure of an interrupted run");
        }
    }

    #[test]
    fn a_setting_without_influence_leaves_the_key_as_it_is() {
        let typed = ["--threads", "3", "--max-skipped", "50"].map(str::to_owned);
        assert_eq!(influential(&resolved(&typed)), influential(&resolved(&[])));
        assert_ne!(resolved(&typed), resolved(&[]), "the report has them");
        let provider = ["--provider", "cuda"].map(str::to_owned);
        assert_ne!(influential(&resolved(&provider)), influential(&resolved(&[])));
    }

    #[test]
    fn names_are_dotted() {
        let resolved = Map::from_iter([("bins".to_owned(), 20.into()), ("threads".to_owned(), 2.into())]);
        let key = of_activations([0; 32], &resolved);
        assert_eq!(key.get("settings.bins").map(String::as_str), Some("20"));
        assert!(!key.contains_key("settings.threads"));
    }
}
