//! What is missing, does not belong together, or does not fit on the disk: named, and nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{repo, stderr, stdout};
use crate::runs::{arrays, comparison, digits, fail, files, merge, probe, shard, succeed, utf8};

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
    let mut inputs = words.clone();
    inputs[3] = utf8(&repo("fixtures/digits_shuffled.npz")).to_owned();
    let said = fail(shard(&inputs, &out, "1/2"), 3);
    assert!(said.contains("differs in model.inputs.content"), "{said}");
    assert!(files(&out) == before);
    // A run by itself would remove what the shards have made.
    let said = fail(probe(&words, &["-o", utf8(&out)]), 3);
    assert!(said.contains("holds what shards of a run have made") && said.contains("probe merge"), "{said}");
    assert!(files(&out) == before);
    succeed(shard(&words, &out, "1/2"));
    succeed(merge(&out));
}

#[test]
fn shards_of_another_version_are_named_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (words, out) = (arrays(), folder.path().join("run"));
    succeed(shard(&words, &out, "0/2"));
    succeed(shard(&words, &out, "1/2"));
    let path = out.join(".probe/depends");
    let ours = fs::read(&path).expect("what the parts depend on");
    let text = String::from_utf8(ours.clone()).expect("a mark and JSON");
    for (name, version) in
        [("probe", format!("\"probe\": \"{}\"", env!("CARGO_PKG_VERSION"))), ("onnxruntime", runtime(&text))]
    {
        assert!(text.contains(&version), "{text}");
        fs::write(&path, text.replace(&version, &format!("\"{name}\": \"0.0.1\""))).expect("it can be written");
        let before = files(&out);
        for command in [shard(&words, &out, "1/2"), merge(&out)] {
            let said = fail(command, 3);
            assert!(said.contains(&format!("holds shards of another run, which differs in {name}\n")), "{said}");
            assert!(files(&out) == before);
        }
    }
    fs::write(&path, ours).expect("it can be written");
    succeed(merge(&out));
}

/// The entry with the version of ONNX Runtime.
fn runtime(depends: &str) -> String {
    let line = depends.lines().find(|line| line.contains("\"onnxruntime\"")).expect("its version");
    line.trim().trim_end_matches(',').to_owned()
}

/// Every process sees the same small disk, which only this test sees: it is mounted in a namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_shard_or_the_merge_that_meets_it_and_loses_nothing() {
    const SCRIPT: &str = r#"
        disk=$1 kept=$2
        shift 2
        mount -t tmpfs -o size=2m none "$disk" || exit 77
        code_of() { name=$1 code=0; shift; "$@" >/dev/null || code=$?; echo "$name $code"; }
        fill() { head -c 3000000 /dev/zero >"$disk/filler" 2>/dev/null; }
        code_of shard "$@" -o "$disk/run" --shard 0/3
        fill
        code_of full "$@" -o "$disk/run" --shard 1/3
        code_of unfinished "$1" merge "$disk/run"
        rm "$disk/filler"
        code_of shard "$@" -o "$disk/run" --shard 1/3
        code_of shard "$@" -o "$disk/run" --shard 2/3
        fill
        code_of full "$1" merge "$disk/run"
        rm "$disk/filler"
        code_of merged "$1" merge "$disk/run"
        cp -r "$disk/run" "$kept"
    "#;
    let folder = tempfile::tempdir().expect("a scratch folder");
    let [disk, kept, whole] = ["disk", "kept", "whole"].map(|name| folder.path().join(name));
    fs::create_dir(&disk).expect("a folder");
    let words = arrays();
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"]).arg(&disk).arg(&kept);
    command.arg(env!("CARGO_BIN_EXE_probe")).args(&words).stdin(Stdio::null());
    let output = match command.output() {
        Ok(output) if stdout(&output).contains("shard") => output,
        refused => {
            println!("no file system can be mounted here, so nothing is tried: {refused:?}");
            return;
        }
    };
    let (codes, said) = (stdout(&output), stderr(&output));
    let expected = ["shard 0", "full 4", "unfinished 3", "shard 0", "shard 0", "full 4", "merged 0"];
    assert_eq!(codes.lines().collect::<Vec<_>>(), expected, "{said}");
    assert_eq!(said.matches("No space left on device").count(), 2, "{said}");
    assert!(said.contains("make room on the disk") && said.contains("free some disk space"), "{said}");
    assert!(said.contains("what the shards have finished is kept"), "{said}");
    assert!(said.contains("2 shards of 3 in") && said.contains("are not finished: 1, 2"), "{said}");
    succeed(probe(&words, &["-o", utf8(&whole), "-q"]));
    assert!(files(&kept) == files(&whole));
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
