//! Every bad file of `fixtures/bad` ends in the exit code that its manifest names, with a reason of one line.

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use common::{repo, run, stderr};

struct Bad {
    kind: String,
    name: String,
    exit: i32,
    /// A word that the reason has to hold.
    word: String,
}

fn manifest() -> Vec<Bad> {
    let text = std::fs::read_to_string(repo("fixtures/bad/manifest.tsv")).expect("the manifest is in the repository");
    text.lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_string);
            let mut next = || fields.next().unwrap_or_default();
            Bad { kind: next(), name: next(), exit: next().parse().expect("an exit code"), word: next() }
        })
        .collect()
}

/// The command line that meets the bad file; side files are put beside a copy of the model they belong to.
fn command(bad: &Bad, scratch: &Path) -> Vec<PathBuf> {
    let file = repo("fixtures/bad").join(&bad.kind).join(&bad.name);
    let args = |model: PathBuf, flag: &str, inputs: PathBuf| vec!["--model".into(), model, flag.into(), inputs];
    match bad.kind.as_str() {
        "models" => {
            let inputs = scratch.join("x.npy");
            ndarray_npy::write_npy(
                &inputs,
                &ndarray::Array2::<f32>::from_shape_fn((32, 12), |(i, j)| (i * 7 + j) as f32),
            )
            .expect("a scratch array can be written");
            args(file, "--arrays", inputs)
        }
        "texts" => args(repo("models/reviews/base.onnx"), "--texts", file),
        "images" => args(repo("models/objects/base.onnx"), "--images", file),
        "arrays" => args(repo("models/digits-mlp/colored_a0.00_s0.onnx"), "--arrays", file),
        "side" => {
            let (side, _) = bad.name.split_once('/').expect("a side file lies under the name it stands for");
            let family = if side == "tokenizer.json" { "reviews" } else { "objects" };
            for entry in std::fs::read_dir(repo("models").join(family)).expect("models are in the repository").flatten()
            {
                let from = entry.path();
                if from.file_name().is_some_and(|name| name == "base.onnx")
                    || from.extension().is_some_and(|e| e == "json")
                {
                    std::fs::copy(&from, scratch.join(entry.file_name())).expect("a copy in the scratch folder");
                }
            }
            std::fs::copy(&file, scratch.join(side)).expect("a copy in the scratch folder");
            match family {
                "reviews" => args(scratch.join("base.onnx"), "--texts", repo("fixtures/reviews.txt")),
                _ => args(scratch.join("base.onnx"), "--images", repo("fixtures/objects")),
            }
        }
        other => panic!("the manifest names a kind of file that this test does not know: {other}"),
    }
}

/// What is wrong with how the program ended, if anything.
fn complaint(bad: &Bad, output: &Output, took: Duration) -> Option<String> {
    let message = stderr(output);
    let errors: Vec<_> = message.lines().filter(|line| line.starts_with("error: ")).collect();
    if output.status.code() != Some(bad.exit) {
        return Some(format!("exit {:?} instead of {}: {}", output.status.code(), bad.exit, message.trim()));
    }
    if errors.len() != 1 {
        return Some(format!("{} reasons instead of one: {message}", errors.len()));
    }
    if !errors[0].to_lowercase().contains(&bad.word.to_lowercase()) {
        return Some(format!("the reason does not say '{}': {}", bad.word, errors[0]));
    }
    if message.contains("panicked") || message.to_lowercase().contains("backtrace") {
        return Some(format!("a panic shows: {message}"));
    }
    (took > Duration::from_secs(20)).then(|| format!("took {took:?}"))
}

fn all_end_well(kind: &str) {
    let bad: Vec<_> = manifest().into_iter().filter(|bad| bad.kind == kind).collect();
    assert!(!bad.is_empty(), "the manifest has files of the kind {kind}");
    let mut complaints = Vec::new();
    for bad in &bad {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let started = Instant::now();
        let output = run(&command(bad, scratch.path()));
        if let Some(complaint) = complaint(bad, &output, started.elapsed()) {
            complaints.push(format!("{}/{}: {complaint}", bad.kind, bad.name));
        }
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), bad.len(), complaints.join("\n"));
}

#[test]
fn bad_models() {
    all_end_well("models");
}

#[test]
fn bad_texts() {
    all_end_well("texts");
}

#[test]
fn bad_images() {
    all_end_well("images");
}

#[test]
fn bad_arrays() {
    all_end_well("arrays");
}

#[test]
fn bad_side_files() {
    all_end_well("side");
}
