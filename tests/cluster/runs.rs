//! Small runs of every kind, their shards, and the bytes that they write.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ndarray::Array2;
use serde_json::Value;

use crate::common::{repo, stderr, stdout};

/// One layer of few neurons, so that a run takes a second.
pub fn texts() -> Vec<String> {
    let (model, texts) = (repo("models/reviews/base.onnx"), repo("fixtures/reviews.txt"));
    let inputs = ["--model", utf8(&model), "--texts", utf8(&texts), "--samples", "150"].map(str::to_owned);
    [&inputs[..], &few()].concat()
}

pub fn images() -> Vec<String> {
    let (model, images) = (objects("base"), repo("fixtures/objects"));
    let inputs = ["--model", utf8(&model), "--images", utf8(&images), "--samples", "60"].map(str::to_owned);
    [&inputs[..], &few(), &["--batch-size".into(), "4".into()]].concat()
}

pub fn arrays() -> Vec<String> {
    let (model, arrays) = (digits("colored_a0.00_s0"), repo("fixtures/digits_colored.npz"));
    let inputs = ["--model", utf8(&model), "--arrays", utf8(&arrays), "--samples", "200"].map(str::to_owned);
    [&inputs[..], &few(), &["--batch-size".into(), "16".into()]].concat()
}

pub fn comparison() -> Vec<String> {
    let mut words = vec!["compare".to_owned()];
    for (label, model) in [("base", "base"), ("shortcut", "heuristic"), ("again", "base")] {
        words.push(format!("{label}={}", utf8(&objects(model))));
    }
    let images = repo("fixtures/objects");
    words.extend(["--images", utf8(&images), "--samples", "60"].map(str::to_owned));
    [words, few().into()].concat()
}

pub fn few() -> [String; 4] {
    ["--layers", "*1", "--mi-neurons", "6"].map(str::to_owned)
}

pub fn digits(model: &str) -> PathBuf {
    repo(&format!("models/digits-mlp/{model}.onnx"))
}

pub fn objects(model: &str) -> PathBuf {
    repo(&format!("models/objects/{model}.onnx"))
}

pub fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

/// Activations of more neurons than one tile of pairs has.
pub fn wide(folder: &Path) -> Vec<String> {
    let path = folder.join("wide.npz");
    let value = |(input, neuron): (usize, usize)| ((input * (neuron + 3)) as f32 * 0.37).sin() + (neuron % 7) as f32;
    let mut npz = ndarray_npy::NpzWriter::new(fs::File::create(&path).expect("a file"));
    npz.add_array("layer", &Array2::from_shape_fn((24, 300), value)).expect("an array");
    npz.finish().expect("an archive");
    ["measure", utf8(&path), "--mi-neurons", "all"].map(str::to_owned).into()
}

pub fn probe(words: &[String], extra: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.args(words).args(extra).stdin(Stdio::null());
    for variable in ["HQ_TASK_ID", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID", "PROBE_SIMD"] {
        command.env_remove(variable);
    }
    command
}

pub fn run(mut command: Command) -> Output {
    command.output().expect("probe starts")
}

pub fn succeed(command: Command) -> Output {
    let output = run(command);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

pub fn fail(command: Command, code: i32) -> String {
    let output = run(command);
    assert_eq!(output.status.code(), Some(code), "{}\n{}", stdout(&output), stderr(&output));
    stderr(&output)
}

pub fn shard(words: &[String], out: &Path, shard: &str) -> Command {
    probe(words, &["-o", utf8(out), "--shard", shard])
}

pub fn merge(out: &Path) -> Command {
    probe(&["merge".to_owned()], &[utf8(out), "-q"])
}

/// Every file of a run, without what the time and the machine decide.
pub fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = utf8(path.strip_prefix(out).expect("a file below it")).to_owned();
            let bytes = fs::read(&path).expect("a file");
            let kept = match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => without_time(&bytes),
                Some("html") => without_seconds(&bytes),
                _ => bytes,
            };
            found.insert(name, kept);
        }
    }
    found
}

/// A report without its timings, and without the hashes of the files that have them.
pub fn without_time(json: &[u8]) -> Vec<u8> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                object.shift_remove("timing");
                if let Some(Value::Object(files)) = object.get_mut("files") {
                    files.retain(|name, _| !name.ends_with("report.html") && !name.ends_with("report.json"));
                }
                object.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(json).expect("JSON");
    strip(&mut value);
    serde_json::to_vec(&value).expect("JSON")
}

/// A page without the line of its timings.
pub fn without_seconds(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page);
    text.lines().filter(|line| !line.contains(" s (load ")).collect::<Vec<_>>().join("\n").into_bytes()
}
