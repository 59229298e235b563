//! What the tests of the whole program share: where things are, and a `probe` to run.

#![allow(dead_code, reason = "each test file uses its own part of these")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// A path in the repository.
pub fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The program, without the colours or settings of whoever runs the tests.
pub fn probe() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.timeout(std::time::Duration::from_secs(300));
    command
}

/// Runs `probe` to its end, whatever that is.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Output {
    // A test that cannot start the program has nothing to go on with.
    probe().args(args).output().expect("probe starts")
}

/// Runs `probe … --json` and reads what it prints; fails the test where the program does.
pub fn report<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> serde_json::Value {
    let output = run(args);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("--json prints JSON and nothing else")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
