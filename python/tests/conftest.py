"""The tests see the wheel as it was installed, and the command that it brought."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# A job in the background of a shell has Ctrl-C ignored, and so would all that the tests start. What has a handler here has the
# usual action there.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[2]
REVIEWS = REPOSITORY / "models" / "reviews"
TEXTS = REPOSITORY / "fixtures" / "reviews.txt"
PROBE = Path(sys.executable).parent / "probe"


@pytest.fixture(autouse=True)
def nothing_of_this_shell(monkeypatch):
    """ONNX Runtime has to be found next to the package, and by nothing that a shell has set."""
    for name in ("ORT_DYLIB_PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.fixture
def command():
    """Runs the installed command and gives its JSON."""

    def run(*words):
        ended = subprocess.run([PROBE, *map(os.fspath, words), "--json", "-q"], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


@pytest.fixture(scope="session")
def reviews():
    return TEXTS.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="session")
def layers():
    """Activations of two layers, [inputs, neurons] float32."""
    random = np.random.default_rng(1)
    causes = random.normal(size=(400, 3))
    mixed = causes @ random.normal(size=(3, 12)) + 0.3 * random.normal(size=(400, 12))
    return {"layer1": mixed[:, :8].astype(np.float32), "layer2": np.tanh(mixed[:, 4:]).astype(np.float32)}


def figures(report):
    """A report without what differs from run to run: the times, and where inputs lay."""
    report = json.loads(json.dumps(report))
    for of in (
        [replicate for variant in report["variants"] for replicate in variant["replicates"]]
        if "variants" in report
        else [report]
    ):
        del of["timing"], of["inputs"]["path"]
        of.pop("files", None)
        # A list becomes an array of JSON, and the provenance says how texts were written down.
        of["inputs"].get("provenance", {}).get("texts", {}).get("values", {}).pop("format", None)
    report.pop("files", None)
    return report
