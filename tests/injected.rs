//! System calls that fail: the n-th write, open, fsync, rename, … of a short run ends in an error, for many n. Whatever
//! fails, no earlier result is lost, no mixture can be read as whole, nothing panics, and the exit code says whose fault
//! it is.
//!
//! By default a few calls of each kind fail; `PROBE_INJECT=all` lets every one fail, with every error, and `PROBE_INJECT=N` every
//! N-th. `scripts/fault-tests` does the former. A C compiler makes the library that lets them fail (`tests/inject`).
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{repo, stderr};

/// What fails, and how: the names and numbers of Linux.
const CALLS: [&str; 11] =
    ["open", "read", "write", "fsync", "rename", "unlink", "mkdir", "mmap", "ftruncate", "thread", "spawn"];
const ERRORS: [(&str, i32); 6] =
    [("ENOSPC", 28), ("EIO", 5), ("EINTR", 4), ("EMFILE", 24), ("EACCES", 13), ("EAGAIN", 11)];

struct Bench {
    folder: tempfile::TempDir,
    library: PathBuf,
    /// The run's folder before the run that fails, and after one that does not.
    earlier: Files,
    later: Files,
}

type Files = BTreeMap<String, Vec<u8>>;

/// The files below a folder, but those of unfinished work.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for entry in fs::read_dir(folder).expect("the run's folder is there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(".probe") {
            found.insert(name, fs::read(entry.path()).expect("a file of the run"));
        }
    }
    found
}

/// What two runs of the same settings have in common: all but the times in the report and the page that shows it.
fn lasting(files: &Files) -> Files {
    let times = |name: &String| name == "report.json" || name == "report.html";
    files.iter().filter(|(name, _)| !times(name)).map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
}

impl Bench {
    fn new() -> Option<Bench> {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let library = folder.path().join("inject.so");
        let built = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &repo("tests/inject/inject.c")])
            .arg("-ldl")
            .status();
        if !built.is_ok_and(|status| status.success()) {
            println!("no C compiler: nothing is tried");
            return None;
        }
        let mut bench = Bench { folder, library, earlier: Files::new(), later: Files::new() };
        assert!(bench.run(&[], &["--save-activations"]).status.success());
        bench.earlier = files(&bench.out());
        assert!(bench.run(&[], &["--seed", "1"]).status.success());
        bench.later = files(&bench.out());
        Some(bench)
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    fn run(&self, inject: &[(&str, String)], extra: &[&str]) -> Output {
        let mut command = Command::new(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
        command
            .arg("--model")
            .arg(repo("models/digits-mlp/colored_a1.00_s0.onnx"))
            .arg("--arrays")
            .arg(repo("fixtures/digits_colored.npz"))
            .args(["--samples", "100", "--mi-neurons", "4", "--threads", "2", "--bins", "20", "-o"])
            .arg(self.out())
            .args(extra)
            .stdin(Stdio::null());
        if !inject.is_empty() {
            command.env("LD_PRELOAD", &self.library);
            command.envs(inject.iter().map(|(name, value)| (name, value)));
        }
        command.output().expect("probe starts")
    }

    /// Puts the earlier run back, then runs another over it, in which a call fails.
    fn fail(&self, process: &str, call: &str, at: usize, error: i32) -> Output {
        let _ = fs::remove_dir_all(self.out());
        fs::create_dir(self.out()).expect("the scratch folder can be written");
        for (name, bytes) in &self.earlier {
            fs::write(self.out().join(name), bytes).expect("the scratch folder can be written");
        }
        let inject = [
            ("INJECT_IN", process.to_owned()),
            ("INJECT_CALL", call.to_owned()),
            ("INJECT_AT", at.to_string()),
            ("INJECT_ERRNO", error.to_string()),
            ("INJECT_COUNT", self.folder.path().join("count").display().to_string()),
        ];
        self.run(&inject, &["--seed", "1"])
    }

    /// How many of these calls a run makes.
    fn calls(&self, process: &str, call: &str) -> usize {
        let count = self.folder.path().join("count");
        let _ = fs::remove_file(&count);
        let output = self.fail(process, call, 0, 0);
        assert!(output.status.success(), "{}", stderr(&output));
        fs::read_to_string(count).ok().and_then(|text| text.lines().last()?.parse().ok()).unwrap_or(0)
    }

    /// What is wrong with how a run ended in which a call failed.
    fn verdict(&self, output: &Output) -> Result<&'static str, String> {
        let said = stderr(output);
        let found = files(&self.out());
        // Rust's own runtime asks for a second stack before `main`, and before a thread does anything of ours.
        if said.contains("failed to allocate an alternative stack") && !output.status.success() {
            // Where that ends the parent, its child may have been done by then.
            return match found {
                found if found == self.earlier => Ok("the process did not start, the earlier result stands"),
                found if lasting(&found) == lasting(&self.later) => Ok("the process ended, the result is saved"),
                found => Err(format!("no process, and yet {:?}", found.keys())),
            };
        }
        if said.contains("panicked") {
            return Err(format!("a panic: {said}"));
        }
        match output.status.code() {
            Some(0) if lasting(&found) == lasting(&self.later) => Ok("the run went on"),
            Some(0) => Err(format!("exit 0 with {:?}", found.keys())),
            Some(4) if found == self.earlier => Ok("exit 4, the earlier result stands"),
            Some(4) if lasting(&found) == lasting(&self.later) => {
                Ok("exit 4, the result is saved and could not be printed")
            }
            Some(4) => Err(format!("exit 4 with {:?}: {said}", found.keys())),
            code => Err(format!("exit {code:?} ({}): {said}", output.status)),
        }
    }
}

#[test]
fn whatever_call_fails_no_result_is_lost_and_none_is_mixed() {
    let Some(bench) = Bench::new() else { return };
    let wanted = std::env::var("PROBE_INJECT").unwrap_or_default();
    let (mut outcomes, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for process in ["child", "parent"] {
        for call in CALLS {
            let calls = bench.calls(process, call);
            let step = match wanted.as_str() {
                "all" => 1,
                "" => calls.div_ceil(3).max(1),
                every => every.parse().expect("PROBE_INJECT is `all` or a number"),
            };
            let before = outcomes.values().sum::<usize>();
            for at in (1..=calls).step_by(step) {
                // Where few are tried, each has one of the errors.
                let tried = if wanted.is_empty() { &ERRORS[at % ERRORS.len()..][..1] } else { &ERRORS[..] };
                for &(name, error) in tried {
                    let output = bench.fail(process, call, at, error);
                    match bench.verdict(&output) {
                        Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
                        Err(why) => {
                            wrong.push(format!("{process}: {name} from {call} number {at}: {why}"));
                            println!("{}", wrong[wrong.len() - 1]);
                        }
                    }
                }
            }
            println!("{process}: {calls} times {call}, {} faults", outcomes.values().sum::<usize>() - before);
        }
    }
    println!("{outcomes:?}, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} faults, printed above", wrong.len());
    assert!(outcomes.values().sum::<usize>() > 20, "too little was tried");
}
