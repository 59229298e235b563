//! How the runs were made: files, hashes, versions, settings and times.

use serde::Serialize;

use super::Shown;
use crate::base::text::{seconds, thousands, visible};
use crate::inputs::Provenance;
use crate::report::schema::Report;

/// A row a fact, a cell a variant; equal cells of a row become one.
#[derive(Debug, Serialize)]
pub struct Fact {
    name: String,
    cells: Vec<String>,
    /// A hash or a path, set in a fixed width.
    code: bool,
}

/// What was run on what, and how.
pub fn provenance(shown: &[Shown]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, code: bool, of: &dyn Fn(&Report) -> Option<String>| {
        let mut cells: Vec<String> =
            shown.iter().map(|s| of(s.report).map_or_else(|| "–".to_owned(), |t| visible(&t))).collect();
        if cells.iter().all(|cell| cell == "–") {
            return;
        }
        if cells.iter().all(|cell| *cell == cells[0]) {
            cells.truncate(1);
        }
        facts.push(Fact { name: visible(name), cells, code });
    };
    fact("model", true, &|r| r.model.as_ref().map(|m| m.path.clone()));
    fact("model's BLAKE3", true, &|r| r.model.as_ref().map(|m| m.blake3.clone()));
    fact("exported by", false, &|r| r.model.as_ref().and_then(|m| m.producer.clone()));
    fact("opset", false, &|r| r.model.as_ref().and_then(|m| m.opset).map(|o| o.to_string()));
    fact("inputs", true, &|r| Some(r.inputs.path.clone()));
    fact("inputs' BLAKE3", true, &|r| Some(r.inputs.blake3.clone()));
    fact("inputs measured", false, &|r| Some(thousands(r.inputs.count)));
    fact("inputs skipped", false, &|r| Some(thousands(r.inputs.skipped)));
    fact("inputs cut", false, &|r| Some(thousands(r.inputs.truncated)));
    fact("ONNX Runtime", false, &|r| r.onnxruntime.as_ref().map(|o| format!("{}, {}", o.version, o.provider)));
    fact("its library", true, &|r| r.onnxruntime.as_ref().map(|o| o.path.clone()));
    fact("probe", false, &|r| Some(r.probe_version.clone()));
    let prepared = |r: &Report| r.inputs.provenance.as_ref().map(Provenance::facts).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for (name, _) in shown.iter().flat_map(|s| prepared(s.report)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        fact(&name.replace('_', " "), false, &|r| {
            prepared(r).into_iter().find(|(of, _)| *of == name).map(|(_, value)| value)
        });
    }
    let settings = |r: &Report| serde_json::to_value(&r.settings).ok().and_then(|v| v.as_object().cloned());
    let mut keys: Vec<String> = Vec::new();
    for key in shown.iter().filter_map(|s| settings(s.report)).flat_map(|map| map.keys().cloned().collect::<Vec<_>>()) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    for key in keys {
        fact(&key.replace('_', " "), false, &|r| settings(r)?.get(&key).and_then(setting));
    }
    fact("time", false, &|r| {
        let t = r.timing;
        Some(format!(
            "{} (load {}, capture {}, H {}, I {})",
            seconds(t.total),
            seconds(t.load),
            seconds(t.capture),
            seconds(t.entropy),
            seconds(t.mutual_information)
        ))
    });
    fact("resumed", false, &|r| r.resume.map(|r| format!("{} of {} shards kept", r.kept, r.total)));
    facts
}

/// A setting as it was typed; none where it was left open.
fn setting(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(list) if list.is_empty() => None,
        serde_json::Value::Array(list) => Some(list.iter().filter_map(setting).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}
