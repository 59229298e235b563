import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import onnxprobe as op

LONG = """
import numpy as np, onnxprobe as op, sys, time
random = np.random.default_rng(0)
layer = random.normal(size=(2500, 1500))
def progress(stage, done, total):
    if stage == "pairs" and done:
        print("measuring", flush=True)
try:
    op.measure({"layer": layer}, mi_neurons="all", progress=progress)
except KeyboardInterrupt:
    print("interrupted", flush=True)
small = op.measure({"layer": layer[:200, :5]})
print("and goes on", small.entropy.shape, flush=True)
"""


def test_ctrl_c_stops_the_work_and_leaves_the_process():
    with subprocess.Popen([sys.executable, "-c", LONG], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "measuring\n"
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        lines = [line for line in process.stdout if line != "measuring\n"]
        assert lines == ["interrupted\n", "and goes on (5,)\n"]
        # Two seconds are promised; the small measure after it takes some of them.
        assert time.monotonic() - pressed < 5


def test_an_exception_of_the_callback_stops_the_work_and_comes_out():
    def progress(stage, done, total):
        raise LookupError(stage)

    layer = np.random.default_rng(0).normal(size=(2500, 600))
    with pytest.raises(LookupError):
        op.measure({"layer": layer}, mi_neurons="all", progress=progress)


def test_progress_names_its_stages_and_ends():
    told = []
    layer = np.random.default_rng(0).normal(size=(2500, 150))
    op.measure({"layer": layer}, mi_neurons="all", progress=lambda *now: told.append(now))
    assert told[-1] == (None, 0, 0)
    assert {stage for stage, _, _ in told} <= {"pairs", "intervals", None}
    assert all(0 <= done <= total for _, done, total in told)
    # Every pair once, and every neuron with itself.
    assert any(stage == "pairs" and total == 150 * 151 // 2 for stage, _, total in told)


def test_other_threads_run_meanwhile():
    """A thread that counts gets on while another measures: Python's lock is let go of."""
    counted, over = [0], threading.Event()

    def count():
        while not over.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    layer = np.random.default_rng(0).normal(size=(2500, 200))
    begun = time.monotonic()
    op.measure({"layer": layer}, mi_neurons="all", progress=False)
    took, during = time.monotonic() - begun, counted[0]
    over.set()
    thread.join()
    assert took < 0.2 or during > 20, f"{during} in {took} s"


def test_the_process_of_the_module_starts_no_other_process():
    """The command runs itself again as a child; here the executable is Python, and must not be started in its stead."""
    program = """
import os, onnxprobe as op
def refused(*words, **named): raise SystemExit("a process was started")
import subprocess
os.fork = os.posix_spawn = os.execv = os.execve = subprocess.Popen = refused
children = lambda: open(f"/proc/self/task/{os.getpid()}/children").read().split()
op.capture(MODEL, texts=["one text", "another text"] * 10, progress=lambda *now: print(children()))
print(children())
"""
    program = f"MODEL = {os.fspath(model())!r}\n" + program
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 0 and set(ended.stdout.split("\n")) <= {"[]", ""}, ended.stdout + ended.stderr


def model():
    from conftest import REVIEWS

    return REVIEWS / "base.onnx"
