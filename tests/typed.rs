//! What people type first, before they have read anything: it works, or it is met with what to type instead.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{probe, repo, stderr, stdout};

/// A folder as an exporter and a user leave it: models/base and models/heuristic, each with its tokenizer, and texts in three forms.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for variant in ["base", "heuristic"] {
        fs::create_dir_all(at(&format!("models/{variant}"))).unwrap();
        fs::copy(repo(&format!("models/reviews/{variant}.onnx")), at(&format!("models/{variant}/model.onnx"))).unwrap();
        for side in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
            fs::copy(repo(&format!("models/reviews/{side}")), at(&format!("models/{variant}/{side}"))).unwrap();
        }
    }
    let reviews = fs::read_to_string(repo("fixtures/reviews.txt")).unwrap();
    let few: Vec<&str> = reviews.lines().take(40).collect();
    fs::write(at("f.txt"), few.join("\n")).unwrap();
    fs::create_dir(at("parts")).unwrap();
    fs::write(at("parts/1.txt"), few[..20].join("\n")).unwrap();
    fs::write(at("parts/2.txt"), few[20..].join("\n")).unwrap();
    let row = |text: &&str| format!("\"{}\",1\n", text.replace('"', "'"));
    fs::write(at("bios.csv"), format!("text,label\n{}", few.iter().map(row).collect::<String>())).unwrap();
    fs::create_dir(at("weights")).unwrap();
    fs::write(at("weights/model.safetensors"), b"\x08\0\0\0\0\0\0\0{}      ").unwrap();
    fs::write(at("weights/config.json"), "{}").unwrap();
    folder
}

fn typed(line: &str, folder: &Path) -> Output {
    probe().current_dir(folder).args(line.split_whitespace()).output().unwrap()
}

#[test]
fn what_can_be_meant_in_one_way_only_works() {
    let folder = workplace();
    for line in [
        "--model models/base --texts f.txt",
        "-m models/base --texts bios.csv",
        // In quotes, so that the shell leaves it as it is.
        "--model models/base --texts parts/*.txt",
        "help",
        "help compare",
    ] {
        let output = typed(line, folder.path());
        assert!(output.status.success(), "probe {line}: {}", stderr(&output));
    }
    let globbed = typed("--model models/base --texts parts/*.txt --json", folder.path());
    let report: serde_json::Value = serde_json::from_slice(&globbed.stdout).unwrap();
    assert_eq!(report["inputs"]["count"], 40, "both files");
}

#[test]
fn variants_are_named_after_their_paths() {
    let folder = workplace();
    let output = typed("compare models/base models/heuristic --texts f.txt --json", folder.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let labels: Vec<&str> =
        report["variants"].as_array().unwrap().iter().map(|variant| variant["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["base", "heuristic"]);
}

#[test]
fn what_cannot_work_is_met_with_what_to_type() {
    let folder = workplace();
    fs::write(folder.path().join("taken"), "mine").unwrap();
    // A line, its exit code, and what the answer must hold.
    let lines: [(&str, i32, &[&str]); 8] = [
        ("models/base --texts f.txt", 2, &["--model models/base"]),
        ("-m models/base bios.csv", 2, &["--texts bios.csv"]),
        (
            "--model FacebookAI/roberta-base --texts f.txt",
            3,
            &["optimum-cli export onnx --model FacebookAI/roberta-base"],
        ),
        ("--model weights --texts f.txt", 3, &["optimum-cli export onnx --model weights"]),
        ("--model models --texts f.txt", 3, &["models/base", "models/heuristic"]),
        ("--model models/base --texts f.txt -o taken", 4, &["taken", "folder"]),
        ("--model nowhere --texts f.txt", 3, &["nowhere"]),
        ("--model models/base --texts nowhere/f.txt", 3, &["nowhere/f.txt"]),
    ];
    for (line, code, wanted) in lines {
        let output = typed(line, folder.path());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "probe {line}: {said}{}", stdout(&output));
        for word in wanted {
            assert!(said.contains(word), "probe {line}: {said}");
        }
    }
    assert_eq!(fs::read_to_string(folder.path().join("taken")).unwrap(), "mine");
}
