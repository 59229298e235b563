//! Kills, interrupts and folders that cannot be written: nothing finished is lost, and nothing earlier is harmed.
//!
//! `scripts/fault-tests` runs these with more kills (`PROBE_KILLS`), and fills a disk; `tests/injected.rs` lets single
//! system calls fail.
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
    let Ok(entries) = fs::read_dir(out.join(".probe")) else { return Vec::new() };
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

/// A run that was killed with some of its parts finished, in a folder of its own.
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
            // The process that the user started, the one that runs the model, and both.
            let inner = inner(&child);
            match (killed % 3, inner) {
                (1, Some(inner)) => send(inner, Signal::KILL),
                (2, Some(inner)) => {
                    let _gone_by_now = kill_process(Pid::from_raw(inner as i32).expect("a process"), Signal::KILL);
                    let _ = child.kill();
                }
                _ => send(child.id(), Signal::KILL),
            }
            child.wait().expect("a child");
            killed += 1;
        }
        finish(&out, &["--resume"]);
        assert_eq!(arrays(&whole), arrays(&out), "after {killed} kills");
        assert!(run <= wanted * 5 + 20, "too many runs ended before they could be killed");
    }
    println!("{killed} kills survived");
}

/// The process that runs the model, once it is there.
fn inner(child: &Child) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).ok()?;
    children.split_whitespace().next()?.parse().ok()
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
    for (signal, name, blamed) in [
        (Signal::KILL, "SIGKILL", "memory"),
        (Signal::SEGV, "SIGSEGV", "ONNX Runtime"),
        (Signal::ABORT, "SIGABRT", "memory"),
        (Signal::BUS, "SIGBUS", "shortened"),
        (Signal::XFSZ, "SIGXFSZ", "ulimit -f"),
    ] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut child = start(folder.path(), LONG);
        let found = loop {
            assert_eq!(child.try_wait().expect("a child"), None, "the program ended before it had a child");
            if let Some(inner) = inner(&child) {
                break inner;
            }
            sleep(Duration::from_millis(2));
        };
        // Rust's own handler takes a first SIGSEGV for a fault that will come again, steps aside and goes on; a sent one
        // does not come again by itself.
        let inner = Pid::from_raw(found as i32).expect("a process id");
        while child.try_wait().expect("a child").is_none() {
            let _gone_by_now = kill_process(inner, signal);
            sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().expect("a child");
        assert_eq!(output.status.code(), Some(4), "{name}: {}", stderr(&output));
        let message = stderr(&output);
        assert!(message.contains(name) && message.contains("base.onnx") && message.contains(blamed), "{message}");
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
fn resuming_with_other_settings_uses_no_part_and_says_why() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (whole, out) = (folder.path().join("whole"), folder.path().join("run"));
    finish(&whole, &["--bins", "50"]);
    broken(&out);
    let message = stderr(&finish(&out, &["--resume", "--bins", "50"]));
    assert!(message.contains("had another measures: its parts are not used"), "{message}");
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

/// Ways in which input may never come: standard input that stays open, and a pipe that nobody writes.
fn waiting(folder: &Path) -> Vec<Child> {
    let pipe = folder.join("pipe.txt");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    let start = |texts: &Path, stdin: Stdio| {
        let mut command = Command::new(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
        command.arg("--model").arg(repo("models/reviews/base.onnx")).arg("--texts").arg(texts);
        command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("probe starts")
    };
    vec![start(Path::new("-"), Stdio::piped()), start(&pipe, Stdio::null())]
}

#[test]
fn a_signal_ends_a_run_that_waits_for_input() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (mut child, (signal, times)) in waiting(folder.path()).into_iter().zip([(Signal::INT, 1), (Signal::TERM, 2)]) {
        // It is at its input when the model is loaded, or nearly.
        sleep(Duration::from_millis(1500));
        let sent = Instant::now();
        for _ in 0..times {
            send(child.id(), signal);
            // Two signals at the same moment are one to the system.
            sleep(Duration::from_millis(100));
        }
        let status = child.wait().expect("a child");
        // Two seconds after the first signal, and at once after a second; a busy machine takes a little longer.
        let most = if times == 1 { Duration::from_millis(2500) } else { Duration::from_millis(1200) };
        assert!(sent.elapsed() < most, "{signal:?}: {:?}", sent.elapsed());
        assert_eq!(status.code(), Some(130), "{signal:?} {times} times");
    }
}

#[test]
fn a_signal_before_the_program_can_listen_is_an_interrupt_too() {
    for wait in [0, 5, 20, 60] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut child = start(folder.path(), LONG);
        let inner = loop {
            if let Some(inner) = inner(&child) {
                break inner;
            }
            sleep(Duration::from_millis(1));
        };
        sleep(Duration::from_millis(wait));
        send(inner, Signal::INT);
        let mut said = String::new();
        child.stderr.take().expect("stderr is piped").read_to_string(&mut said).expect("it can be read");
        assert_eq!(child.wait().expect("a child").code(), Some(130), "after {wait} ms: {said}");
        assert!(!said.contains("ONNX Runtime"), "{said}");
    }
}

#[test]
fn an_interrupted_run_says_how_it_is_resumed_and_only_where_it_can_be() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut child = start(folder.path(), LONG);
    wait_until(&mut child, "a part", || !parts(folder.path()).is_empty());
    send(child.id(), Signal::INT);
    let said = stderr(&child.wait_with_output().expect("a child"));
    assert!(said.lines().last().is_some_and(|line| line.contains("--resume")), "{said}");

    let mut command = Command::new(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
    command.arg("--model").arg(repo("models/reviews/base.onnx")).arg("--texts").arg(repo("fixtures/reviews.txt"));
    command.args(LONG).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("probe starts");
    sleep(Duration::from_millis(1500));
    send(child.id(), Signal::INT);
    let output = child.wait_with_output().expect("a child");
    assert_eq!(output.status.code(), Some(130));
    assert!(!stderr(&output).contains("what is finished is kept"), "{}", stderr(&output));
}

#[test]
fn a_model_that_is_replaced_after_it_was_hashed_is_refused() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (model, pipe) = (folder.path().join("model.onnx"), folder.path().join("texts.txt"));
    for side in ["tokenizer.json", "tokenizer_config.json", "config.json"] {
        fs::copy(repo("models/reviews").join(side), folder.path().join(side)).expect("a side file");
    }
    fs::copy(repo("models/reviews/base.onnx"), &model).expect("a model");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    let mut command = Command::new(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
    command.arg("--model").arg(&model).arg("--texts").arg(&pipe);
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("probe starts");
    // The pipe opens when the inputs are opened, and the model has been hashed by then.
    let mut texts = fs::File::options().write(true).open(&pipe).expect("the other end is opened");
    let other = folder.path().join("other.onnx");
    fs::copy(repo("models/reviews/heuristic.onnx"), &other).expect("another model");
    fs::rename(&other, &model).expect("it can be replaced");
    std::io::Write::write_all(&mut texts, &fs::read(repo("fixtures/reviews.txt")).expect("texts")).expect("it reads");
    drop(texts);
    let output = child.wait_with_output().expect("a child");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("was changed or replaced"), "{}", stderr(&output));
}

#[test]
fn what_the_user_keeps_in_the_folder_is_not_touched() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mine = ["notes.txt", "parts/sub/notes.txt", ".probe/notes.txt", ".probe/mine.part", "models/notes.txt"];
    for name in mine {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, name).expect("a file");
    }
    let kept = || mine.iter().all(|name| fs::read_to_string(folder.path().join(name)).is_ok_and(|text| text == *name));
    finish(folder.path(), &[]);
    assert!(kept(), "after a run");
    assert_eq!(
        probe(folder.path(), SHORT, &["--layers", "no such layer"]).status().expect("probe starts").code(),
        Some(2)
    );
    assert!(kept(), "after a run that failed");
    let mut child = start(folder.path(), LONG);
    wait_until(&mut child, "a part", || parts(folder.path()).len() > 1);
    child.kill().expect("it runs");
    child.wait().expect("a child");
    finish(folder.path(), &["--resume"]);
    assert!(kept(), "after a run that was killed, and one after it");
    // A file with a name that the run needs, which no run wrote.
    let page = tempfile::tempdir().expect("a scratch folder");
    fs::write(page.path().join("report.html"), "the page of another program").expect("a file");
    let output = probe(page.path(), SHORT, &[]).output().expect("probe starts");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("report.html is there already"), "{}", stderr(&output));
    assert_eq!(
        fs::read_to_string(page.path().join("report.html")).expect("it is there"),
        "the page of another program"
    );
}

#[test]
fn files_of_an_earlier_run_are_not_taken_for_this_ones() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    finish(folder.path(), &["--save-activations"]);
    assert!(folder.path().join("activations.npz").is_file());
    let earlier = fs::read(folder.path().join("report.json")).expect("a report");
    finish(folder.path(), &["--bins", "50"]);
    assert!(!folder.path().join("activations.npz").exists(), "the new run has none");
    // A mixture of the two is seen by whatever reads it.
    fs::write(folder.path().join("report.json"), earlier).expect("it can be written");
    for command in ["report", "examples"] {
        let mut probe = Command::new(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
        let output = probe.arg(command).arg(folder.path()).output().expect("probe starts");
        assert_eq!(output.status.code(), Some(3), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("do not fit together"), "{}", stderr(&output));
    }
}

#[test]
fn what_cannot_be_said_does_not_change_how_a_run_ends() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let run = |extra: &[&str], redirect: &str| {
        let script = format!("exec \"$@\" {redirect}");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh"]);
        command.arg(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
        command.arg("--model").arg(repo("models/reviews/base.onnx")).arg("--texts").arg(repo("fixtures/reviews.txt"));
        command.args(SHORT).args(extra).arg("-o").arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("sh is there").code()
    };
    assert_eq!(run(&[], "2>/dev/full"), Some(0), "warnings cannot be written");
    assert_eq!(run(&[], "2>&-"), Some(0), "stderr is closed");
    assert_eq!(run(&["--layers", "no such layer"], "2>/dev/full"), Some(2), "the error cannot be written");
    assert_eq!(run(&[], ">/dev/full"), Some(4), "the result cannot be written");
}

#[test]
fn a_process_without_memory_or_room_is_not_called_a_broken_model() {
    for (limit, blamed) in [("ulimit -v 700000", "memory"), ("ulimit -f 1", "File too large")] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let script = format!("{limit}; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh"]);
        command.arg(std::env::var_os("PROBE").unwrap_or_else(|| env!("CARGO_BIN_EXE_probe").into()));
        command.arg("--model").arg(repo("models/reviews/base.onnx")).arg("--texts").arg(repo("fixtures/reviews.txt"));
        command.args(SHORT).arg("-o").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let output = command.output().expect("sh is there");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(4), "{limit}: {said}");
        assert!(!said.contains("panicked") && !said.contains("is whole"), "{limit}: {said}");
        assert!(said.contains(blamed) || said.contains("SIGXFSZ"), "{limit}: {said}");
    }
}
