//! A report comes back as it was written and is what the published schema says.

use super::*;

pub(crate) fn summary(mean: f64) -> Summary {
    let at = |shift: f64| mean + shift;
    Summary {
        mean,
        median: at(0.01),
        q1: at(-0.2),
        q3: at(0.2),
        min: at(-0.5),
        max: at(0.5),
        interval95: [at(-0.05), at(0.05)],
    }
}

pub(crate) fn spectrum(effective_rank: f64) -> Spectrum {
    let interval95 = [effective_rank - 1.0, effective_rank + 1.0];
    Spectrum { effective_rank, interval95, participation_ratio: 12.0, mean_abs_correlation: 0.1 }
}

/// A report of layers with `neurons` each.
pub(crate) fn report(labels: &[&str], neurons: usize) -> Report {
    let layers = labels
        .iter()
        .enumerate()
        .map(|(l, label)| Layer {
            label: (*label).to_owned(),
            tensor: format!("/{label}/Add_output_0"),
            pooling: "first".to_owned(),
            neurons,
            entropy: summary(2.0 + l as f64 / 4.0),
            mutual_information: summary(1.0 - l as f64 / 8.0),
            spectrum: spectrum(40.0 + l as f64),
            health: Health { tied: l, ..Health::default() },
        })
        .collect();
    Report {
        schema_version: SCHEMA_VERSION,
        probe_version: "0.1.0".to_owned(),
        onnxruntime: Some(OnnxRuntime {
            version: "1.32.0".to_owned(),
            path: "/opt/libonnxruntime.so".to_owned(),
            provider: "CPU".to_owned(),
        }),
        model: Some(Model {
            path: "runs/base.onnx".to_owned(),
            blake3: "ab".repeat(32),
            producer: Some("pytorch 2.15".to_owned()),
            opset: Some(17),
        }),
        inputs: Inputs {
            kind: Kind::Texts,
            path: "texts.txt".to_owned(),
            count: 1000,
            skipped: 0,
            blake3: "cd".repeat(32),
            truncated: 0,
            provenance: None,
            repeats: None,
            skipped_first: Vec::new(),
        },
        settings: serde_json::to_value(crate::measures::Settings::default()).unwrap().as_object().unwrap().clone(),
        layers,
        overall: Overall { entropy: summary(2.2), mutual_information: summary(0.9), spectrum: spectrum(40.5) },
        beside: None,
        outliers: Vec::new(),
        stability: Vec::new(),
        labels: Vec::new(),
        warnings: Vec::new(),
        timing: Timing { load: 0.4, capture: 3.0, entropy: 0.1, mutual_information: 0.7, spectrum: 0.1, total: 4.3 },
        resume: None,
        self_check: None,
        files: Default::default(),
    }
}

#[test]
fn comes_back_as_it_was_written_with_null_for_no_figure() {
    let mut written = report(&["encoder.layer.0", "encoder.layer.1"], 128);
    written.settings.insert("threads".to_owned(), 2.into());
    let json = serde_json::to_value(&written).unwrap();
    assert_eq!(json["settings"]["threads"], 2);
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), written);

    written.layers[1].mutual_information.mean = f64::NAN;
    let json = serde_json::to_value(&written).unwrap();
    assert!(json["layers"][1]["mutual_information"]["mean"].is_null());
    let back: Report = serde_json::from_value(json).unwrap();
    assert!(back.layers[1].mutual_information.mean.is_nan());
}

/// The published schema asks for no key that a report lacks, and knows every key that a report has.
#[test]
fn the_published_schema_describes_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut full = report(&["a"], 4);
    full.beside = Some(Beside {
        estimator: Estimator::Robust,
        layers: vec![BesideLayer { label: "a".into(), entropy: summary(1.0), mutual_information: summary(f64::NAN) }],
        overall: full.overall,
    });
    full.outliers = vec![Outlier { label: "a".into(), neuron: 3, min: -90.0, max: 2.0 }];
    full.stability = vec![StabilityPoint { samples: 250, entropy: 2.0, mutual_information: f64::NAN }];
    full.warnings = vec![Words { code: "ties".into(), message: "m".into(), advice: "a".into(), of_figures: true }];
    full.self_check = Some(SelfCheck { inputs: 3, alone: 1e-6, again: 0.0, rounding: 1e-3 });
    full.labels = vec![crate::report::terminal::tests::labels().labels.remove(0)];
    full.labels[0].dropped = full.labels[0].classes.clone();
    full.resume = Some(Resume { kept: 1, total: 2 });
    full.inputs.skipped_first = vec![Skipped { source: "texts.txt".into(), line: Some(3), reason: "empty".into() }];
    let mut problems = Vec::new();
    check(&serde_json::to_value(&full).unwrap(), &schema, &schema, "report", &mut problems);
    assert_eq!(problems, Vec::<String>::new());

    let mut broken = serde_json::to_value(&full).unwrap();
    broken["layers"][0].as_object_mut().unwrap().remove("health");
    broken["timing"]["total"] = "soon".into();
    check(&broken, &schema, &schema, "report", &mut problems);
    assert_eq!(problems.len(), 2, "{problems:?}");
}

/// So does that of what `probe ablate` keeps.
#[test]
fn the_published_schema_describes_an_ablation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ablation.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut full = crate::report::terminal::tests::ablation();
    full.model = report(&["a"], 4).model;
    full.warnings = vec![Words { code: "ties".into(), message: "m".into(), advice: "a".into(), of_figures: true }];
    let json = serde_json::to_value(&full).unwrap();
    let mut problems = Vec::new();
    check(&json, &schema, &schema, "ablation", &mut problems);
    assert_eq!(problems, Vec::<String>::new());
    let back: crate::report::ablation::AblationReport = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&back).unwrap(), json);

    let mut broken = json;
    broken["curve"][0].as_object_mut().unwrap().remove("changed");
    broken["layers"][0]["before"]["entropy"] = "high".into();
    check(&broken, &schema, &schema, "ablation", &mut problems);
    assert_eq!(problems.len(), 2, "{problems:?}");
}

/// The part of JSON Schema that the file uses: `$ref`, `type`, `enum`, `required`, `properties`, `items`.
/// A key without a property is a problem unless `additionalProperties` allows it.
fn check(value: &Value, schema: &Value, root: &Value, at: &str, problems: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}"));
        return check(value, target, root, at, problems);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    if !allowed.iter().any(|&a| a == kind || (a == "number" && kind == "integer")) {
        problems.push(format!("{at} is {kind}, not {allowed:?}"));
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        problems.push(format!("{at} is none of {choices:?}"));
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(key).is_none() {
            problems.push(format!("{at} lacks {key}"));
        }
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        for (key, part) in object {
            match properties.get(key) {
                Some(property) => check(part, property, root, &format!("{at}.{key}"), problems),
                None if schema["additionalProperties"] == Value::Bool(true) => {}
                None => problems.push(format!("{at}.{key} is not described")),
            }
        }
    }
    if let (Some(list), Some(items)) = (value.as_array(), schema.get("items")) {
        for (i, item) in list.iter().enumerate() {
            check(item, items, root, &format!("{at}[{i}]"), problems);
        }
    }
}
