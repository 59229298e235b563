//! `probe labels` as people use it: on saved runs of the models here and on activations from elsewhere.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{probe, repo, report, run, stderr, stdout};
use ndarray::Array2;
use ndarray_npy::{NpzReader, NpzWriter};

/// Runs a model of reviews and keeps its activations in `folder`.
fn reviews(folder: &Path, model: &str, texts: &str, extra: &[&str]) -> PathBuf {
    let (out, model) = (folder.join(model), repo(&format!("models/reviews/{model}.onnx")));
    let output = probe()
        .args(["--texts", texts, "--save-activations", "-q", "--mi-neurons", "2", "-o"])
        .arg(&out)
        .arg("--model")
        .arg(model)
        .args(extra)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Models with the label that one of them learned as a shortcut. An independent program compressed it by 15.9 to 19.2 in
/// the one, and by 1.68 in the other.
#[test]
fn a_shortcut_is_read_off_the_network_that_leans_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let last = |model: &str| {
        let run = reviews(folder.path(), model, "fixtures/reviews.txt", &["--samples", "1200"]);
        let report = report(&["labels", text(&run), "--labels", "fixtures/labels/reviews.txt", "--json"]);
        let of = &report["labels"][0];
        assert!(of["inputs"].as_u64().unwrap() + of["missing"].as_u64().unwrap() == 1200);
        assert!(of["featureless"]["compression"]["mean"].as_f64().unwrap() < 1.2);
        let layer = of["layers"].as_array().unwrap().last().unwrap().clone();
        assert!(layer["control"]["compression"]["mean"].as_f64().unwrap() < 1.2);
        layer["compression"]["mean"].as_f64().unwrap()
    };
    let (shortcut, base) = (last("heuristic"), last("base"));
    assert!(shortcut > 6.0 && base < 2.5, "{shortcut} {base}");
}

/// A label finds its text although blank ones, repeated ones and those that were not drawn are not among the inputs.
#[test]
fn labels_find_their_inputs_and_are_kept_with_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("sentence\tlength\tid\n");
    for (id, line) in fs::read_to_string(repo("fixtures/reviews.txt")).unwrap().lines().take(120).enumerate() {
        let line = line.replace('"', "'");
        let class = if line.len() > 160 { "long" } else { "short" };
        table.push_str(&format!("{line}\t{class}\t{id}\n"));
        if id % 10 == 3 {
            table.push_str(&format!(" \tblank\t{id}\n{line}\t{class}\t{id}\n"));
        }
    }
    let texts = folder.path().join("texts.tsv");
    fs::write(&texts, table).unwrap();
    let run_folder = reviews(folder.path(), "base", text(&texts), &["--samples", "100", "--text-column", "sentence"]);
    let places: serde_json::Value = serde_json::from_slice(&fs::read(run_folder.join("inputs.json")).unwrap()).unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(run_folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(places["files"][0]["records"], 144);
    assert_eq!(places["record"].as_array().unwrap().len() as u64, kept["inputs"]["count"].as_u64().unwrap());

    // By the places, what activates neurons most is where the run says.
    let examples: serde_json::Value =
        serde_json::from_slice(&fs::read(run_folder.join("examples.json")).unwrap()).unwrap();
    let rows: Vec<String> = fs::read_to_string(&texts).unwrap().lines().map(str::to_owned).collect();
    for (input, example) in examples["inputs"].as_object().unwrap() {
        let record = places["record"][input.parse::<usize>().unwrap()].as_u64().unwrap() as usize;
        assert!(rows[record].starts_with(example["text"].as_str().unwrap().trim_end_matches('…')), "input {input}");
    }

    // The run's own table, where the texts still stand.
    let args = ["labels", text(&run_folder), "--column", "length", "--orders", "2", "-o", text(&run_folder)];
    let output = run(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = stdout(&output);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("length: long ") && table.contains(", short ") && !table.contains("blank"), "{table}");
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(run_folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(kept["labels"][0]["column"], "length");
    assert!(run_folder.join("activations.npz").is_file());
    let page = fs::read_to_string(run_folder.join("report.html")).unwrap();
    assert!(page.contains("length") && page.contains("ompression"), "the page shows the codelengths");
    // The run is whole, and coding again replaces what was there.
    let again = run(&[&args[..], &["--seed", "1", "-q"]].concat());
    assert!(again.status.success(), "{}", stderr(&again));
    let again: serde_json::Value = serde_json::from_slice(&fs::read(run_folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(again["labels"].as_array().unwrap().len(), 1);
    assert_ne!(again["labels"][0]["layers"], kept["labels"][0]["layers"]);
    let mut arrays = NpzReader::new(fs::File::open(run_folder.join("codelengths.npz")).unwrap()).unwrap();
    let compression: Array2<f64> = arrays.by_name("compression").unwrap();
    let reported = again["labels"][0]["layers"].as_array().unwrap().iter();
    let reported: Vec<f64> = reported.map(|layer| layer["compression"]["mean"].as_f64().unwrap()).collect();
    assert_eq!(compression.row(0).to_vec(), reported, "the arrays are those of the report");
    assert!(run(&["report", text(&run_folder)]).status.success());
    // Rows in another order are as many, and would be labelled wrongly.
    let mut rows = rows;
    rows[1..].reverse();
    fs::write(&texts, rows.join("\n")).unwrap();
    let changed = run(&args);
    assert_eq!(changed.status.code(), Some(3));
    assert!(stderr(&changed).contains("was changed since the run"), "{}", stderr(&changed));
}

#[test]
fn folders_of_images_are_labels() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let output = run(&[
        "--model",
        "models/objects/base.onnx",
        "--images",
        "fixtures/objects",
        "--save-activations",
        "-q",
        "-o",
        text(&out),
        "--mi-neurons",
        "2",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let by_folder = report(&["labels", text(&out), "--orders", "1", "--json"]);
    let of = &by_folder["labels"][0];
    assert_eq!((of["column"].as_str(), of["classes"].as_array().unwrap().len()), (Some("folder"), 10));
    assert_eq!(of["classes"][0], serde_json::json!({ "name": "airplane", "inputs": 15 }));
    // The same labels, as a table of paths in another order.
    let mut rows: Vec<String> = Vec::new();
    for class in fs::read_dir(repo("fixtures/objects")).unwrap() {
        for image in fs::read_dir(class.unwrap().path()).unwrap() {
            let path = image.unwrap().path();
            let class = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            rows.push(format!("{class}/{}\t{class}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    rows.sort_by_key(|row| row.chars().rev().collect::<String>());
    let table = folder.path().join("labels.tsv");
    fs::write(&table, rows.join("\n")).unwrap();
    let by_path = report(&["labels", text(&out), "--orders", "1", "--json", "--labels", text(&table)]);
    assert_eq!(by_path["labels"][0]["layers"], of["layers"]);
}

/// Writes activations of 40 inputs, and labels.
fn activations(folder: &Path, labels: &str) -> [String; 2] {
    let (acts, file) = (folder.join("acts.npz"), folder.join("labels.csv"));
    let mut npz = NpzWriter::new(fs::File::create(&acts).unwrap());
    npz.add_array("fc1", &Array2::from_shape_fn((40, 3), |(i, j)| ((i * (j + 2)) as f32 * 0.7).sin())).unwrap();
    npz.add_array("fc2", &Array2::from_shape_fn((40, 1), |(i, _)| (i % 2) as f32)).unwrap();
    npz.finish().unwrap();
    fs::write(&file, labels).unwrap();
    [text(&acts).to_owned(), text(&file).to_owned()]
}

fn column(name: &str, label: impl Fn(usize) -> String) -> String {
    (0..40).fold(format!("{name}\n"), |rows, i| rows + &label(i) + "\n")
}

#[test]
fn several_columns_of_a_file_of_activations_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let rows = column("odd,third,note", |i| format!("{},{},x", i % 2, ["a", "b", "c"][i % 3]));
    let [acts, file] = activations(folder.path(), &rows);
    let args = ["labels", &acts, "--labels", &file, "--column", "odd", "--column", "third"];
    let json = report(&[&args[..], &["--json"]].concat());
    let [odd, third] = [0, 1].map(|nth| json["labels"][nth].clone());
    assert_eq!((odd["column"].as_str(), third["classes"].as_array().unwrap().len()), (Some("odd"), 3));
    let of = |layer: usize| odd["layers"][layer]["compression"]["mean"].as_f64().unwrap();
    assert!(of(1) > 2.0 && of(0) < of(1), "the second layer is the label itself: {} {}", of(0), of(1));
    let csv = stdout(&run(&[&args[..], &["--format", "csv"]].concat()));
    assert_eq!(csv.lines().count(), 1 + 2 * 3, "{csv}");
    assert!(csv.starts_with("labels,layer,neurons,codelength,") && csv.contains("\nthird,fc2,1,"), "{csv}");
    let markdown = stdout(&run(&[&args[..], &["--format", "markdown"]].concat()));
    assert!(markdown.contains("| odd | fc2 | "), "{markdown}");
    // Published programs add bits and nats: shorter, by at most ln 2.
    let published = report(&[&args[..], &["--json", "--units", "published"]].concat());
    let length = |json: &serde_json::Value| json["labels"][0]["layers"][0]["codelength"]["mean"].as_f64().unwrap();
    let share = length(&published) / length(&json);
    assert!(share > std::f64::consts::LN_2 && share < 1.0, "{share}");
}

/// Every way to get labels wrong: what is said, and the exit code.
#[test]
fn labels_that_cannot_be_used_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |labels: &str, extra: &[&str], code: i32, said: &str| {
        let [acts, file] = activations(folder.path(), labels);
        let output = run(&[&["labels", &acts, "--labels", &file][..], extra].concat());
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(message.contains(said) && message.contains("\n  > "), "{said}: {message}");
    };
    let two = column("a,b", |i| format!("{},{}", i % 2, i % 3));
    refused(&two, &[], 2, "which column");
    refused(&two, &["--column", "c"], 2, "no column 'c'");
    refused(&column("label", |_| "x".into()), &[], 3, "only the class 'x'");
    refused(&column("label", |_| String::new()), &[], 3, "has 0 labels");
    refused(&column("label", |i| i.to_string()), &[], 3, "40 classes");
    refused(&column("label", |i| ["a", "b"][usize::from(i < 3)].into()), &[], 3, "fewer than 4 inputs: 'b' (3)");
    refused("label\n1\n2\n", &[], 3, "has 2 labels");
    refused(&(column("label", |i| (i % 2).to_string()) + "1\n"), &[], 3, "has 41 labels");
    refused(&column("label", |i| (i % 2).to_string()), &["--blocks", "2,100"], 2, "no block but the last");
    refused(&column("label", |i| (i % 2).to_string()), &["-o", text(&folder.path().join("run"))], 2, "is a file");
    let [acts, _] = activations(folder.path(), "");
    for (args, code, said) in [
        (vec!["labels", &acts], 2, "--labels FILE is needed"),
        (vec!["labels", &acts, "--labels", "no-such.csv"], 3, "no-such.csv"),
        (vec!["labels", &acts, "--labels", "folders"], 2, "no folders"),
        (vec!["labels", text(folder.path())], 3, "holds no report.json"),
        (vec!["labels", "models/reviews/base.onnx", "--labels", "x"], 3, "holds no report.json"),
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(said) && stderr(&output).contains("\n  > "), "{}", stderr(&output));
    }
    // A run without activations, and one without the places of its inputs.
    let run_folder = folder.path().join("bare");
    let measured = run(&[
        "--model",
        "models/digits-mlp/shuffled_b0.00_s0.onnx",
        "--arrays",
        "fixtures/digits_shuffled.npz",
        "--samples",
        "50",
        "-q",
        "-o",
        text(&run_folder),
    ]);
    assert!(measured.status.success(), "{}", stderr(&measured));
    let output = run(&["labels", text(&run_folder), "--labels", "x.txt"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("--save-activations"), "{}", stderr(&output));
}
