//! What is fuzzed: the readers of everything that comes from outside, each a function of bytes.
//!
//! `fuzz_targets/` hands these to libFuzzer, `tests/corpus.rs` runs them over the seeds and over mutations of them.
//! An error is a fine outcome; a panic, a hang, or something that was written and cannot be read back is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use probe::internals::activations;
use probe::internals::inputs::images::{Overrides, Preprocess};
use probe::internals::inputs::{Inputs, Samples, Settings, Source, arrays as numpy};
use probe::internals::model::Model;
use probe::internals::report::saved::Saved;
use probe::internals::taps::{self, Request};

/// A target: bytes in, no panic out.
pub type Target = fn(&[u8]);

/// Name and function of every target.
pub const TARGETS: [(&str, Target); 8] = [
    ("graph_reader", graph_reader),
    ("overlay", overlay),
    ("arrays", arrays),
    ("configs", configs),
    ("side_files", side_files),
    ("saved_run", saved_run),
    ("texts", texts),
    ("parquet", parquet),
];

/// The graph of a model, its layers, and its hash.
pub fn graph_reader(bytes: &[u8]) {
    if let Ok(model) = Model::open(&written("model.onnx", bytes)) {
        taps::candidates(&model.graph);
        let _ = model.digest();
    }
}

/// The bytes that are appended to a model: it can be read again, and has the new outputs.
pub fn overlay(bytes: &[u8]) {
    let Ok(model) = Model::open(&written("model.onnx", bytes)) else { return };
    let Ok((_, overlay)) = taps::expose(&model.graph, &Request::default()) else { return };
    let exposed = [bytes, &overlay.bytes].concat();
    let again = Model::open(&written("exposed.onnx", &exposed)).expect("a model with an overlay can be read");
    for name in &overlay.outputs {
        assert!(again.graph.outputs.iter().any(|output| output.name == *name), "the output '{name}' is missing");
    }
}

/// .npy and .npz, as inputs and as activations.
pub fn arrays(bytes: &[u8]) {
    let path = written("arrays", bytes);
    for array in numpy::open(&path).unwrap_or_default() {
        if array.rows() > 0 && array.row_bytes() < 1 << 20 {
            let _ = array.take(&[0, array.rows() - 1]);
        }
    }
    let few = |rows: usize| (0..rows.min(16)).collect();
    let _ = activations::load(&path, &|_| true, &few, &());
}

/// The files beside a model that say how its inputs are prepared.
pub fn configs(bytes: &[u8]) {
    let path = written("preprocessor_config.json", bytes);
    for fixed in [None, Some((64, 64))] {
        let _ = Preprocess::find(&Overrides::default(), std::slice::from_ref(&path), fixed);
    }
    for side in ["tokenizer.json", "tokenizer_config.json", "config.json"] {
        written(&format!("side/{side}"), bytes);
        let texts = written("side.txt", b"a good film\n");
        let folder = scratch().join("side");
        let settings = Settings { tokenizer: Some(folder.clone()), ..Settings::new(Source::Texts(vec![texts])) };
        drain(&settings);
        written("side/tokenizer.json", TOKENIZER);
        let _ = fs::remove_file(folder.join("tokenizer_config.json"));
        let _ = fs::remove_file(folder.join("config.json"));
    }
}

/// The other files of a tokenizer: the first byte says which of them is fuzzed, the others are as they should be.
pub fn side_files(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    const FILES: [(&str, &[u8]); 6] = [
        ("vocab.json", br#"{"<unk>":0,"<s>":1,"</s>":2,"a":3,"f":4,"i":5,"l":6,"m":7,"fi":8}"#),
        ("merges.txt", b"#version: 0.2\nf i\n"),
        ("vocab.txt", b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nfilm\n"),
        ("tokenizer_config.json", br#"{"tokenizer_class":"BertTokenizer","do_lower_case":true,"model_max_length":16}"#),
        ("special_tokens_map.json", br#"{"pad_token":"[PAD]","cls_token":{"content":"[CLS]"}}"#),
        ("added_tokens.json", br#"{"<extra>":9}"#),
    ];
    let fuzzed = usize::from(*which) % FILES.len();
    // One form of vocabulary at a time: pairs of bytes, or pieces of words.
    let left_out: &[usize] = if fuzzed < 2 || *which > 127 { &[2] } else { &[0, 1] };
    let folder = scratch().join("tokenizer files");
    let _ = fs::remove_dir_all(&folder);
    for (index, (name, usual)) in FILES.iter().enumerate().filter(|(index, _)| !left_out.contains(index)) {
        written(&format!("tokenizer files/{name}"), if index == fuzzed { bytes } else { usual });
    }
    let texts = written("side.txt", b"a good film\n");
    drain(&Settings { tokenizer: Some(folder), ..Settings::new(Source::Texts(vec![texts])) });
}

/// A run's folder, as `report`, `examples` and `compare` read it: the first byte says which file is fuzzed. The report lists
/// the hash of whatever the others are, so that what is fuzzed is read and not only refused.
pub fn saved_run(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let names = ["report.json", "measures.npz", "examples.json"];
    let fuzzed = names[usize::from(*which) % names.len()];
    // The seeds begin with the byte that says which file they are.
    let seed = |name: &str| {
        seed(&format!("fixtures/seeds/saved_run/{}", name.split('.').next().unwrap_or(name)))[1..].to_vec()
    };
    for name in names {
        let content = if name == fuzzed { bytes.to_vec() } else { seed(name) };
        written(&format!("run/{name}"), &content);
    }
    if fuzzed != "report.json" {
        let mut report: serde_json::Value = serde_json::from_slice(&seed("report.json")).expect("the seed is JSON");
        report["files"][fuzzed] = blake3::hash(bytes).to_hex().to_string().into();
        written("run/report.json", report.to_string().as_bytes());
    }
    let _ = Saved::read(&scratch().join("run"));
}

/// A file of the repository, from wherever this is compiled.
fn seed(path: &str) -> Vec<u8> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = if here.join(path).is_file() { here.join(path) } else { here.join("..").join(path) };
    fs::read(place).expect("the seed is in the repository")
}

/// Texts in every format.
pub fn texts(bytes: &[u8]) {
    let tokenizer = Some(written("tokenizer/tokenizer.json", TOKENIZER));
    for name in ["texts.txt", "texts.csv", "texts.tsv", "texts.jsonl", "texts.json"] {
        let source = Source::Texts(vec![written(name, bytes)]);
        let column = (!name.ends_with("txt")).then(|| "text".to_owned());
        drain(&Settings {
            text_column: column,
            lossy: bytes.len().is_multiple_of(2),
            tokenizer: tokenizer.clone(),
            samples: Samples::Count(64),
            ..Settings::new(source)
        });
    }
}

/// Tables of texts in Parquet files, with the column named and guessed.
pub fn parquet(bytes: &[u8]) {
    let tokenizer = Some(written("tokenizer/tokenizer.json", TOKENIZER));
    let source = Source::Texts(vec![written("texts.parquet", bytes)]);
    for text_column in [None, Some("text".to_owned())] {
        drain(&Settings {
            text_column,
            tokenizer: tokenizer.clone(),
            samples: Samples::Count(64),
            ..Settings::new(source.clone())
        });
    }
}

/// Every word but three is unknown to it; what is fuzzed is how texts are found and cut.
const TOKENIZER: &[u8] = br#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
"pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,
"model":{"type":"WordLevel","vocab":{"[UNK]":0,"a":1,"film":2},"unk_token":"[UNK]"}}"#;

/// Opens the inputs and prepares all of their batches.
fn drain(settings: &Settings) {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/reviews/base.onnx");
    let path =
        if path.is_file() { path } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/reviews/base.onnx") };
    let model = MODEL.get_or_init(|| Model::open(&path).expect("the model of the reviews is in the repository"));
    if let Ok(inputs) = Inputs::open(settings, model) {
        inputs.all_batches().for_each(drop);
    }
}

/// The bytes in a file of that name, in this process's own folder.
fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch().join(name);
    fs::create_dir_all(path.parent().unwrap_or(&path)).expect("the scratch folder can be written");
    fs::write(&path, bytes).expect("the scratch folder can be written");
    path
}

thread_local! {
    static SCRATCH: tempfile::TempDir = tempfile::tempdir().expect("a scratch folder");
}

/// Each thread has its own, since tests run beside each other.
fn scratch() -> PathBuf {
    SCRATCH.with(|folder| folder.path().to_owned())
}
