//! Inputs as they are found: some are broken, odd or hostile, most are not. The run goes on with those that can be used,
//! and `skipped.jsonl` says which it left out, and why.

mod common;

use std::fs;
use std::path::Path;

use common::{probe, repo, run, stderr, stdout};
use serde_json::Value;

/// `probe --model MODEL FLAG INPUTS -o DIR/run EXTRA`, which has to succeed: its report and its ledger.
fn scored(folder: &Path, model: &str, flag: &str, inputs: &Path, extra: &[&str]) -> (Value, Vec<Value>) {
    let out = folder.join("run");
    let output = probe()
        .arg("--model")
        .arg(repo(model))
        .args([flag.as_ref(), inputs.as_os_str(), "-o".as_ref(), out.as_os_str(), "--json".as_ref()])
        .args(extra)
        .output()
        .expect("probe starts");
    assert!(output.status.success(), "{}", stderr(&output));
    let report = serde_json::from_slice(&output.stdout).expect("--json prints JSON");
    let ledger = fs::read_to_string(out.join("skipped.jsonl")).expect("a run has a ledger");
    (report, ledger.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

/// The lines that the ledger has a reason for that holds `word`.
fn lines(ledger: &[Value], word: &str) -> Vec<u64> {
    let about = ledger.iter().filter(|entry| entry["reason"].as_str().is_some_and(|reason| reason.contains(word)));
    about.filter_map(|entry| entry["line"].as_u64()).collect()
}

fn reviews() -> String {
    fs::read_to_string(repo("fixtures/reviews.txt")).expect("texts are in the repository")
}

#[test]
fn lines_that_are_no_texts_are_counted_and_the_rest_is_used() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("texts.txt");
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    for line in reviews().lines().take(40) {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n   \n");
    bytes.extend_from_slice(b"nul \0 within\n");
    bytes.extend_from_slice(b"not \xff\xfe UTF-8\n");
    bytes.extend_from_slice("word ".repeat(100_000).as_bytes());
    fs::write(&path, bytes).expect("a scratch file");
    let score = |extra: &[&str]| {
        let extra = [&["--samples", "all", "--max-skipped", "5"], extra].concat();
        scored(folder.path(), "models/reviews/base.onnx", "--texts", &path, &extra)
    };
    let (report, ledger) = score(&[]);
    // Of 43 lines that are not blank one is not UTF-8.
    assert_eq!((&report["inputs"]["count"], &report["inputs"]["skipped"]), (&42.into(), &1.into()));
    assert_eq!(lines(&ledger, "UTF-8"), [44]);
    assert_eq!(lines(&ledger, "blank"), [41, 42]);
    assert!(
        report["warnings"].to_string().contains("truncated to"),
        "the long line is truncated: {}",
        report["warnings"]
    );
    let (report, ledger) = score(&["--lossy"]);
    assert_eq!((&report["inputs"]["count"], lines(&ledger, "UTF-8")), (&43.into(), vec![]));
}

/// What is measured must not depend on how the texts were written down.
#[test]
fn a_table_in_utf16_with_semicolons_gives_the_figures_of_its_texts() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let score = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a scratch file");
        scored(folder.path(), "models/reviews/base.onnx", "--texts", &path, &["--samples", "all"]).0
    };
    let all = reviews();
    let mut texts: Vec<&str> = all.lines().take(60).collect();
    texts.sort_unstable();
    texts.dedup();
    let plain = score("texts.txt", texts.join("\n").as_bytes());
    let quoted = |text: &&str| format!("3;\"{}\"\r\n", text.replace('"', "\"\""));
    let table: String = std::iter::once("stars;review\r\n".to_owned()).chain(texts.iter().map(quoted)).collect();
    let utf16: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let table = score("texts.csv", &utf16);
    assert_eq!((&table["overall"], &table["inputs"]["blake3"]), (&plain["overall"], &plain["inputs"]["blake3"]));
    let read = &table["inputs"]["provenance"]["texts"]["values"];
    assert_eq!(
        (&read["encoding"]["value"], &read["format"]["value"], &read["text_column"]["value"]),
        (&"UTF-16LE".into(), &"separated by semicolons".into(), &"review".into())
    );
    // Every text four times over is measured once, and said.
    let repeated = score("repeated.txt", vec![texts.join("\n"); 4].join("\n").as_bytes());
    assert_eq!(repeated["overall"], plain["overall"]);
    assert_eq!(repeated["inputs"]["repeats"]["dropped"], 3 * texts.len());
    assert!(repeated["warnings"].to_string().contains("repeated-inputs"), "{}", repeated["warnings"]);
}

#[test]
fn images_of_every_kind_are_used_and_broken_ones_are_in_the_ledger() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let images = folder.path().join("images");
    fs::create_dir(&images).expect("a scratch folder");
    let copy = |from: &str, name: &str| {
        fs::copy(repo(from).join(name), images.join(name)).expect("a fixture can be copied");
    };
    let good = [
        "jpeg-cmyk.jpg",
        "png-rgb-16.png",
        "png-rgba.png",
        "jpeg-as.png",
        "png-palette-alphas.png",
        "tiff-cmyk.tif",
        "jpeg-turned.jpg",
        "gif-animated.gif",
    ];
    good.iter().for_each(|name| copy("fixtures/images/files", name));
    let broken = ["half-jpeg-420-q75.jpg", "bomb-60000.png", "page.jpg"];
    broken.iter().for_each(|name| copy("fixtures/images/bad", name));
    let (report, ledger) =
        scored(folder.path(), "models/objects/base.onnx", "--images", &images, &["--max-skipped", "50"]);
    assert_eq!(report["inputs"]["count"], good.len());
    let mut named: Vec<_> = ledger
        .iter()
        .map(|entry| Path::new(entry["source"].as_str().expect("a path")).file_name().expect("a name").to_owned())
        .collect();
    named.sort();
    assert_eq!(named, ["bomb-60000.png", "half-jpeg-420-q75.jpg", "page.jpg"]);
}

/// Half of six inputs are too few for three neighbours: the interval of the mutual information is not known, and no
/// verdict that needs both measures may be given.
#[test]
fn few_inputs_are_not_enough_evidence() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("texts.txt");
    fs::write(&path, reviews().lines().take(6).collect::<Vec<_>>().join("\n")).expect("a scratch file");
    let variant = |label: &str, model: &str| format!("{label}={}", repo(model).display());
    let variants = [variant("one", "models/reviews/base.onnx"), variant("other", "models/reviews/heuristic.onnx")];
    let texts = path.display().to_string();
    let output =
        probe().arg("compare").args(variants).args(["--texts", &texts, "--json"]).output().expect("probe starts");
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("--json prints JSON");
    let pair = &report["pairs"][0];
    assert_eq!(pair["delta_mutual_information"]["interval95"], serde_json::json!([null, null]));
    assert_eq!(pair["verdict"], "not enough evidence");
    let sentence = pair["evidence"]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("no interval") && !sentence.contains("NaN"), "{sentence}");
}

#[test]
#[cfg(unix)]
fn what_a_file_or_a_text_says_does_not_reach_the_terminal_or_the_page_alive() {
    const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J<img src=x onerror=alert(1)>\u{202e}";
    let folder = tempfile::tempdir().expect("a scratch folder");
    let named = folder.path().join(format!("{}.txt", HOSTILE.replace('/', "")));
    let texts: Vec<_> = reviews().lines().take(30).map(|line| format!("{HOSTILE}{line}")).collect();
    fs::write(&named, texts.join("\n")).expect("a scratch file");
    let out = folder.path().join("run");
    let model = repo("models/reviews/base.onnx");
    let base = ["--model".into(), model, "--texts".into(), named, "-o".into(), out.clone()];
    let output = run(&base);
    assert!(output.status.success(), "{}", stderr(&output));
    let examples = run(&["examples".into(), out.clone()]);
    assert!(examples.status.success(), "{}", stderr(&examples));
    let absent = run(&["--model".into(), folder.path().join(HOSTILE), "--texts".into(), out.clone()]);
    assert_eq!(absent.status.code(), Some(3));
    for (output, what) in [(&output, "a run"), (&examples, "examples"), (&absent, "an error")] {
        let said = stdout(output) + &stderr(output);
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{what}: {said:?}");
    }
    let page = fs::read_to_string(out.join("report.html")).expect("a run has a page");
    assert!(!page.contains("<img src=x") && !page.contains(['\u{1b}', '\u{202e}']));
    assert!(page.contains("&lt;img src=x"), "the texts are shown, escaped");
}
