//! Kills, interrupts and folders that cannot be written: nothing finished is lost, and nothing earlier is harmed.
//!
//! `scripts/fault-tests` runs these with more kills (`PROBE_KILLS`), and fills a disk.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{repo, stderr};
use rustix::process::{Pid, Signal, kill_process};

/// A second or a few, with every stage that keeps parts.
const SHORT: [&str; 6] = ["--samples", "300", "--mi-neurons", "24", "--batch-size", "4"];

/// Long enough to meet whatever is done to it.
const LONG: [&str; 6] = ["--samples", "all", "--mi-neurons", "all", "--batch-size", "1"];

fn probe(out: &Path, job: [&str; 6], extra: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
    command
        .arg("--model")
        .arg(repo("models/reviews/base.onnx"))
        .arg("--texts")
        .arg(repo("fixtures/reviews.txt"))
        .args(job)
        .arg("-o")
        .arg(out)
        .args(extra)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn start(out: &Path, job: [&str; 6]) -> Child {
    probe(out, job, &["--resume"]).spawn().expect("probe starts")
}

fn finish(out: &Path, extra: &[&str]) -> Output {
    let output = probe(out, SHORT, extra).output().expect("probe starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process).expect("a process id")).expect("not zero");
    kill_process(process, signal).expect("the process is there");
}

/// The arrays of a run, byte for byte.
fn arrays(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(fs::File::open(out.join("measures.npz")).expect("measures are there"))
        .expect("measures are an archive");
    (0..archive.len())
        .map(|index| {
            let mut member = archive.by_index(index).expect("a member");
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).expect("a whole member");
            (member.name().to_owned(), bytes)
        })
        .collect()
}

fn parts(out: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(out.join("parts")) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    // A part that is still being written has another name.
    paths.filter(|path| path.extension().is_some_and(|e| e == "part")).collect()
}

/// Waits until the condition holds; gives up, and fails the test, where the program ends or takes minutes.
fn wait_until(child: &mut Child, what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert_eq!(child.try_wait().expect("a child"), None, "the program ended before {what}");
        assert!(started.elapsed() < Duration::from_secs(240), "no {what}");
        sleep(Duration::from_millis(2));
    }
}

/// A run that was killed with some of its parts finished.
fn broken(out: &Path) {
    for _ in 0..50 {
        let mut child = start(out, SHORT);
        while child.try_wait().expect("a child").is_none() && parts(out).is_empty() {
            sleep(Duration::from_millis(2));
        }
        // It may have ended by itself just now, and taken its parts away.
        let _ = child.kill();
        child.wait().expect("a child");
        if !parts(out).is_empty() {
            return;
        }
        fs::remove_dir_all(out).expect("the finished run's folder");
    }
    panic!("no run could be broken with a part finished");
}

#[test]
fn a_run_killed_again_and_again_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let whole = folder.path().join("whole");
    let started = Instant::now();
    finish(&whole, &[]);
    let usual = started.elapsed();
    let wanted: u32 = std::env::var("PROBE_KILLS").map_or(4, |kills| kills.parse().expect("a number of kills"));
    let mut moments = Moments(wanted.into());
    let (mut killed, mut run) = (0, 0);
    while killed < wanted {
        // Several kills a run, so that what was resumed is killed again.
        let out = folder.path().join(format!("broken{run}"));
        run += 1;
        for _ in 0..4 {
            let mut child = start(&out, SHORT);
            sleep(usual.mul_f64(moments.next_share()));
            if child.try_wait().expect("a child").is_some() {
                break;
            }
            send(child.id(), Signal::KILL);
            child.wait().expect("a child");
            killed += 1;
        }
        finish(&out, &["--resume"]);
        assert_eq!(arrays(&whole), arrays(&out), "after {killed} kills");
        assert!(run <= wanted * 5 + 20, "too many runs ended before they could be killed");
    }
    println!("{killed} kills survived");
}

/// Moments that look random and are the same every time: a linear congruential generator.
struct Moments(u64);

impl Moments {
    fn next_share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn an_interrupt_ends_the_run_soon_and_keeps_its_parts() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut child = start(folder.path(), LONG);
        wait_until(&mut child, "a part", || !parts(folder.path()).is_empty());
        let sent = Instant::now();
        send(child.id(), signal);
        let output = child.wait_with_output().expect("a child");
        assert_eq!(output.status.code(), Some(130), "{signal:?}: {}", stderr(&output));
        assert!(sent.elapsed() < Duration::from_secs(10), "{signal:?}: {:?}", sent.elapsed());
        assert!(!parts(folder.path()).is_empty(), "{signal:?}: parts are kept");
    }
}

#[test]
fn the_death_of_the_process_that_runs_the_model_is_told() {
    for (signal, name) in [(Signal::KILL, "SIGKILL"), (Signal::SEGV, "SIGSEGV"), (Signal::ABORT, "SIGABRT")] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut child = start(folder.path(), LONG);
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        let mut inner = None;
        wait_until(&mut child, "a child of its own", || {
            inner = fs::read_to_string(&children).ok().and_then(|ids| ids.split_whitespace().next()?.parse().ok());
            inner.is_some()
        });
        // Rust's own handler takes a first SIGSEGV for a fault that will come again, steps aside and goes on; a sent one
        // does not come again by itself.
        let inner = Pid::from_raw(inner.expect("it was waited for")).expect("a process id");
        while child.try_wait().expect("a child").is_none() {
            let _gone_by_now = kill_process(inner, signal);
            sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().expect("a child");
        assert_eq!(output.status.code(), Some(4), "{name}: {}", stderr(&output));
        let message = stderr(&output);
        assert!(message.contains(name) && message.contains("base.onnx"), "{message}");
    }
}

#[test]
fn a_corrupt_part_is_computed_again() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (whole, out) = (folder.path().join("whole"), folder.path().join("run"));
    finish(&whole, &[]);
    broken(&out);
    let damaged = parts(&out).pop().expect("a part");
    let mut bytes = fs::read(&damaged).expect("a part");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&damaged, bytes).expect("a part can be written");
    let message = stderr(&finish(&out, &["--resume"]));
    assert!(message.contains("damaged and is computed again"), "{message}");
    assert_eq!(arrays(&whole), arrays(&out));
}

#[test]
fn resuming_with_other_settings_starts_anew_and_says_why() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (whole, out) = (folder.path().join("whole"), folder.path().join("run"));
    finish(&whole, &["--bins", "50"]);
    broken(&out);
    let message = stderr(&finish(&out, &["--resume", "--bins", "50"]));
    assert!(message.contains("had another measures: starting anew"), "{message}");
    assert_eq!(arrays(&whole), arrays(&out));
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut first = start(folder.path(), LONG);
    wait_until(&mut first, "a part", || !parts(folder.path()).is_empty());
    let second = probe(folder.path(), SHORT, &[]).output().expect("probe starts");
    send(first.id(), Signal::INT);
    assert_eq!(first.wait().expect("a child").code(), Some(130), "the first goes on until it is interrupted");
    assert_eq!(second.status.code(), Some(4), "{}", stderr(&second));
    assert!(stderr(&second).contains("another run is writing"), "{}", stderr(&second));
}

#[test]
fn a_folder_that_cannot_be_written_is_found_out_first() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").expect("a scratch file");
    // Nobody, root included, can make a folder in these.
    for out in [file.as_path(), &file.join("run"), Path::new("/proc/self/run")] {
        let started = Instant::now();
        let output = probe(out, SHORT, &[]).output().expect("probe starts");
        assert_eq!(output.status.code(), Some(4), "{}: {}", out.display(), stderr(&output));
        assert_eq!(stderr(&output).lines().filter(|line| line.starts_with("error: ")).count(), 1);
        assert!(started.elapsed() < Duration::from_secs(20), "before anything is run");
    }
    assert_eq!(fs::read_to_string(&file).expect("the file is there"), "not a folder");
}
