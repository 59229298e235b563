//! The fuzz targets without a fuzzer: over the seeds that are in the repository, and over mutations of them that are
//! the same every time. `PROBE_MUTATIONS` sets how many a seed has.

mod common;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use common::repo;

/// Larger seeds are slow to mutate and say nothing that small ones do not.
const LARGEST: u64 = 64 << 10;

/// The files in or below these paths, in an order that is always the same.
fn seeds(paths: &[&str]) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    paths.iter().for_each(|path| collect(&repo(path), &mut files));
    files.sort();
    let small = files.iter().filter(|file| fs::metadata(file).is_ok_and(|m| m.len() <= LARGEST));
    small.map(|file| fs::read(file).expect("a seed can be read")).collect()
}

fn collect(path: &Path, files: &mut Vec<std::path::PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) if path.is_file() => files.push(path.to_owned()),
        Err(_) => {}
    }
}

/// A linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// A few bytes changed, taken out, doubled, or put in from another seed.
fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let until = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at.min(until)..until)),
            2 => bytes.extend_from_within(at.min(until)..until),
            3 if !other.is_empty() => {
                let from = random.below(other.len());
                let piece = &other[from..(from + 32).min(other.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            4 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\n', b','][random.below(8)],
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    bytes
}

/// Runs the target over the files in these paths, and over what a fuzzer once found (`fixtures/fuzzed`).
fn holds(name: &str, paths: &[&str]) {
    let found = format!("fixtures/fuzzed/{name}");
    let seeds = seeds(&[paths, &[&found]].concat());
    assert!(seeds.len() > 3, "{name} has {} seeds", seeds.len());
    let mutations = std::env::var("PROBE_MUTATIONS").map_or(30, |count| count.parse().expect("a count"));
    let (_, target) = targets::TARGETS.iter().find(|(target, _)| *target == name).expect("a target");
    let mut random = Random(1);
    for (index, seed) in seeds.iter().enumerate() {
        for mutation in 0..=mutations {
            let bytes = match mutation {
                0 => seed.clone(),
                _ => mutated(seed, &seeds[random.below(seeds.len())], &mut random),
            };
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                let kept = std::env::temp_dir().join(format!("probe-{name}-{index}-{mutation}"));
                fs::write(&kept, &bytes).expect("the input can be kept");
                panic!("{name} fell over mutation {mutation} of seed {index}, kept as {}", kept.display());
            }
        }
    }
    println!("{name}: {} inputs", seeds.len() * (mutations + 1));
}

#[test]
fn graph_reader() {
    holds("graph_reader", &["fixtures/bad/models", "fixtures/runtime"]);
}

#[test]
fn overlay() {
    holds("overlay", &["fixtures/bad/models", "fixtures/runtime"]);
}

#[test]
fn arrays() {
    holds("arrays", &["fixtures/bad/arrays"]);
}

#[test]
fn configs() {
    holds(
        "configs",
        &["fixtures/bad/side", "models/objects/preprocessor_config.json", "models/reviews/tokenizer_config.json"],
    );
}

#[test]
fn side_files() {
    holds("side_files", &["fixtures/seeds/side_files"]);
}

#[test]
fn saved_run() {
    holds("saved_run", &["fixtures/seeds/saved_run"]);
}

#[test]
fn texts() {
    holds("texts", &["fixtures/bad/texts", "fixtures/texts/hard.jsonl"]);
}

#[test]
fn parquet() {
    holds("parquet", &["fixtures/seeds/parquet", "fixtures/texts/texts.parquet"]);
}
