"""Neurons switched off: the command's figures, and those of ONNX Runtime by itself."""

import json

import numpy as np
import pytest
from conftest import REPOSITORY, REVIEWS

import onnxprobe as op

MODEL = REPOSITORY / "models" / "digits-mlp" / "shuffled_b0.00_s0.onnx"
#: One layer of 256 neurons and few random draws: most of the time would be spent in the measures.
FEW = {"layers": "fc3", "draws": 3, "mi_neurons": 2}
WORDS = ["--layers", "fc3", "--draws", "3", "--mi-neurons", "2"]


@pytest.fixture(scope="session")
def digits():
    with np.load(REPOSITORY / "fixtures" / "digits_shuffled.npz") as arrays:
        return arrays["image"][:60]


@pytest.fixture(scope="session")
def answers(digits):
    """What ONNX Runtime answers by itself."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    (name,) = [given.name for given in session.get_inputs()]
    return session.run(["logits"], {name: digits})[0].argmax(axis=1)


def figures(report):
    """A report without where labels and neurons lay."""
    report = json.loads(json.dumps(report))
    for name in ("labels", "groups", "neurons"):
        del report["settings"][name]
    return report


def test_it_is_the_commands(command, digits, tmp_path):
    np.savez(tmp_path / "images.npz", image=digits)
    labels, groups = np.arange(60) % 10, np.where(np.arange(60) < 25, "few", "more")
    (tmp_path / "labels.csv").write_text("digit,half\n" + "".join(f"{d},{h}\n" for d, h in zip(labels, groups, strict=True)))
    table = tmp_path / "labels.csv"
    words = ["--labels", table, "--column", "digit", "--groups", table, "--group-column", "half"]
    words += ["--arrays", tmp_path / "images.npz", "--neurons", "lowest-entropy:3", "--how", "mean", *WORDS]
    told = command("ablate", "--model", MODEL, *words)
    columns = {"digit": labels, "half": groups}
    found = op.ablate(
        MODEL,
        arrays={"image": digits},
        neurons="lowest-entropy:3",
        labels=columns,
        column="digit",
        groups=columns,
        group_column="half",
        how="mean",
        progress=False,
        **FEW,
    )
    assert figures(found.report) == figures(told)
    assert found.curve == told["curve"] and found.layers == told["layers"]
    # Neither labels nor the form of the arrays changes what becomes of the layers.
    assert op.ablate(MODEL, arrays=digits, neurons="lowest-entropy:3", how="mean", **FEW).layers == told["layers"]


def test_neurons_are_a_rule_a_list_or_a_file(digits, tmp_path):
    ruled = op.ablate(MODEL, arrays=digits, neurons="random:3", seed=5, **FEW)
    assert len(ruled.neurons) == 3 and all(layer == "fc3" for layer, _ in ruled.neurons)
    (tmp_path / "neurons.txt").write_text("".join(f"{layer}:{index}\n" for layer, index in ruled.neurons))
    texts = [f"{layer}:{index}" for layer, index in ruled.neurons]
    numbers = [(layer, np.int64(index)) for layer, index in ruled.neurons]
    for form in (texts, iter(numbers), tmp_path / "neurons.txt"):
        assert figures(op.ablate(MODEL, arrays=digits, neurons=form, seed=5, **FEW).report) == figures(ruled.report)


def test_without_its_last_layer_a_network_is_right_where_its_bias_is(digits, answers):
    """Labels that are ONNX Runtime's answers: the model is always right, and then where the answer of the bias is the label."""
    found = op.ablate(MODEL, arrays=digits, neurons=[("fc3", index) for index in range(256)], labels=answers, **FEW)
    assert found.report["labels"]["accuracy"]["count"] == 60 and found.report["candidates"] == 256
    last = found.curve[-1]
    (of_bias,) = [int(of["name"]) for of in found.report["classes"] if of["after"]["count"]]
    assert last["accuracy"]["count"] == (answers == of_bias).sum()
    assert last["changed"]["count"] == (answers != of_bias).sum() > 0
    frame = pytest.importorskip("pandas") and found.to_pandas()
    assert list(frame.index[:2]) == [(1, "chosen"), (1, "random")] and len(frame) == 2 * 9
    np.testing.assert_allclose(frame.loc[(256, "chosen"), "changed"], (answers != of_bias).mean())
    np.testing.assert_allclose(frame.loc[(256, "random"), "accuracy"], (answers == of_bias).mean())
    assert (frame["changed_low"] <= frame["changed"]).all()


def test_the_tables_hold_the_reports_figures(digits):
    pytest.importorskip("pandas")
    found = op.ablate(MODEL, arrays=digits, neurons="lowest-entropy:3", **FEW)
    frame = found.to_pandas()
    assert frame["accuracy"].isna().all() and frame.dtypes["accuracy"] == float
    assert list(frame.xs("chosen", level="which")["changed"]) == [point["changed"]["share"] for point in found.curve]
    levels = found.to_pandas("layers").loc["fc3"]
    (layer,) = found.layers
    assert (levels["off"], levels["neurons"]) == (3, 253)
    assert levels["R_after"] == layer["after"]["effective_rank"] and levels["H_before"] == layer["before"]["entropy"]
    neurons = found.to_pandas("neurons")
    assert list(zip(neurons["layer"], neurons["neuron"], strict=True)) == found.neurons
    assert neurons["entropy"].is_monotonic_increasing
    with pytest.raises(op.UsageError):
        found.to_pandas("classes")
    shown = found._repr_html_()
    assert "3 of 256 neurons off (lowest-entropy:3, zero)" in shown and shown.count("<table>") == 2
    assert "3 of 256 neurons off" in repr(found)


def test_a_folder_is_the_run_with_every_neuron_on(digits, tmp_path):
    found = op.ablate(MODEL, arrays=digits, neurons="random:2", out=tmp_path / "run", **FEW)
    assert json.loads((tmp_path / "run" / "ablation.json").read_text()) == found.report
    plain = op.score(MODEL, arrays=digits, layers="fc3", mi_neurons=2)
    np.testing.assert_array_equal(op.load(tmp_path / "run").entropy, plain.entropy)


def test_a_data_frame_has_its_labels_in_a_column(reviews):
    """The network that learned the polarity of the adjectives answers by it: models/README.md has 0.991 of held-out texts."""
    pandas = pytest.importorskip("pandas")
    polarity = (REPOSITORY / "fixtures" / "labels" / "reviews.txt").read_text(encoding="utf-8").split("\n")[:60]
    frame = pandas.DataFrame({"id": range(60), "text": reviews[:60]})
    frame["polarity"] = [{"neg": 0, "pos": 1}.get(word) for word in polarity]
    frame["half"] = frame["id"] % 2 == 0
    settings = {"layers": "encoder.layer.3", "draws": 2, "mi_neurons": 2, "text_column": "text"}
    found = op.ablate(
        REVIEWS / "heuristic.onnx",
        texts=frame,
        neurons="random:1",
        column="polarity",
        group_column="half",
        **settings,
    )
    assert found.report["labels"]["missing"] == frame["polarity"].isna().sum()
    assert found.report["labels"]["accuracy"]["share"] > 0.9
    assert found.report["gaps"]["groups"] == ["false", "true"]
    given = op.ablate(
        REVIEWS / "heuristic.onnx",
        texts=frame,
        neurons="random:1",
        labels=frame["polarity"],
        groups=frame["half"],
        **settings,
    )
    assert given.curve == found.curve and given.report["gaps"] == found.report["gaps"]


def test_what_cannot_be_switched_off_says_what_to_do(digits, tmp_path):
    def refused(kind, says, advice, model=MODEL, **settings):
        with pytest.raises(kind) as caught:
            op.ablate(model, **{"arrays": digits, "neurons": "random:1", **FEW, **settings})
        assert says in caught.value.message and advice in caught.value.advice, caught.value

    refused(op.UsageError, "a number of neurons", "", neurons="lowest-entropy")
    refused(op.UsageError, "only 256 neurons", "at most 256", neurons="random:257")
    refused(op.UsageError, "there is no layer 'fc7'", "--layer", layer="fc7")
    refused(op.UsageError, "neurons came as int", "lowest-entropy:16", neurons=16)
    refused(op.UsageError, "neuron 1 is ('fc3', 'x')", "(layer, index)", neurons=[("fc3", 1), ("fc3", "x")])
    refused(op.InputError, "no layer 'fc9' among fc3", "LAYER:INDEX", neurons=[("fc3", 1), ("fc9", 1)])
    refused(op.InputError, "names no neuron", "LAYER:INDEX", neurons=[])
    refused(op.InputError, "'pos' does not say which of the model's 10 answers", "numbers from 0 to 9", labels=["pos"] * 60)
    refused(op.InputError, "59 labels", "one label per input", labels=np.zeros(59, dtype=int))
    refused(op.UsageError, "there are no labels", "--labels", groups=["a", "b"] * 30)
    refused(op.InputError, "1 group", "--group-column", labels=np.zeros(60, dtype=int), groups=["a"] * 60)
    two = {"a": np.zeros(60, dtype=int), "b": np.zeros(60, dtype=int)}
    refused(op.UsageError, "which column", "--column", labels=two)
    # A layer behind a normalisation has no dense layer whose weights could be zero.
    texts = {"arrays": None, "texts": ["one text", "another text"] * 20, "layers": None}
    refused(op.InputError, "'encoder.layer.0'", "--how zero or mean", REVIEWS / "base.onnx", how="published", **texts)
    with pytest.raises(TypeError, match="'resume'"):
        op.ablate(MODEL, arrays=digits, neurons="random:1", resume=True)
    with pytest.raises(TypeError, match="neurons"):
        op.ablate(MODEL, arrays=digits)


def test_an_exception_of_the_callback_stops_it(digits):
    told = set()

    def progress(stage, done, total):
        told.add(stage)
        if stage == "ablation":
            raise LookupError

    many = np.concatenate([digits] * 20)
    many[:, 0, 0, 0] = np.arange(len(many)) / len(many)
    with pytest.raises(LookupError):
        op.ablate(MODEL, arrays=many, neurons="random:64", layers="fc3", draws=200, mi_neurons=2, progress=progress)
    assert "ablation" in told
