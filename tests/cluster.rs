//! Several processes share one run, and `probe merge` ends in the bytes of one process: whatever their number, their order,
//! the instructions of their processors, and whatever ran twice or was killed on the way.
//!
//! `scripts/cluster-tests` does the same under a real Slurm.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{repo, stderr, stdout};
use ndarray::Array2;
use serde_json::Value;

/// One layer of few neurons, so that a run takes a second.
fn texts() -> Vec<String> {
    let (model, texts) = (repo("models/reviews/base.onnx"), repo("fixtures/reviews.txt"));
    let inputs = ["--model", utf8(&model), "--texts", utf8(&texts), "--samples", "150"].map(str::to_owned);
    [&inputs[..], &few()].concat()
}

fn images() -> Vec<String> {
    let (model, images) = (objects("base"), repo("fixtures/objects"));
    let inputs = ["--model", utf8(&model), "--images", utf8(&images), "--samples", "60"].map(str::to_owned);
    [&inputs[..], &few(), &["--batch-size".into(), "4".into()]].concat()
}

fn arrays() -> Vec<String> {
    let (model, arrays) = (digits("colored_a0.00_s0"), repo("fixtures/digits_colored.npz"));
    let inputs = ["--model", utf8(&model), "--arrays", utf8(&arrays), "--samples", "200"].map(str::to_owned);
    [&inputs[..], &few(), &["--batch-size".into(), "16".into()]].concat()
}

fn comparison() -> Vec<String> {
    let mut words = vec!["compare".to_owned()];
    for (label, model) in [("base", "base"), ("shortcut", "heuristic"), ("again", "base")] {
        words.push(format!("{label}={}", utf8(&objects(model))));
    }
    let images = repo("fixtures/objects");
    words.extend(["--images", utf8(&images), "--samples", "60"].map(str::to_owned));
    [words, few().into()].concat()
}

fn few() -> [String; 4] {
    ["--layers", "*1", "--mi-neurons", "6"].map(str::to_owned)
}

fn digits(model: &str) -> PathBuf {
    repo(&format!("models/digits-mlp/{model}.onnx"))
}

fn objects(model: &str) -> PathBuf {
    repo(&format!("models/objects/{model}.onnx"))
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

/// Activations of more neurons than one tile of pairs has.
fn wide(folder: &Path) -> Vec<String> {
    let path = folder.join("wide.npz");
    let value = |(input, neuron): (usize, usize)| ((input * (neuron + 3)) as f32 * 0.37).sin() + (neuron % 7) as f32;
    let mut npz = ndarray_npy::NpzWriter::new(fs::File::create(&path).expect("a file"));
    npz.add_array("layer", &Array2::from_shape_fn((24, 300), value)).expect("an array");
    npz.finish().expect("an archive");
    ["measure", utf8(&path), "--mi-neurons", "all"].map(str::to_owned).into()
}

fn probe(words: &[String], extra: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.args(words).args(extra).stdin(Stdio::null());
    for variable in ["HQ_TASK_ID", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID", "PROBE_SIMD"] {
        command.env_remove(variable);
    }
    command
}

fn run(mut command: Command) -> Output {
    command.output().expect("probe starts")
}

fn succeed(command: Command) -> Output {
    let output = run(command);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

fn fail(command: Command, code: i32) -> String {
    let output = run(command);
    assert_eq!(output.status.code(), Some(code), "{}\n{}", stdout(&output), stderr(&output));
    stderr(&output)
}

fn shard(words: &[String], out: &Path, shard: &str) -> Command {
    probe(words, &["-o", utf8(out), "--shard", shard])
}

fn merge(out: &Path) -> Command {
    probe(&["merge".to_owned()], &[utf8(out), "-q"])
}

/// Every file of a run, without what the time and the machine decide.
fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
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
fn without_time(json: &[u8]) -> Vec<u8> {
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
fn without_seconds(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page);
    text.lines().filter(|line| !line.contains(" s (load ")).collect::<Vec<_>>().join("\n").into_bytes()
}

/// That so many shards, made in falling order, are merged to what one process wrote.
fn same_as_one(words: &[String], counts: &[usize]) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let whole = folder.path().join("whole");
    succeed(probe(words, &["-o", utf8(&whole), "-q"]));
    let expected = files(&whole);
    assert!(expected.contains_key("report.json") && expected.contains_key("measures.npz") | (words[0] == "compare"));
    for of in counts {
        let out = folder.path().join(of.to_string());
        for index in (0..*of).rev() {
            succeed(shard(words, &out, &format!("{index}/{of}")));
        }
        succeed(merge(&out));
        assert!(files(&out) == expected, "{of} shards of {words:?}");
    }
}

const COUNTS: [usize; 4] = [1, 2, 7, 16];

#[test]
fn shards_of_texts_are_merged_to_the_bytes_of_one_process() {
    same_as_one(&texts(), &COUNTS);
}

#[test]
fn shards_of_images_are_merged_to_the_bytes_of_one_process() {
    same_as_one(&images(), &COUNTS);
}

#[test]
fn shards_of_arrays_are_merged_to_the_bytes_of_one_process() {
    same_as_one(&[arrays(), vec!["--save-activations".to_owned()]].concat(), &COUNTS);
}

#[test]
fn tiles_of_pairs_are_merged_to_the_bytes_of_one_process() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    same_as_one(&wide(folder.path()), &COUNTS);
}

#[test]
fn shards_of_a_comparison_are_merged_to_the_bytes_of_one_process() {
    same_as_one(&comparison(), &COUNTS);
}

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

#[test]
fn processors_of_different_kinds_make_the_same_tiles() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let words = wide(folder.path());
    let (whole, out) = (folder.path().join("whole"), folder.path().join("shared"));
    succeed(probe(&words, &["-o", utf8(&whole), "-q"]));
    for (index, instructions) in ["portable", "avx2", "avx512", "portable"].iter().enumerate() {
        let mut command = shard(&words, &out, &format!("{index}/4"));
        command.env("PROBE_SIMD", instructions);
        succeed(command);
    }
    succeed(merge(&out));
    assert!(files(&out) == files(&whole));
}

#[test]
fn a_missing_shard_and_a_missing_part_are_named_with_the_command_that_makes_them() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (words, out) = (arrays(), folder.path().join("run"));
    for index in [0, 1, 3] {
        let said = stdout(&succeed(shard(&words, &out, &format!("{index}/4"))));
        assert!(
            said.contains(&format!("shard {index}/4 is finished; left: ")) && said.contains("probe merge"),
            "{said}"
        );
    }
    let said = fail(merge(&out), 3);
    assert!(said.contains("1 shard of 4 in") && said.contains("is not finished: 2"), "{said}");
    assert!(said.contains("--shard 2/4") && said.contains("probe merge "), "{said}");
    let said = stdout(&succeed(shard(&words, &out, "2/4")));
    assert!(said.contains("and so are all others; next: probe merge"), "{said}");

    // A part that is gone though its shard was finished, and one that was damaged.
    let parts = parts(&out);
    fs::remove_file(&parts[0]).expect("a part");
    let said = fail(merge(&out), 3);
    assert!(said.contains("is not finished: 0") && said.contains("--shard 0/4"), "{said}");
    succeed(shard(&words, &out, "0/4"));
    fs::write(&parts[parts.len() - 1], b"damaged").expect("a part");
    let said = fail(merge(&out), 3);
    assert!(said.contains("is not finished: 3"), "{said}");
    succeed(shard(&words, &out, "3/4"));
    succeed(merge(&out));
    let whole = folder.path().join("whole");
    succeed(probe(&words, &["-o", utf8(&whole), "-q"]));
    let merged = files(&out);
    assert!(merged == files(&whole));

    // Once more does no harm.
    let said = stderr(&succeed(probe(&["merge".to_owned()], &[utf8(&out)])));
    assert!(said.contains("is merged already"), "{said}");
    assert!(files(&out) == merged);
}

/// The parts of the capture, in their order.
fn parts(out: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> = fs::read_dir(out.join(".probe"))
        .expect("unfinished work")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| utf8(path).contains("capture-") && fs::metadata(path).is_ok_and(|file| file.len() > 1000))
        .collect();
    parts.sort();
    assert!(parts.len() > 3, "{parts:?}");
    parts
}

#[test]
fn what_runs_at_once_and_twice_and_is_killed_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (words, out) = (texts(), folder.path().join("run"));
    let mut running = Vec::new();
    for index in [0, 1, 2, 2, 1, 0] {
        let mut command = shard(&words, &out, &format!("{index}/3"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        running.push(command.spawn().expect("probe starts"));
    }
    // One of the two that make shard 2 dies, and so does the only one that has begun shard 0 again.
    running[2].kill().expect("it is there, or its end is not asked for yet");
    running[5].kill().expect("it is there, or its end is not asked for yet");
    for (index, mut child) in running.into_iter().enumerate() {
        let status = child.wait().expect("an end");
        assert!(status.success() || [2, 5].contains(&index), "{index}: {status}");
    }
    succeed(shard(&words, &out, "0/3"));
    succeed(merge(&out));
    let whole = folder.path().join("whole");
    succeed(probe(&words, &["-o", utf8(&whole), "-q"]));
    assert!(files(&out) == files(&whole));
}

#[test]
fn shards_that_do_not_belong_together_are_named_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (words, out) = (arrays(), folder.path().join("run"));
    succeed(shard(&words, &out, "0/2"));
    let before = files(&out);
    let other = |change: &[&str], number: &str, code| {
        let change: Vec<String> = change.iter().map(ToString::to_string).collect();
        let said = fail(shard(&[words.clone(), change].concat(), &out, number), code);
        assert!(files(&out) == before, "{said}");
        said
    };
    assert!(other(&[], "1/3", 2).contains("is shared out among 2 shards, not 3"));
    let said = other(&["--bins", "50"], "1/2", 3);
    assert!(said.contains("holds shards of another run, which differs in settings.bins"), "{said}");
    let said = other(&["--seed", "5"], "1/2", 3);
    assert!(said.contains("settings.seed"), "{said}");
    let mut model = words.clone();
    model[1] = utf8(&digits("colored_a1.00_s0")).to_owned();
    let said = fail(shard(&model, &out, "1/2"), 3);
    assert!(said.contains("differs in model.blake3"), "{said}");
    assert!(files(&out) == before);
    // A run by itself would remove what the shards have made.
    let said = fail(probe(&words, &["-o", utf8(&out)]), 3);
    assert!(said.contains("holds what shards of a run have made") && said.contains("probe merge"), "{said}");
    assert!(files(&out) == before);
    succeed(shard(&words, &out, "1/2"));
    succeed(merge(&out));
}

#[test]
fn what_cannot_be_shared_out_is_refused() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let out = folder.path().join("run");
    let model = repo("models/reviews/base.onnx");
    let stdin = ["--model", utf8(&model), "--texts", "-"].map(str::to_owned);
    let said = fail(shard(&stdin, &out, "0/2"), 2);
    assert!(said.contains("texts from standard input cannot be shared out"), "{said}");
    let said = fail(shard(&[comparison(), vec!["--binning=shared".into()]].concat(), &out, "0/2"), 2);
    assert!(said.contains("--binning shared"), "{said}");
    let said = fail(shard(&arrays(), &out, "auto/2"), 2);
    assert!(said.contains("SLURM_ARRAY_TASK_ID"), "{said}");
    for wrong in ["2", "3/2", "0/0", "x/2"] {
        fail(shard(&arrays(), &out, wrong), 2);
    }
    let said = fail(probe(&arrays(), &["--shard", "0/2"]), 2);
    assert!(said.contains("--out"), "{said}");
    fs::create_dir_all(&out).expect("a folder");
    let said = fail(merge(&out), 3);
    assert!(said.contains("holds no shards of a run"), "{said}");
}

#[test]
fn the_scheduler_says_which_shard_it_is_counting_from_zero_or_from_one() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let words = arrays();
    let expected = folder.path().join("whole");
    succeed(probe(&words, &["-o", utf8(&expected), "-q"]));
    for (variable, tasks) in [("SLURM_ARRAY_TASK_ID", ["0", "1"]), ("HQ_TASK_ID", ["1", "2"])] {
        let out = folder.path().join(variable);
        for task in tasks {
            let mut command = shard(&words, &out, "auto/2");
            command.env(variable, task);
            succeed(command);
        }
        succeed(merge(&out));
        assert!(files(&out) == files(&expected), "{variable}");
    }
}
