"""Every error says what is wrong, where, and what to do."""

import numpy as np
import pytest
from conftest import REVIEWS

import onnxprobe as op

MODEL = REVIEWS / "base.onnx"


def raised(kind, work):
    with pytest.raises(kind) as caught:
        work()
    error = caught.value
    assert isinstance(error, op.ProbeError) and error.message in str(error)
    if error.advice:
        assert f"  > {error.advice.splitlines()[0]}" in str(error)
    return error


def test_a_missing_model_is_named(tmp_path):
    error = raised(op.InputError, lambda: op.score(tmp_path / "none.onnx", texts=["a", "b"]))
    assert "none.onnx" in error.message and ".onnx" in error.advice


def test_a_damaged_model_is_an_error_and_no_crash(tmp_path):
    (tmp_path / "cut.onnx").write_bytes(MODEL.read_bytes()[:5000])
    assert "cut.onnx" in raised(op.InputError, lambda: op.capture(tmp_path / "cut.onnx", texts=["a"])).message


def test_no_inputs_and_two_kinds_of_inputs_are_refused():
    assert "inputs" in raised(op.UsageError, lambda: op.score(MODEL)).message
    both = raised(op.UsageError, lambda: op.score(MODEL, texts=["a"], arrays=np.zeros((2, 2))))
    assert "--texts" in both.message and "--arrays" in both.message


def test_a_setting_has_the_values_of_the_command_line(layers):
    error = raised(op.UsageError, lambda: op.measure(layers, estimator="papper"))
    assert "papper" in error.message and "robust" in error.message
    assert "--neighbors" in raised(op.UsageError, lambda: op.measure(layers, neighbors=0)).message
    with pytest.raises(TypeError, match="'sample'"):
        op.measure(layers, sample=100)
    with pytest.raises(TypeError, match="'pool'"):
        op.measure(layers, pool="mean")


@pytest.mark.parametrize(
    ("array", "has"),
    [
        (np.zeros((4, 3), dtype=np.int64), "int64 [4, 3]"),
        (np.zeros((4, 3, 2), dtype=np.float32), "float32 [4, 3, 2]"),
        (np.zeros(4), "float64 [4]"),
        (np.zeros((4, 3), dtype=complex), "complex128 [4, 3]"),
        (np.zeros((4, 3), dtype=np.longdouble), "[4, 3]"),
    ],
)
def test_what_is_no_activations_is_named_with_its_layer(array, has):
    error = raised(op.InputError, lambda: op.measure({"fc1": array}))
    assert "'fc1'" in error.message and has in error.message and "pool" in error.advice


def test_arrays_that_do_not_fit_together_are_refused(layers):
    uneven = {**layers, "layer2": layers["layer2"][:-1]}
    message = raised(op.InputError, lambda: op.measure(uneven)).message
    assert "400" in message and "399" in message
    huge = {"a": np.full((50, 2), 1e300)}
    assert "1e300 at [0, 0]" in raised(op.InputError, lambda: op.measure(huge)).message
    few = raised(op.InputError, lambda: op.measure({label: values[:2] for label, values in layers.items()}))
    assert "2" in few.message
    raised(op.InputError, lambda: op.measure({}))
    assert "dict" in raised(op.UsageError, lambda: op.measure(layers["layer1"])).message


def test_texts_that_are_none_are_refused_and_missing_ones_counted(reviews):
    assert "text 1 is int" in raised(op.InputError, lambda: op.score(MODEL, texts=["a", 3])).message
    error = raised(op.InputError, lambda: op.score(MODEL, texts=[("a", "b")]))
    assert "text_pair_column" in error.advice
    missing = [*reviews[:50], None, float("nan")]
    raised(op.InputError, lambda: op.score(MODEL, texts=missing))
    run = op.score(MODEL, texts=missing, max_skipped=10)
    assert run.report["inputs"]["skipped"] == 2


def test_variants_are_two_or_more_and_match(layers):
    raised(op.UsageError, lambda: op.compare({"base": layers}))
    raised(op.UsageError, lambda: op.compare([layers, layers]))
    narrow = {label: values[:, 1:] for label, values in layers.items()}
    assert "layer1" in raised(op.InputError, lambda: op.compare({"base": layers, "other": narrow})).message
    unknown = raised(op.UsageError, lambda: op.compare({"base": layers, "other": layers}, baseline="third"))
    assert "third" in unknown.message and "other" in unknown.message
    three = op.compare({"base": layers, "one": layers, "two": layers})
    raised(op.UsageError, lambda: three.verdict)


def test_a_folder_that_is_no_run_is_not_loaded(tmp_path, layers):
    assert "report.json" in raised(op.InputError, lambda: op.load(tmp_path)).message
    run = op.load(op.measure(layers).save(tmp_path / "run"))
    assert "save" in raised(op.InputError, lambda: run.activations).advice
    (tmp_path / "run" / "measures.npz").write_bytes(b"another run's")
    raised(op.InputError, lambda: op.load(tmp_path / "run"))


def test_a_folder_that_cannot_be_written_is_the_machines_fault(tmp_path, layers):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(op.ProbeError, match="file"):
        op.measure(layers).save(tmp_path / "file")


def test_a_library_that_is_none_is_refused_with_its_reason(tmp_path, reviews):
    """In a process of its own, since one process loads one library."""
    import subprocess
    import sys

    (tmp_path / "libonnxruntime.so").write_text("<!DOCTYPE html>")
    program = f"""
import onnxprobe as op
try:
    op.score({str(MODEL)!r}, texts=["a"] * 20, onnxruntime={str(tmp_path / "libonnxruntime.so")!r})
except op.MachineError as error:
    print(error.message)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "libonnxruntime.so" in ended.stdout and "shared library" in ended.stdout, ended.stdout + ended.stderr
