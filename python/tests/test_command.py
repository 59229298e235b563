"""The command that the wheel brings is the program: its codes, its signals, its child, and nothing of the folder it runs in."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import PROBE, REVIEWS, TEXTS, figures

import onnxprobe as op


@pytest.fixture
def long_run(tmp_path):
    """A run that takes minutes, started in a process group of its own and under way."""
    words = [PROBE, "--model", REVIEWS / "base.onnx", "--texts", TEXTS, "--samples", "all", "--mi-neurons", "all"]
    words += ["--batch-size", "1", "-o", tmp_path / "run"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        until(lambda: list((tmp_path / "run").glob(".probe/*.part")) and child_of(process))
        yield process
    finally:
        process.kill()
        process.communicate()


def until(done, seconds=60):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def child_of(process):
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


def run(*words, **how):
    return subprocess.run([PROBE, *words], capture_output=True, text=True, **how)


def test_it_is_a_script_and_the_library_is_there_once():
    assert PROBE.read_bytes().startswith(b"#!")
    assert len(list(Path(op.__file__).parent.glob("_native.*so"))) == 1


def test_exit_codes_are_the_programs(tmp_path):
    texts = ["--texts", TEXTS, "--samples", "150", "-q"]
    assert run("--model", REVIEWS / "base.onnx", *texts).returncode == 0
    compared = ["compare", f"base={REVIEWS / 'base.onnx'}", f"other={REVIEWS / 'heuristic.onnx'}", *texts]
    assert run(*compared, "--fail-if", "heuristic").returncode == 1
    assert run("--no-such-flag").returncode == 2 and run("--model", "a.onnx").returncode == 2
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    assert run("--model", tmp_path / "broken.onnx", *texts).returncode == 3
    nothing = {**os.environ, "ORT_DYLIB_PATH": "/nowhere"}
    assert run("--model", REVIEWS / "base.onnx", *texts, env=nothing).returncode == 4


def test_ctrl_c_ends_a_run_in_words(long_run):
    pressed = time.monotonic()
    os.killpg(long_run.pid, signal.SIGINT)
    _, said = long_run.communicate(timeout=60)
    assert long_run.returncode == 130 and time.monotonic() - pressed < 5
    assert "interrupted" in said and "--resume" in said and "Traceback" not in said, said


def test_sigterm_ends_a_run_as_ctrl_c_does(long_run):
    long_run.send_signal(signal.SIGTERM)
    _, said = long_run.communicate(timeout=60)
    assert long_run.returncode == 130 and "interrupted" in said, said


def test_a_child_that_is_killed_is_the_environments_fault(long_run):
    os.kill(child_of(long_run), signal.SIGKILL)
    _, said = long_run.communicate(timeout=60)
    assert long_run.returncode == 4 and "died of signal 9 (SIGKILL)" in said and "base.onnx" in said, said


def test_a_child_does_not_outlive_its_parent(long_run):
    child = child_of(long_run)
    long_run.kill()
    long_run.wait()

    def gone():
        try:
            # Who is to wait for it may not do so.
            return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    until(gone, 10)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_an_argument_need_not_be_text(layers, tmp_path, locale):
    name = os.fsencode(tmp_path) + b"/caf\xe9.npz"
    np.savez(tmp_path / "named.npz", **layers)
    os.rename(tmp_path / "named.npz", name)
    environment = {**os.environ, "LC_ALL": locale}
    ended = run("measure", name, "--json", "-q", env=environment)
    assert ended.returncode == 0, ended.stderr
    np.savez(tmp_path / "named.npz", **layers)
    plain = run("measure", tmp_path / "named.npz", "--json", "-q")
    assert figures(json.loads(ended.stdout)) == figures(json.loads(plain.stdout))


def test_nothing_is_imported_from_the_folder_of_the_user(layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    for name in ("numpy", "onnx", "onnxprobe", "onnxruntime", "signal", "os", "importlib", "types"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the file of the user was imported')")
    (tmp_path / "onnxruntime" / "capi").mkdir(parents=True)
    ended = run("measure", "layers.npz", "-q", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    doctor = run("doctor", "--json", cwd=tmp_path)
    assert doctor.returncode == 0 and str(tmp_path) not in doctor.stdout, doctor.stdout


def test_the_process_that_runs_a_model_finds_the_package_that_started_it(tmp_path):
    """`python -m onnxprobe` from a folder that holds the package, with another one installed."""
    (tmp_path / "onnxprobe").symlink_to(Path(op.__file__).parent)
    words = [sys.executable, "-m", "onnxprobe", "doctor", "--json"]
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1", "PYTHONPATH": ""}
    ended = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count(" onnxprobe._native\n") == 2, ended.stderr


def test_the_command_starts_without_numpy(layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    ended = run("measure", tmp_path / "layers.npz", env=environment)
    imported = [line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")]
    assert imported.count("onnxprobe._native") == 2, "the parent's and the child's"
    assert not {"numpy", "typing", "pathlib", "importlib.util", "onnxprobe._api"} & set(imported), imported


def test_a_reader_that_went_away_is_no_error(layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    for words in (["man"], ["--help"], ["measure", tmp_path / "layers.npz", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        ended = subprocess.run([PROBE, *words], stdout=writing, stderr=subprocess.PIPE, text=True)
        os.close(writing)
        assert ended.returncode == 0 and ended.stderr == "", (words, ended.stderr)


def test_a_closed_stdout_gets_no_file_of_the_run(layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    closed = f"exec '{PROBE}' measure '{tmp_path / 'layers.npz'}' -o '{tmp_path / 'run'}' <&- >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", closed]).returncode == 0
    np.testing.assert_array_equal(op.load(tmp_path / "run").entropy, op.measure(layers).entropy)


def test_a_variable_that_somebody_left_behind_makes_no_child(layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    environment = {**os.environ, "PROBE_RUN_BY": "1", "PYTHONPROFILEIMPORTTIME": "1"}
    ended = run("measure", tmp_path / "layers.npz", env=environment)
    assert ended.returncode == 0 and ended.stderr.count(" onnxprobe._native\n") == 2


def test_shards_keep_what_was_typed_and_not_what_python_was_told(layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    for shard in ("0/2", "1/2"):
        ended = run("measure", "layers.npz", "-o", "run", "--shard", shard, cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
    merged = run("merge", "run", "-q", cwd=tmp_path)
    assert merged.returncode == 0, merged.stderr
    np.testing.assert_array_equal(op.load(tmp_path / "run").entropy, op.measure(layers).entropy)
