//! The contract of the command line: what is printed where, what a run's folder holds, and the exit codes.

mod common;

use common::{probe, repo, report, run, stderr, stdout};

fn reviews(extra: &[&str]) -> Vec<String> {
    let mut args = vec![
        "--model".to_string(),
        repo("models/reviews/base.onnx").display().to_string(),
        "--texts".into(),
        repo("fixtures/reviews.txt").display().to_string(),
    ];
    args.extend(extra.iter().map(ToString::to_string));
    args
}

#[test]
fn the_report_has_its_keys_and_the_folder_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let report = report(&reviews(&["--samples", "120", "--json", "-o", &out.display().to_string()]));
    for key in [
        "schema_version",
        "probe_version",
        "onnxruntime",
        "model",
        "inputs",
        "settings",
        "layers",
        "overall",
        "warnings",
        "timing",
    ] {
        assert!(report.get(key).is_some(), "{key} is missing");
    }
    let labels: Vec<_> =
        report["layers"].as_array().unwrap().iter().map(|layer| layer["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["encoder.layer.0", "encoder.layer.1", "encoder.layer.2", "encoder.layer.3"]);
    assert_eq!(report["inputs"]["count"], 120);
    assert_eq!(report["settings"]["seed"], 0);
    let overall = &report["overall"]["entropy"];
    let [low, high] = [0, 1].map(|end| overall["interval95"][end].as_f64().unwrap());
    let mean = overall["mean"].as_f64().unwrap();
    assert!(low < mean && mean < high, "{low} {mean} {high}");
    for file in ["report.json", "report.html", "measures.npz", "skipped.jsonl"] {
        assert!(out.join(file).is_file(), "{file} is missing");
    }
    assert!(!out.join("activations.npz").exists(), "activations are kept only when asked for");
}

#[test]
fn the_table_fits_the_terminal_and_is_plain_when_piped() {
    // Paths as people type them: one that is longer than a line is printed whole.
    let output = run(&["--model", "models/reviews/base.onnx", "--texts", "fixtures/reviews.txt", "--samples", "60"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = stdout(&output);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(!table.contains('\u{1b}') && !stderr(&output).contains('\u{1b}'));
    assert!(table.contains("encoder.layer.3"), "{table}");
}

/// Nothing else in this file uses the pool of its own process.
#[test]
fn the_threads_asked_for_are_those_of_the_pool() {
    probe::internals::cli::threads::limit(3).unwrap();
    assert_eq!(rayon::current_num_threads(), 3);
}

#[test]
fn batches_and_threads_do_not_change_the_figures() {
    let figures = |extra: &[&str]| {
        let mut args = vec!["--samples", "120", "--json"];
        args.extend(extra);
        let report = report(&reviews(&args));
        ["entropy", "mutual_information"].map(|measure| report["overall"][measure]["mean"].as_f64().unwrap())
    };
    let [h, i] = figures(&[]);
    let [other_h, other_i] = figures(&["--threads", "1", "--batch-size", "7"]);
    assert!((h - other_h).abs() < 1e-3 && (i - other_i).abs() < 1e-3, "{h} {other_h}, {i} {other_i}");
}

#[test]
fn exit_codes_say_whose_fault_it_is() {
    let code = |args: &[String]| run(args).status.code();
    let texts = repo("fixtures/reviews.txt").display().to_string();
    assert_eq!(code(&["--texts".into(), texts.clone()]), Some(2), "no model");
    assert_eq!(code(&["--no-such-flag".into()]), Some(2));
    assert_eq!(code(&reviews(&["--layers", "encoder.layr.9"])), Some(2), "no such layer");
    assert_eq!(code(&["--model".into(), "/nowhere/model.onnx".into(), "--texts".into(), texts]), Some(3));
    let model = repo("models/reviews/base.onnx").display().to_string();
    assert_eq!(code(&["--model".into(), model, "--texts".into(), "/nowhere/texts.txt".into()]), Some(3));
    let no_runtime = probe().args(reviews(&[])).env("ORT_DYLIB_PATH", "/nowhere.so").output().unwrap();
    assert_eq!(no_runtime.status.code(), Some(4), "{}", stderr(&no_runtime));
    assert!(stderr(&no_runtime).contains("/nowhere.so"), "{}", stderr(&no_runtime));
}

/// A comparison whose gate trips.
fn tripped(extra: &[&str], redirect: &str) -> Option<i32> {
    let script = format!("\"$@\" {redirect}");
    let model = |name: &str| format!("{name}={}", repo(&format!("models/objects/{name}.onnx")).display());
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_probe"), "compare", &model("base"), &model("heuristic")]);
    command.arg("--images").arg(repo("fixtures/objects"));
    command.args(["-q", "--mi-neurons", "8", "--fail-if", "entropy<100"]).args(extra);
    command.stdout(std::process::Stdio::null()).status().expect("sh is there").code()
}

#[test]
fn a_gate_trips_whoever_reads_and_whatever_becomes_of_the_output() {
    assert_eq!(tripped(&[], ""), Some(1));
    assert_eq!(tripped(&[], ">/dev/full"), Some(1), "a full disk behind stdout");
    assert_eq!(tripped(&["--json"], ">&-"), Some(1), "no stdout at all");
}

#[test]
fn a_gate_trips_where_the_reader_went_away() {
    let model = |name: &str| format!("{name}={}", repo(&format!("models/objects/{name}.onnx")).display());
    for format in ["table", "json", "csv"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_probe"));
        command.args(["compare", &model("base"), &model("heuristic")]).arg("--images").arg(repo("fixtures/objects"));
        command.args(["-q", "--mi-neurons", "8", "--fail-if", "entropy<100", "--format", format]);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}

#[test]
fn a_variable_of_the_environment_does_not_make_a_run_one_of_ours() {
    let output = probe().args(["doctor"]).env("PROBE_SUPERVISED_BY", "1").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn more_threads_than_any_machine_has_are_refused() {
    let output = run(&reviews(&["--threads", "65535"]));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("1..=1024"), "{}", stderr(&output));
}

#[test]
fn bins_have_one_limit() {
    for (bins, code) in [("65533", Some(0)), ("65534", Some(2))] {
        let output = run(&reviews(&["--samples", "20", "--mi-neurons", "2", "--bins", bins]));
        assert_eq!(output.status.code(), code, "{}", stderr(&output));
    }
}

#[test]
fn a_misspelt_layer_is_told_the_nearest_names() {
    let output = run(&reviews(&["--layers", "encoder.layr.3"]));
    assert!(stderr(&output).contains("encoder.layer.3"), "{}", stderr(&output));
}

#[test]
fn one_layer_can_be_picked() {
    let report = report(&reviews(&["--samples", "60", "--layers", "encoder.layer.3", "--json"]));
    assert_eq!(report["layers"].as_array().unwrap().len(), 1);
    assert_eq!(report["layers"][0]["label"], "encoder.layer.3");
}

#[test]
fn doctor_names_the_library_and_its_version() {
    let output = run(&["doctor"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("onnxruntime") && text.contains("1."), "{text}");
}

#[test]
fn runs_over_other_inputs_are_not_silently_put_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (name, seed) in [("one", "0"), ("other", "1"), ("again", "0")] {
        let output = run(&reviews(&["--samples", "40", "--seed", seed, "-o", &at(name)]));
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for (runs, differ) in [([at("one"), at("other")], true), ([at("one"), at("again")], false)] {
        let page = at("page.html");
        let output = run(&["report", &runs[0], &runs[1], "-o", &page]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output).contains("measured different inputs"), differ, "{}", stderr(&output));
        let page = std::fs::read_to_string(page).unwrap();
        assert_eq!(page.contains("They measured different inputs"), differ);
    }
}

#[test]
fn with_json_an_error_is_json_too() {
    let output = run(&["--model", "nowhere/model.onnx", "--texts", "fixtures/reviews.txt", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(stdout(&output), "");
    let said: serde_json::Value = serde_json::from_str(stderr(&output).trim()).unwrap();
    assert_eq!(said["error"]["exit_code"], 3);
    assert_eq!(said["error"]["message"], "there is no model at nowhere/model.onnx");
    assert!(said["error"]["advice"].as_str().unwrap().contains("check the path"), "{said}");
}

#[test]
fn a_dry_run_of_a_comparison_counts_every_model_and_reading() {
    let args = ["compare", "base=models/reviews/base.onnx", "heuristic=models/reviews/heuristic.onnx", "--dry-run"];
    let output = run(&[&args[..], &["--texts", "fixtures/reviews.txt", "--samples", "100"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    let starts = |word: &str| said.lines().filter(|line| line.split_whitespace().next() == Some(word)).count();
    for word in ["layers", "inputs", "activations", "paper", "robust", "base", "heuristic", "time"] {
        assert_eq!(starts(word), 1, "{word}: {said}");
    }
    assert!(said.contains("for 2 models"), "{said}");
}

#[test]
fn the_folder_of_a_comparison_has_examples_of_every_variant() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("compared").display().to_string();
    let models = ["base=models/reviews/base.onnx", "heuristic=models/reviews/heuristic.onnx"];
    let inputs = ["--texts", "fixtures/reviews.txt", "--samples", "60", "-o", &out];
    let output = run(&[&["compare"], &models[..], &inputs[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));

    let neuron = ["--neuron", "encoder.layer.3:5", "--json"];
    let of_both = report(&[&["examples", &out[..]], &neuron[..]].concat());
    for (variant, label) in of_both["variants"].as_array().unwrap().iter().zip(["base", "heuristic"]) {
        assert_eq!(variant["label"], label);
        // What the variant's own folder says.
        let alone = report(&[&["examples", &format!("{out}/variants/{label}")], &neuron[..]].concat());
        assert_eq!(variant["neurons"], alone["neurons"]);
        assert_eq!(variant["neurons"][0]["neuron"], 5);
    }
    let said = stdout(&run(&["examples", &out]));
    assert!(said.contains("── base ──") && said.contains("── heuristic ──"), "{said}");
}
