import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROBE, REPOSITORY

import onnxprobe as op


def test_it_is_the_wheel_and_not_the_source_tree():
    assert REPOSITORY / "python" not in Path(op.__file__).parents
    assert (Path(op.__file__).parent / "py.typed").is_file()


def test_the_module_the_wheel_and_the_command_are_one_version():
    said = subprocess.run([PROBE, "--version"], capture_output=True, text=True).stdout.split()
    assert said == ["probe", op.__version__] and importlib.metadata.version("onnxprobe") == op.__version__


def test_it_depends_on_numpy_and_onnxruntime_alone():
    required = importlib.metadata.requires("onnxprobe")
    assert sorted(line.split(">")[0].strip() for line in required) == ["numpy", "onnxruntime"]


def test_importing_it_brings_nothing_heavy():
    """Numpy comes with the first name that is used, and the rest where it is used."""
    question = "import sys, onnxprobe; print(*sys.modules); onnxprobe.measure; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    at_first, in_use = (set(line.split()) for line in told.splitlines())
    heavy = {"onnxruntime", "pandas", "matplotlib", "torch", "IPython"}
    assert not {"numpy", *heavy} & at_first
    assert "numpy" in in_use and not heavy & in_use


def test_every_name_is_there_before_it_is_used():
    question = (
        "import onnxprobe as op; print(*dir(op)); from onnxprobe import *; print(measure is op.measure, Run is op.Run)"
    )
    told = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    names, same = told.splitlines()
    assert set(op.__all__) <= set(names.split()) and same == "True True"
    assert all(getattr(op, name) is not None for name in op.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'scores'"):
        _ = op.scores


def test_the_command_finds_the_runtime_of_its_environment(command, tmp_path):
    found = command("doctor")["onnxruntime"]
    assert Path(found["path"]).parent == Path(importlib.metadata.distribution("onnxruntime").locate_file("onnxruntime/capi"))
    link = tmp_path / "probe"
    link.symlink_to(PROBE)
    linked = subprocess.run([link, "doctor"], capture_output=True, text=True)
    # A long path goes over several lines.
    unbroken = "".join(linked.stdout.split())
    assert linked.returncode == 0 and "".join(found["path"].split()) in unbroken, linked.stdout + linked.stderr
