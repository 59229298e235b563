//! Ids equal transformers' (fixtures/texts/make_ids.py), for every form in which a tokenizer is left behind.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::*;
use crate::inputs::Source;
use crate::model::Config;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn parsed(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn open(folder: &Path, max_length: Option<usize>) -> Result<Tokenizer, Error> {
    let settings = Settings { max_length, ..Settings::new(Source::Texts(Vec::new())) };
    let context = ModelContext { folders: vec![folder.to_owned()], ..ModelContext::default() };
    Tokenizer::open(&settings, &context, None)
}

/// `vocab.json` and `merges.txt` out of the repository's `tokenizer.json`, with a configuration beside them.
fn bytepairs(config: Value, vocab: impl Fn(Map<String, Value>) -> Map<String, Value>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = parsed(repository("models/reviews/tokenizer.json"))["model"].take();
    let vocab = vocab(model["vocab"].as_object().unwrap().clone());
    let merges = model["merges"].as_array().unwrap().iter();
    let merges = merges.map(|merge| format!("{} {}\n", merge[0].as_str().unwrap(), merge[1].as_str().unwrap()));
    fs::write(folder.path().join("vocab.json"), Value::Object(vocab).to_string()).unwrap();
    fs::write(folder.path().join("merges.txt"), format!("#version: 0.2\n{}", merges.collect::<String>())).unwrap();
    fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    folder
}

fn text(first: &str) -> Text {
    Text { first: first.to_owned(), second: None }
}

fn hard() -> Vec<String> {
    let lines = fs::read_to_string(repository("fixtures/texts/hard.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str::<(String, usize)>(line).unwrap())
        .map(|(piece, times)| piece.repeat(times))
        .collect()
}

fn matches_golden(tokenizer: &Tokenizer, name: &str) {
    let golden = parsed(repository("fixtures/texts/ids.json"))[name].take();
    for (at, line) in hard().iter().enumerate() {
        let encoded = tokenizer.encode(&text(line)).unwrap();
        let start: String = line.chars().take(40).collect();
        assert_eq!(json!(encoded.ids), golden["ids"][at], "{name}: {start:?}");
        assert_eq!(json!(encoded.truncated), golden["truncated"][at], "{name}: {start:?}");
    }
    let pairs: Vec<(String, String)> = serde_json::from_value(parsed(repository("fixtures/texts/pairs.json"))).unwrap();
    for (at, (first, second)) in pairs.into_iter().enumerate() {
        let encoded = tokenizer.encode(&Text { first, second: Some(second) }).unwrap();
        assert_eq!(json!(encoded.ids), golden["pair_ids"][at], "{name}, pair {at}");
        let segments = if encoded.segments.is_empty() { vec![0; encoded.ids.len()] } else { encoded.segments };
        assert_eq!(json!(segments), golden["pair_segments"][at], "{name}, pair {at}");
    }
}

#[test]
fn a_tokenizer_json() {
    let tokenizer = open(&repository("models/reviews"), None).unwrap();
    assert_eq!((tokenizer.max_length, tokenizer.pad), (64, 1));
    assert_eq!(tokenizer.file, repository("models/reviews/tokenizer.json"));
    matches_golden(&tokenizer, "roberta_json");
}

#[test]
fn roberta_from_vocab_and_merges() {
    let folder = bytepairs(parsed(repository("models/reviews/tokenizer_config.json")), |vocab| vocab);
    matches_golden(&open(folder.path(), None).unwrap(), "roberta_files");
    let folder = bytepairs(parsed(repository("fixtures/texts/prefix_space/tokenizer_config.json")), |vocab| vocab);
    matches_golden(&open(folder.path(), None).unwrap(), "prefix_space");
}

#[test]
fn gpt2_from_vocab_and_merges() {
    let folder = bytepairs(json!({"tokenizer_class": "GPT2Tokenizer"}), |vocab| {
        let special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
        let kept = vocab.into_iter().map(|(token, _)| token).filter(|token| !special.contains(&token.as_str()));
        kept.chain(["<|endoftext|>".to_owned()]).enumerate().map(|(id, token)| (token, json!(id))).collect()
    });
    let tokenizer = open(folder.path(), Some(64)).unwrap();
    matches_golden(&tokenizer, "gpt2");
}

#[test]
fn bert_from_vocab_txt() {
    for name in ["bert", "bert_cased", "bert_accents"] {
        matches_golden(&open(&repository("fixtures/texts").join(name), None).unwrap(), name);
    }
}

#[test]
fn a_tokenizer_is_found_one_level_up_or_where_it_is_named() {
    let settings = |tokenizer: Option<PathBuf>| Settings { tokenizer, ..Settings::new(Source::Texts(Vec::new())) };
    let folders = vec![repository("models/reviews/onnx"), repository("models/reviews")];
    let context = ModelContext { folders, ..ModelContext::default() };
    let found = |given| Tokenizer::open(&settings(given), &context, None);
    assert_eq!(found(None).unwrap().file, repository("models/reviews/tokenizer.json"));
    let bert = repository("fixtures/texts/bert");
    assert_eq!(found(Some(bert.clone())).unwrap().file, bert.join("vocab.txt"));
    assert_eq!(found(Some(bert.join("vocab.txt"))).unwrap().file, bert.join("vocab.txt"));
    assert!(matches!(found(Some(bert.join("none.json"))), Err(Error::Missing(_))));
    assert!(matches!(found(Some(repository("fixtures/texts"))), Err(Error::NoTokenizer { .. })));
    assert!(matches!(found(Some(bert.join("tokenizer_config.json"))), Err(Error::Malformed { .. })));
}

#[test]
fn side_files_that_are_broken_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |name: &str, content: &str| {
        fs::write(folder.path().join(name), content).unwrap();
        let failed = matches!(open(folder.path(), None), Err(Error::Malformed { path, .. }) if path.ends_with(name));
        fs::remove_file(folder.path().join(name)).unwrap();
        failed
    };
    assert!(fails("tokenizer.json", "{\"version\":"));
    assert!(fails("tokenizer.json", "version https://git-lfs.github.com/spec/v1"));
    assert!(fails("vocab.txt", "no\nspecial\ntokens\n"));
    fs::write(folder.path().join("merges.txt"), "a b\n").unwrap();
    assert!(fails("vocab.json", "{\"<s>\":0,\"</s>\":1,\"a\":2}"));
    assert!(fails("vocab.json", "[]"));
    fs::copy(repository("models/reviews/tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    assert!(fails("tokenizer_config.json", "[]"));
}

#[test]
fn a_length_too_short_for_the_special_tokens_is_refused() {
    let folder = repository("models/reviews");
    for asked in 1..3 {
        assert!(matches!(open(&folder, Some(asked)), Err(Error::Length { asked: a, .. }) if a == asked), "{asked}");
    }
    let tokenizer = open(&folder, Some(3)).unwrap();
    assert_eq!(tokenizer.encode(&text("a long text of many words")).unwrap().ids.len(), 3);
}

#[test]
fn padding_is_what_the_tokenizer_says_within_what_the_model_has() {
    let folder = bytepairs(json!({"pad_token": "</s>"}), |vocab| vocab);
    assert_eq!(open(folder.path(), None).unwrap().pad, 2);
    let context = ModelContext {
        folders: vec![repository("fixtures/texts/bert_cased")],
        embeddings: Some(5),
        config: Config { pad_token_id: Some(7), ..Config::default() },
        ..ModelContext::default()
    };
    assert_eq!(Tokenizer::open(&Settings::new(Source::Texts(Vec::new())), &context, None).unwrap().pad, 0);
}

/// Settings next to `tokenizer.json` that stand above it (fixtures/texts/make_settings.py).
#[test]
fn settings_next_to_the_tokenizer_give_the_ids_of_transformers() {
    let golden = parsed(repository("fixtures/texts/settings.json"));
    let texts: Vec<String> = serde_json::from_value(golden["texts"].clone()).unwrap();
    for (name, case) in golden["cases"].as_object().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, content: &Value| {
            let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
            fs::write(folder.path().join(file), text).unwrap();
        };
        if let Some(base) = case["base"].as_str() {
            write("tokenizer.json", &golden["bases"][base]);
        }
        case["files"].as_object().unwrap().iter().for_each(|(file, content)| write(file, content));
        let model_type = case["files"]["config.json"]["model_type"].as_str().map(str::to_owned);
        let context = ModelContext {
            folders: vec![folder.path().to_owned()],
            config: Config { model_type, ..Config::default() },
            ..ModelContext::default()
        };
        let tokenizer = Tokenizer::open(&Settings::new(Source::Texts(Vec::new())), &context, None).unwrap();
        for (at, line) in texts.iter().enumerate() {
            assert_eq!(json!(tokenizer.encode(&text(line)).unwrap().ids), case["ids"][at], "{name}: {line:?}");
        }
    }
}

#[test]
fn a_sentencepiece_model_alone_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sentencepiece.bpe.model"), "x").unwrap();
    match open(folder.path(), None) {
        Err(Error::SentencePieceOnly(path)) => assert!(path.ends_with("sentencepiece.bpe.model")),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_normalizer_that_blows_texts_up_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut tokenizer = parsed(repository("models/reviews/tokenizer.json"));
    let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
    tokenizer["normalizer"] = json!({"type": "Sequence", "normalizers": vec![double; 30]});
    fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    match open(folder.path(), None) {
        Err(Error::Malformed { reason, .. }) => assert!(reason.contains("times as long"), "{reason}"),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn the_provenance_names_every_file_and_value_with_its_origin() {
    let golden = parsed(repository("fixtures/texts/settings.json"));
    let case = &golden["cases"]["lower_on"];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokenizer.json"), golden["bases"]["cased"].to_string()).unwrap();
    let config = case["files"]["tokenizer_config.json"].to_string();
    fs::write(folder.path().join("tokenizer_config.json"), &config).unwrap();
    let resolved = open(folder.path(), Some(9)).unwrap().preparation;
    let said = |name: &str| (resolved.values[name].value.clone(), resolved.values[name].from.to_string());
    assert_eq!(said("do_lower_case"), (json!(true), "tokenizer_config.json".to_owned()));
    assert_eq!(said("strip_accents"), (Value::Null, "default".to_owned()));
    assert_eq!(said("max_length"), (json!(9), "flag".to_owned()));
    assert_eq!(said("truncation_side"), (json!("right"), "default".to_owned()));
    assert_eq!(resolved.files.len(), 2);
    let hash = blake3::hash(config.as_bytes()).to_hex().to_string();
    assert!(resolved.files.iter().any(|file| file.blake3 == hash));
    // Another spelling of the same tokenizer prepares texts alike.
    let pretty = serde_json::to_string_pretty(&golden["bases"]["cased"]).unwrap();
    fs::write(folder.path().join("tokenizer.json"), pretty).unwrap();
    let again = open(folder.path(), Some(9)).unwrap().preparation;
    assert_eq!((&again.values, again.files == resolved.files), (&resolved.values, false));
}
