import importlib.metadata
import subprocess
import sys
from pathlib import Path

from conftest import PROBE, REPOSITORY

import onnxprobe as op


def test_it_is_the_wheel_and_not_the_source_tree():
    assert REPOSITORY not in Path(op.__file__).parents
    assert (Path(op.__file__).parent / "py.typed").is_file()


def test_the_module_the_wheel_and_the_command_are_one_version():
    said = subprocess.run([PROBE, "--version"], capture_output=True, text=True).stdout.split()
    assert said == ["probe", op.__version__] and importlib.metadata.version("onnxprobe") == op.__version__


def test_it_depends_on_numpy_and_onnxruntime_alone():
    required = importlib.metadata.requires("onnxprobe")
    assert sorted(line.split(">")[0].strip() for line in required) == ["numpy", "onnxruntime"]


def test_importing_it_brings_nothing_heavy():
    """No more than numpy: the rest is imported where it is used."""
    question = "import sys, onnxprobe; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"onnxruntime", "pandas", "matplotlib", "torch", "IPython"} & set(loaded)


def test_the_command_finds_the_runtime_of_its_environment(command, tmp_path):
    found = command("doctor")["onnxruntime"]
    assert Path(found["path"]).parent == Path(importlib.metadata.distribution("onnxruntime").locate_file("onnxruntime/capi"))
    link = tmp_path / "probe"
    link.symlink_to(PROBE)
    linked = subprocess.run([link, "doctor"], capture_output=True, text=True)
    # A long path goes over several lines.
    unbroken = "".join(linked.stdout.split())
    assert linked.returncode == 0 and "".join(found["path"].split()) in unbroken, linked.stdout + linked.stderr
