//! Where the `python3` on the PATH keeps its `onnxruntime` package: most users have the library there already.
//! The package is located and never imported, which would take seconds and run its code.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::environment;

/// The folder of the package, or why there is none. Takes at most about `limit`.
pub fn package_folder(limit: Duration) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let python = env::split_paths(&path)
        .map(|folder| folder.join("python3"))
        .find(|python| python.is_file())
        .ok_or("there is no python3 on the PATH")?;
    // An environment keeps its packages at a place that can be worked out, which saves starting Python.
    match environment::around(&python).into_iter().next() {
        Some(folder) => Ok(folder),
        None => ask(&python, limit),
    }
}

/// Asks Python itself, with everything that it knows of user folders and shims.
fn ask(python: &Path, limit: Duration) -> Result<PathBuf, String> {
    // The current folder is taken off the search path: a folder named onnxruntime there is not the package.
    const QUESTION: &str = "import sys; sys.path = [p for p in sys.path if p]; import importlib.util as u; \
                            s = u.find_spec('onnxruntime'); \
                            print(list(s.submodule_search_locations)[0] if s and s.submodule_search_locations else '')";
    let mut child = Command::new(python)
        .args(["-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", python.display()))?;
    let (answered, answer) = mpsc::channel();
    if let Some(mut stdout) = child.stdout.take() {
        // Read on a thread of its own, so that a python3 that never answers cannot hold us up. It ends when the pipe
        // is closed.
        let reading = thread::Builder::new().spawn(move || {
            let mut text = String::new();
            let read = stdout.by_ref().take(1 << 16).read_to_string(&mut text);
            answered.send(read.map(|_| text))
        });
        if let Err(error) = reading {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("cannot start a thread: {error}"));
        }
    }
    let answer = answer.recv_timeout(limit);
    // It has either answered and is about to end, or is too late.
    let _ = child.kill();
    let _ = child.wait();
    let failed = |reason: &str| format!("{} {reason}", python.display());
    match answer {
        Ok(Ok(text)) if text.trim().is_empty() => Err(failed("has no onnxruntime package")),
        Ok(Ok(text)) => Ok(PathBuf::from(text.trim())),
        Ok(Err(error)) => Err(failed(&format!("gave no answer: {error}"))),
        Err(_) => Err(failed(&format!("gave no answer within {} ms", limit.as_millis()))),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Another process writes it: a child that another test starts while this one has the file open keeps it open for a moment,
    /// and a file that is open for writing does not start.
    fn script(folder: &Path, body: &str) -> PathBuf {
        let path = folder.join("python3");
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#;
        let written = Command::new("sh").args(["-c", write]).arg(&path).arg(body).status().unwrap();
        assert!(written.success());
        path
    }

    #[test]
    fn a_python_that_hangs_is_left_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        // The grandchild keeps the pipe open after the shell is gone.
        let python = script(folder.path(), "sleep 5 & sleep 5");
        let start = Instant::now();
        let error = ask(&python, Duration::from_millis(200)).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert!(error.contains("within 200 ms"), "{error}");
    }

    #[test]
    fn a_python_without_the_package_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = ask(&script(folder.path(), "echo"), Duration::from_secs(5)).unwrap_err();
        assert!(error.ends_with("has no onnxruntime package"), "{error}");
    }
}
