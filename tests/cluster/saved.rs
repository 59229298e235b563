//! Runs that were saved, compared afterwards.

use std::fs;
use std::process::Output;

use ndarray::Array2;
use serde_json::Value;

use crate::common::{repo, stderr};
use crate::runs::{arrays, few, objects, probe, run, shard, succeed, utf8};

/// One small job per model, and one comparison of what they saved.
#[test]
fn saved_runs_compare_as_their_models_do_and_others_are_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let images = repo("fixtures/objects");
    let save = |name: &str, model: &str, extra: &[&str]| {
        let out = folder.path().join(name);
        let model = objects(model);
        let words = ["--model", utf8(&model), "--images", utf8(&images)].map(str::to_owned);
        let words = [&words[..], &few()].concat();
        succeed(probe(&words, &[&["--save-activations", "-q", "-o", utf8(&out)], extra].concat()));
        utf8(&out).to_owned()
    };
    let base = save("base", "base", &["--samples", "80"]);
    let shortcut = save("shortcut", "heuristic", &["--samples", "80"]);
    let compare = |variants: [&str; 2], extra: &[&str]| {
        let words = [&["compare".to_owned()], &variants.map(str::to_owned)[..], &few()].concat();
        run(probe(&words, &[&["--json"], extra].concat()))
    };
    let json = |output: Output| -> Value {
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let models = ["base", "heuristic"].map(|model| utf8(&objects(model)).to_owned());
    let of_models = json(compare(
        [&format!("base={}", models[0]), &format!("shortcut={}", models[1])],
        &["--images", utf8(&images), "--samples", "80"],
    ));
    // A glob of runs, and a run beside a model.
    let pattern = format!("base={}", base.replace("/base", "/bas?"));
    let of_runs = json(compare([&pattern, &format!("shortcut={shortcut}")], &["--samples", "80"]));
    let mixed = json(compare(
        [&format!("base={}", models[0]), &format!("shortcut={shortcut}")],
        &["--images", utf8(&images), "--samples", "80"],
    ));
    for part in ["pairs", "ranking"] {
        assert_eq!(of_runs[part], of_models[part]);
        assert_eq!(mixed[part], of_models[part]);
    }

    let other = save("other", "heuristic", &["--samples", "90", "--seed", "3"]);
    let said = stderr(&compare([&format!("base={base}"), &format!("other={other}")], &[]));
    assert!(said.contains("different inputs: samples (90, not 80), seed (3, not 0), count (90, not 80)"), "{said}");
}

/// float16 takes half the room; what it cannot hold stays float32, and both are named where they meet float32.
#[test]
fn activations_saved_in_half_are_compared_and_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut words = [arrays(), vec!["-q".to_owned()]].concat();
    words[5] = "60".to_owned();
    let save = |name: &str, precision: &[&str]| {
        let out = folder.path().join(name);
        succeed(probe(&words, &[&["-o", utf8(&out)], precision].concat()));
        let bytes = fs::metadata(out.join("activations.npz")).expect("activations").len();
        (utf8(&out).to_owned(), bytes)
    };
    let (single, of_single) = save("single", &["--save-activations"]);
    let (half, of_half) = save("half", &["--save-activations", "f16"]);
    assert!(of_half < of_single / 2 + 1000, "{of_half} and {of_single} bytes");

    let compare = |base: &str, other: &str| {
        let words = ["compare".to_owned(), format!("base={base}"), format!("other={other}"), few()[2].clone()];
        let output = succeed(probe(&words, &["6", "--json"]));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let warnings = |report: &Value| report["variants"][1]["replicates"][0]["warnings"].to_string();
    let mixed = compare(&single, &half);
    let said = warnings(&mixed);
    assert!(said.contains("saved as float16, and those of base as float32"), "{said}");
    let same = compare(&half, &half);
    assert!(!warnings(&same).contains("other-precision") && warnings(&same).contains("half-precision"));
    // What was saved is what is measured.
    let words = ["measure".to_owned(), format!("{half}/activations.npz"), few()[2].clone(), "6".to_owned()];
    let alone: Value = serde_json::from_slice(&succeed(probe(&words, &["--json"])).stdout).expect("JSON");
    for estimator in ["entropy", "mutual_information"] {
        assert_eq!(
            mixed["variants"][1]["replicates"][0]["overall"][estimator]["mean"],
            alone["overall"][estimator]["mean"]
        );
    }
}

/// The shards' own setting is the one that is merged with, so a value that float16 cannot hold must not end it.
#[test]
fn what_half_cannot_hold_is_merged_as_single_and_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (path, out) = (folder.path().join("large.npz"), folder.path().join("run"));
    let mut npz = ndarray_npy::NpzWriter::new(fs::File::create(&path).expect("a file"));
    for (name, scale) in [("usual", 1.0), ("large", 1e5)] {
        let values = Array2::from_shape_fn((40, 3), |(input, neuron)| scale * ((input * (neuron + 3)) as f32).sin());
        npz.add_array(name, &values).expect("an array");
    }
    npz.finish().expect("an archive");
    let words = ["measure", utf8(&path), "--save-activations", "f16"].map(str::to_owned);
    for index in ["0/2", "1/2"] {
        succeed(shard(&words, &out, index));
    }
    let said = stderr(&succeed(probe(&["merge".to_owned()], &[utf8(&out)])));
    assert!(
        said.contains("float16 cannot hold") && said.contains("large has -7") && !said.contains("usual has"),
        "{said}"
    );
    let report = fs::read_to_string(out.join("report.json")).expect("a report");
    assert!(report.contains("beyond-half"));
    let mut npz =
        ndarray_npy::NpzReader::new(fs::File::open(out.join("activations.npz")).expect("a file")).expect("an npz");
    let kept: Array2<f32> = npz.by_name("large").expect("a float32 array");
    assert_eq!(kept[[1, 0]], 1e5 * 3f32.sin());
    assert!(npz.by_name::<ndarray::OwnedRepr<f32>, ndarray::Ix2>("usual").is_err(), "float16");
}
