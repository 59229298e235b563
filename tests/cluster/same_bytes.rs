//! Whatever the number of shards, their order, the instructions of their processors, and what ran twice or was killed on the way.

use std::process::Stdio;

use crate::runs::{arrays, comparison, files, images, merge, probe, shard, succeed, texts, utf8, wide};

/// That so many shards, made in falling order and every other one with portable instructions, are merged to what one process
/// wrote with the best that this processor has.
fn same_as_one(words: &[String], counts: &[usize]) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let whole = folder.path().join("whole");
    succeed(probe(words, &["-o", utf8(&whole), "-q"]));
    let expected = files(&whole);
    assert!(expected.contains_key("report.json") && expected.contains_key("measures.npz") | (words[0] == "compare"));
    for of in counts {
        let out = folder.path().join(of.to_string());
        for index in (0..*of).rev() {
            let mut command = shard(words, &out, &format!("{index}/{of}"));
            command.env("PROBE_SIMD", ["portable", "avx2"][index % 2]);
            succeed(command);
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
