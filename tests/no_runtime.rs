//! No ONNX Runtime that can be used: exit 4 before anything else is done, what was wrong with what was tried, and how
//! to get one.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use common::{probe, repo, stderr};
use probe::internals::runtime::Runtime;

/// A run that is told to use this library, or left to look for one where there is none.
fn run(library: Option<&Path>) -> Output {
    let nowhere = tempfile::tempdir().expect("a scratch folder");
    let mut command = probe();
    command.arg("--model").arg(repo("models/reviews/base.onnx"));
    command.arg("--texts").arg(repo("fixtures/reviews.txt"));
    match library {
        Some(library) => command.env("ORT_DYLIB_PATH", library),
        None => command
            .env_remove("ORT_DYLIB_PATH")
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("VIRTUAL_ENV")
            .env_remove("CONDA_PREFIX")
            .env("HOME", nowhere.path())
            .env("XDG_CACHE_HOME", nowhere.path())
            .env("PATH", nowhere.path()),
    };
    let started = Instant::now();
    let output = command.output().expect("probe starts");
    let took = started.elapsed();
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    // A second is promised; the rest is for machines that do other things beside the tests.
    assert!(took < Duration::from_secs(5), "took {took:?}");
    output
}

#[test]
fn a_library_that_cannot_be_used_is_refused_with_its_reason() {
    let library = fs::read(Runtime::find(None).expect("an ONNX Runtime").library).expect("it can be read");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("libonnxruntime.so");
    let refused = |bytes: &[u8], reason: &str| {
        fs::write(&path, bytes).expect("a scratch file");
        let message = stderr(&run(Some(&path)));
        assert!(message.contains(reason) && message.contains("libonnxruntime.so"), "{message}");
    };
    refused(&library[..library.len() / 2], "cut short");
    // The machine's number stands at byte 18 of an ELF file; 22 is s390x.
    refused(&[&library[..18], &[22, 0], &library[20..]].concat(), "built for s390x");
    refused(b"<!DOCTYPE html>", "no shared library");
    refused(&made_old(library), "too old");
    fs::remove_file(&path).expect("a scratch file");
    assert!(stderr(&run(Some(&path))).contains("nothing is there"));
}

/// The same library with the version of its symbols set back to 1.10, in as many bytes.
fn made_old(mut library: Vec<u8>) -> Vec<u8> {
    const MARK: &[u8] = b"VERS_1.";
    let places: Vec<usize> = (0..library.len() - 9).filter(|at| library[*at..].starts_with(MARK)).collect();
    assert!(!places.is_empty(), "the library's symbols have a version");
    for at in places {
        library[at + MARK.len()..at + MARK.len() + 2].copy_from_slice(b"10");
    }
    library
}

#[test]
fn where_there_is_none_the_places_and_the_way_to_one_are_told() {
    let debian = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    if ["/usr/local/lib", "/usr/local/lib64", &debian, "/usr/lib64", "/usr/lib", "/opt/onnxruntime/lib"]
        .into_iter()
        .any(holds_a_runtime)
    {
        println!("this system has an ONNX Runtime among its libraries: not tried");
        return;
    }
    let message = stderr(&run(None));
    for told in ["no usable ONNX Runtime", "beside the executable", "the cache folder", "python3", "fetch-onnxruntime"]
    {
        assert!(message.contains(told), "'{told}' is missing: {message}");
    }
}

fn holds_a_runtime(folder: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with("libonnxruntime"))
}
