import threading

import numpy as np
import pytest
from conftest import REPOSITORY, REVIEWS, TEXTS, figures

import onnxprobe as op

MODEL = REVIEWS / "base.onnx"
OTHER = REVIEWS / "heuristic.onnx"
DIGITS = REPOSITORY / "models" / "digits-mlp"


def test_score_of_a_list_is_score_of_its_file(command, reviews):
    run = op.score(MODEL, texts=reviews, samples=150, seed=3, mi_neurons=8, progress=False)
    told = command("--model", MODEL, "--texts", TEXTS, "--samples", "150", "--seed", "3", "--mi-neurons", "8")
    assert figures(run.report) == figures(told)
    assert figures(op.score(MODEL, texts=TEXTS, samples=150, seed=3, mi_neurons=8).report) == figures(told)


def test_score_of_arrays_in_memory_is_score_of_their_file(command, tmp_path):
    with np.load(REPOSITORY / "fixtures" / "digits_colored.npz") as digits:
        inputs = {name: digits[name] for name in digits.files}
    model = DIGITS / "colored_a0.00_s0.onnx"
    np.savez(tmp_path / "inputs.npz", **inputs)
    told = command("--model", model, "--arrays", tmp_path / "inputs.npz", "--samples", "300")
    # The same values with the bytes of each number the other way round, and in Fortran's order.
    turned = {name: np.asfortranarray(array.astype(array.dtype.newbyteorder(">"))) for name, array in inputs.items()}
    assert figures(op.score(model, arrays=turned, samples=300).report) == figures(told)


def test_measure_of_arrays_is_measure_of_their_file(command, layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    run = op.measure(layers, samples=300, estimator="robust", progress=False)
    told = command("measure", tmp_path / "layers.npz", "--samples", "300", "--estimator", "robust")
    ours, theirs = figures(run.report), figures(told)
    # The hash is over the numbers of one and over the file of the other.
    del ours["inputs"]["blake3"], theirs["inputs"]["blake3"]
    assert ours == theirs


def test_compare_is_the_commands(command, reviews, tmp_path):
    found = op.compare({"base": MODEL, "other": [OTHER, MODEL]}, texts=reviews, samples=150, out=tmp_path / "run")
    told = command("compare", f"base={MODEL}", f"other={OTHER}", "--texts", TEXTS, "--samples", "150")
    single = op.compare({"base": str(MODEL), "other": OTHER}, texts=reviews, samples=150)
    assert figures(single.report) == figures(told)
    assert single.verdict == told["pairs"][0]["verdict"]
    assert len(found.runs["other"]) == 2 and found.verdicts.keys() == {"other"}
    assert figures(op.load(tmp_path / "run").report) == figures(found.report)


def test_compare_takes_activations_from_memory(command, layers, tmp_path):
    other = {label: values**3 for label, values in layers.items()}
    for name, arrays in (("base", layers), ("other", other)):
        np.savez(tmp_path / f"{name}.npz", **arrays)
    told = command("compare", f"base={tmp_path / 'base.npz'}", f"other={tmp_path / 'other.npz'}")
    assert figures(op.compare({"base": layers, "other": other}).report) == figures(told)
    runs = {"base": op.measure(layers), "other": [op.measure(other)]}
    assert op.compare(runs).verdicts == {"other": told["pairs"][0]["verdict"]}
    chosen = op.compare({"a=1": layers, "a=2": other}, baseline="a=2")
    assert chosen.baseline == "a=2" and chosen.verdicts.keys() == {"a=1"}


def test_capture_gives_what_a_run_saves(command, reviews, tmp_path):
    command("--model", MODEL, "--texts", TEXTS, "--samples", "60", "-o", tmp_path, "--save-activations")
    captured = op.capture(MODEL, texts=reviews, samples=60)
    with np.load(tmp_path / "activations.npz") as saved:
        assert list(captured) == saved.files
        for label, values in captured.items():
            assert values.dtype == np.float32 and values.shape[0] == 60
            np.testing.assert_array_equal(values, saved[label])
    chosen = op.capture(MODEL, texts=reviews, samples=60, layers=list(captured)[-1], pool="mean")
    assert list(chosen) == list(captured)[-1:]
    assert not np.array_equal(chosen[list(captured)[-1]], captured[list(captured)[-1]])


def test_activations_saved_in_half_are_numpys_float16(command, layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    single = op.measure(layers, out=tmp_path / "single", save_activations=True)
    op.measure(layers, out=tmp_path / "half", save_activations="f16")
    command("measure", tmp_path / "layers.npz", "-o", tmp_path / "told", "--save-activations", "f16")
    assert (tmp_path / "told" / "activations.npz").read_bytes() == (tmp_path / "half" / "activations.npz").read_bytes()
    with np.load(tmp_path / "half" / "activations.npz") as saved:
        assert list(saved) == list(layers)
        for label, values in layers.items():
            assert saved[label].dtype == np.dtype("<f2")
            np.testing.assert_array_equal(saved[label], values.astype(np.float16))
            np.testing.assert_array_equal(single.activations[label], values)
        rounded = op.measure(dict(saved))
    # A comparison measures what was saved.
    found = op.compare({"single": tmp_path / "single", "half": tmp_path / "half"})
    np.testing.assert_array_equal(found.runs["half"][0].entropy, rounded.entropy)
    assert any("saved as float16, and those of single as float32" in warning for warning in found.runs["half"][0].warnings)


def test_a_saved_run_is_the_commands_folder_and_comes_back(command, layers, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    command("measure", tmp_path / "layers.npz", "-o", tmp_path / "theirs", "--save-activations")
    run = op.measure(layers)
    ours = run.save(tmp_path / "ours", activations=True)
    for name in ("measures.npz", "activations.npz", "skipped.jsonl"):
        assert (ours / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes(), name
    back = op.load(ours)
    assert figures(back.report) == figures(run.report)
    np.testing.assert_array_equal(back.entropy, run.entropy)
    np.testing.assert_array_equal(back.mutual_information, run.mutual_information)
    for label, values in layers.items():
        np.testing.assert_array_equal(back.activations[label], values)
    again = op.load(back.save(tmp_path / "again"))
    assert figures(again.report) == figures(run.report) and again.page() == back.page()


def test_a_saved_comparison_comes_back_with_its_models(layers, tmp_path):
    other = {label: values**3 for label, values in layers.items()}
    found = op.compare({"base": layers, "other": [other, layers]})
    back = op.load(found.save(tmp_path / "found"))
    assert figures(back.report) == figures(found.report)
    for label, runs in found.runs.items():
        for ours, theirs in zip(runs, back.runs[label], strict=True):
            np.testing.assert_array_equal(ours.entropy, theirs.entropy)
    one = op.load(back.runs["other"][0].save(tmp_path / "one"))
    np.testing.assert_array_equal(one.entropy, op.measure(other).entropy)
    np.testing.assert_array_equal(op.load(found.runs["base"][0].save(tmp_path / "two")).entropy, op.measure(layers).entropy)
    assert figures(op.load(back.save(tmp_path / "again")).report) == figures(found.report)


def test_two_threads_get_their_own_results(layers):
    alone = {seed: op.measure(layers, samples=200, seed=seed).entropy for seed in range(4)}
    found = {}
    work = [threading.Thread(target=lambda s=s: found.update({s: op.measure(layers, samples=200, seed=s)})) for s in alone]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    for seed, entropy in alone.items():
        np.testing.assert_array_equal(found[seed].entropy, entropy)


def test_models_run_next_to_onnxruntime_itself(reviews):
    """Both libraries in one process, as in anybody's notebook."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    ids = np.ones((2, 5), dtype=np.int64)
    feed = {given.name: ids for given in session.get_inputs()}
    before = session.run(None, feed)
    captured = op.capture(MODEL, texts=reviews, samples=20)
    for one, other in zip(before, session.run(None, feed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert all(np.isfinite(values).all() for values in captured.values())
