"""What the layers say of labels: the command's figures, whatever form the labels and the activations come in."""

import json

import numpy as np
import pytest
from conftest import REPOSITORY, REVIEWS

import onnxprobe as op

MODEL = REVIEWS / "base.onnx"


@pytest.fixture(scope="session")
def signs(layers):
    """A label of each of the 400 rows, which lies open in `layer1`."""
    return (layers["layer1"][:, 0] > 0).astype(int)


@pytest.fixture(scope="session")
def run(layers):
    return op.measure(layers, mi_neurons=2)


def figures(report):
    """A report without where the activations and the labels lay."""
    report = json.loads(json.dumps(report))
    del report["activations"], report["name"], report["settings"]["labels"]
    return report


def test_labels_of_a_run_are_those_of_the_command(command, reviews, tmp_path):
    texts = reviews[:90]
    polarity = (REPOSITORY / "fixtures" / "labels" / "reviews.txt").read_text(encoding="utf-8").split("\n")[:90]
    polarity[::10] = [""] * 9
    (tmp_path / "labels.txt").write_text("\n".join(polarity) + "\n")
    run = op.score(MODEL, texts=texts, samples=60, seed=3, layers="encoder.layer.[23]", mi_neurons=2)
    folder = run.save(tmp_path / "run", activations=True)
    told = command("labels", folder, "--labels", tmp_path / "labels.txt", "--orders", "2", "--seed", "5")
    assert told["kind"] == "texts" and told["inputs"] == 60 and told["labels"][0]["missing"] > 0
    given = [word or None for word in polarity]
    for of in (run, folder, str(folder), op.load(folder)):
        found = op.labels(of, given, orders=2, seed=5, progress=False)
        assert figures(found.report) == figures(told)
    assert found.report["name"] == told["name"] == "base.onnx"
    assert op.labels(run, tmp_path / "labels.txt", orders=2, seed=5).layers == told["labels"][0]["layers"]


def test_labels_of_arrays_are_those_of_their_file(command, layers, signs, tmp_path):
    np.savez(tmp_path / "layers.npz", **layers)
    (tmp_path / "labels.txt").write_text("".join(f"{label}\n" for label in signs))
    words = ["--blocks", "5,25,100", "--l2", "0.5", "--units", "published", "--orders", "1"]
    told = command("labels", tmp_path / "layers.npz", "--labels", tmp_path / "labels.txt", *words)
    settings = {"blocks": [5, 25, 100], "l2": 0.5, "units": "published", "orders": 1}
    for of in (layers, tmp_path / "layers.npz"):
        assert figures(op.labels(of, signs, **settings).report) == figures(told)
    # float64 that float32 holds, and another order in memory.
    doubles = {label: np.asfortranarray(values.astype(np.float64)) for label, values in layers.items()}
    assert figures(op.labels(doubles, signs, **settings).report) == figures(told)
    found = op.labels(layers, signs, orders=2)
    assert found.layers[0]["compression"]["mean"] > 2 > found.layers[0]["control"]["compression"]["mean"]


FORMS = {
    "list": list,
    "int8": lambda labels: labels.astype(np.int8),
    "uint64, strided": lambda labels: np.repeat(labels.astype(np.uint64), 2)[::2],
    "float64": lambda labels: labels.astype(np.float64),
    "strings": lambda labels: [str(label) for label in labels],
    "numpy strings": lambda labels: labels.astype(str),
    "objects": lambda labels: labels.astype(object),
    "generator": lambda labels: (int(label) for label in labels),
    "another order of bytes": lambda labels: labels.astype(">i4"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_label_is_its_class_and_not_its_type(layers, signs, form):
    plain = op.labels(layers, (str(label) for label in signs), orders=1)
    assert figures(op.labels(layers, FORMS[form](signs), orders=1).report) == figures(plain.report)


def test_truth_values_are_labels(layers, signs):
    plain = op.labels(layers, signs, orders=1)
    found = op.labels(layers, signs.astype(bool), orders=1)
    assert found.layers == plain.layers
    assert [of["name"] for of in found.columns["label"]["classes"]] == ["false", "true"]
    assert op.labels(layers, [bool(label) for label in signs], orders=1).layers == plain.layers


def test_series_and_frames_have_names(layers, signs):
    pandas = pytest.importorskip("pandas")
    plain = op.labels(layers, signs, orders=1)
    series = pandas.Series(signs, name="sign", index=range(1000, 1400))
    assert op.labels(layers, series, orders=1).columns["sign"]["layers"] == plain.layers
    named = pandas.Series(np.where(signs, "yes", "no"))
    for form in (named, named.astype("category"), pandas.Categorical(named), named.astype("string")):
        assert op.labels(layers, form, orders=1).layers == plain.layers
    # Integers with a missing one are floats in pandas, or have a type of their own.
    for form in (series.astype(float), series.astype("Int64"), series.astype("boolean")):
        form = form.copy()
        form.iloc[7] = None
        found = op.labels(layers, form, orders=1).columns["sign"]
        assert found["missing"] == 1 and found["inputs"] == 399
    assert [of["name"] for of in op.labels(layers, series.astype(float), orders=1).columns["sign"]["classes"]] == ["0", "1"]
    # What is no label does not matter in a column that nobody asks for.
    frame = pandas.DataFrame({"when": pandas.Timestamp("2020-01-01"), "sign": signs, "third": np.arange(400) % 3})
    found = op.labels(layers, frame, column="sign", orders=1)
    assert list(found.columns) == ["sign"] and found.layers == plain.layers
    assert list(op.labels(layers, frame, column=["third", "sign"], orders=1).columns) == ["third", "sign"]
    assert op.labels(layers, frame.rename(columns={"sign": "label"}), orders=1).layers == plain.layers


def test_a_tensor_holds_labels(layers, signs):
    torch = pytest.importorskip("torch")
    assert op.labels(layers, torch.tensor(signs), orders=1).layers == op.labels(layers, signs, orders=1).layers


def test_all_columns_of_a_dict_are_coded(layers, signs):
    thirds = [["a", "b", "c"][row % 3] for row in range(400)]
    found = op.labels(layers, {"sign": signs, "third": thirds}, orders=1)
    assert list(found.columns) == ["sign", "third"]
    assert found.columns["sign"]["layers"] == op.labels(layers, signs, orders=1).layers
    assert list(op.labels(layers, {"sign": signs, "third": thirds}, column="third", orders=1).columns) == ["third"]
    with pytest.raises(op.UsageError, match="2 columns"):
        _ = found.layers


def test_labels_find_the_rows_that_were_drawn(layers, signs):
    rows = np.arange(400, dtype=np.float32)[:, None]
    run = op.measure({"row": rows, **layers}, samples=150, seed=4, mi_neurons=1)
    drawn = run.activations["row"][:, 0].astype(int)
    assert len(drawn) == 150
    expected = op.labels({label: values[drawn] for label, values in {"row": rows, **layers}.items()}, signs[drawn])
    assert op.labels(run, signs).layers == expected.layers


def test_labels_find_the_texts_that_were_measured(reviews):
    """A missing text and one that repeats an earlier one keep their labels to themselves."""
    texts, given = [], []
    for text in reviews[:50]:
        texts += [text, None, text]
        given += ["long" if len(text) > 160 else "short", "missing", "repeated"]
    settings = {"max_skipped": 50, "layers": "encoder.layer.3", "mi_neurons": 2}
    run = op.score(MODEL, texts=texts, samples=60, **settings)
    classes = op.labels(run, given, orders=1).columns["label"]["classes"]
    kept = {text for text, label in zip(texts, given, strict=True) if label in ("long", "short")}
    assert {of["name"] for of in classes} <= {"long", "short", "repeated"}
    assert sum(of["inputs"] for of in classes) == run.report["inputs"]["count"] <= len(kept)
    with pytest.raises(op.InputError, match="in memory"):
        op.labels(run, column="length")
    whole = op.score(MODEL, texts=texts, samples="all", **settings)
    counted = {of["name"]: of["inputs"] for of in op.labels(whole, given, orders=1).columns["label"]["classes"]}
    assert counted == {
        "long": sum(len(text) > 160 for text in kept),
        "short": sum(len(text) <= 160 for text in kept),
    }


def test_a_frame_and_an_array_of_the_result_hold_the_reports_figures(layers, signs, tmp_path, run):
    folder = run.save(tmp_path / "run", activations=True)
    found = op.labels(folder, {"sign": signs, "third": np.arange(400) % 3}, out=folder)
    kept = op.load(folder)
    assert kept.report["labels"] == found.report["labels"]
    assert "labels alone" in kept.page() and "labels alone" not in run.page()
    # Another column joins them, and a copy of the folder has all of it.
    op.labels(kept, {"half": np.arange(400) % 2}, out=folder)
    copied = kept.save(tmp_path / "copy")
    assert [of["column"] for of in op.load(copied).report["labels"]] == ["sign", "third", "half"]
    with np.load(copied / "codelengths.npz") as arrays:
        lengths, alone = arrays["codelength"], arrays["alone_compression"]
        control = arrays["control_compression"]
    pandas = pytest.importorskip("pandas")
    frame = found.to_pandas()
    assert list(frame.index) == [(labels, layer) for labels in ("sign", "third") for layer in layers]
    np.testing.assert_array_equal(frame["codelength"].to_numpy().reshape(2, 2), lengths[:2])
    np.testing.assert_array_equal(frame["control_compression"].to_numpy().reshape(2, 2), control[:2])
    np.testing.assert_array_equal(frame["featureless_compression"].to_numpy().reshape(2, 2)[:, 0], alone[:2])
    assert (frame["compression_low"] <= frame["compression"]).all()
    one = op.labels(layers, signs, orders=1).to_pandas()
    assert one["accuracy_low"].isna().all() and one.dtypes["accuracy_low"] == float
    assert isinstance(one, pandas.DataFrame)


def test_a_layer_that_says_nothing_is_coded_as_the_labels_alone(signs):
    constant = op.labels({"constant": np.ones((400, 3), dtype=np.float32)}, signs)
    assert constant.layers[0]["left_out"] == 3 and constant.layers[0]["neurons"] == 0
    for figure in ("codelength", "compression", "accuracy"):
        assert constant.layers[0][figure] == constant.featureless[figure]


def test_what_a_notebook_shows_is_text_and_not_markup(layers, signs):
    hostile = {"<script>alert(1)</script>": layers["layer1"]}
    found = op.labels(hostile, {"<b>x</b>": ["<i>a</i>" if sign else None for sign in signs[:200]] + ["c"] * 200}, orders=1)
    shown = found._repr_html_()
    assert "<table>" in shown and "labels alone" in shown and "missing" in shown
    assert not any(tag in shown for tag in ("<script>", "<b>", "<i>"))
    assert "2 classes" in repr(found) and found.warnings


def test_labels_that_cannot_be_used_say_what_to_do(layers, signs, run, tmp_path):
    def refused(kind, says, of, labels, **settings):
        with pytest.raises(kind) as caught:
            op.labels(of, labels, **settings)
        assert says in caught.value.message and caught.value.advice, caught.value

    for of in (layers, run):
        refused(op.InputError, "399 labels", of, signs[:-1])
        refused(op.InputError, "401 labels", of, [*signs, 1])
        refused(op.InputError, "0 labels", of, [])
    refused(op.InputError, "only the class '1'", layers, np.ones(400, dtype=int))
    refused(op.InputError, "fewer than 4 inputs: 'b' (3)", layers, ["b"] * 3 + ["a"] * 397)
    assert op.labels(layers, ["b"] * 3 + ["a", "c"] * 198 + ["a"], drop_rare=True, orders=1).columns["label"]["dropped"]
    refused(op.InputError, "400 classes", layers, range(400))
    refused(op.InputError, "no label for any", layers, [None] * 400)
    refused(op.InputError, "label 1 is tuple", layers, [1, (2, 3)])
    refused(op.InputError, "label 0 is bytes", layers, [b"a"])
    refused(op.InputError, "[400, 2]", layers, np.stack([signs, signs], axis=1))
    refused(op.InputError, "'a' has 400 labels, and 'b' has 399", layers, {"a": signs, "b": signs[1:]})
    refused(op.InputError, "labels are str", layers, {"a.png": "cat", "b.png": "dog"})
    refused(op.UsageError, "no column 'c'", layers, {"a": signs, "b": signs}, column="c")
    refused(op.UsageError, "no columns", layers, signs, column="c")
    refused(op.UsageError, "int", layers, 3)
    refused(op.UsageError, "no labels", layers, None)
    refused(op.UsageError, "no block but the last", layers, signs, blocks="0.5,100")
    refused(op.UsageError, "in memory", run, signs, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    refused(op.UsageError, "ndarray", layers["layer1"], signs)
    refused(op.InputError, "none.csv", layers, tmp_path / "none.csv")
    with pytest.raises(TypeError, match="'samples'"):
        op.labels(layers, signs, samples=3)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": signs, "b": signs, "when": pandas.Timestamp("2020-01-01")})
    refused(op.UsageError, "which column holds the labels; there are a, b", layers, frame)
    refused(op.InputError, "label 0 of 'when' is Timestamp", layers, frame, column="when")
    refused(op.InputError, "no column of labels", layers, frame[["when"]])


def test_a_run_without_its_activations_is_refused(layers, run, signs, tmp_path):
    bare = run.save(tmp_path / "bare")
    small = {"layer1": layers["layer1"][:80, :3]}
    found = op.compare({"a": small, "b": small}, out=tmp_path / "found", save_activations=True)
    for of in (bare, op.load(bare), found.runs["a"][0]):
        with pytest.raises(op.InputError, match="activations"):
            op.labels(of, signs)
    with pytest.raises(op.UsageError, match="comparison"):
        op.labels(found, signs[:80])
    # One that was loaded has them in its folder.
    loaded = op.load(tmp_path / "found").runs["b"][0]
    assert op.labels(loaded, signs[:80], orders=1).layers == op.labels(small, signs[:80], orders=1).layers


def test_an_exception_of_the_callback_stops_the_codes():
    """As Ctrl-C does, of which test_interrupts.py has the rest."""
    told = []

    def progress(stage, done, total):
        told.append((stage, total))
        if stage == "codes":
            raise LookupError

    random = np.random.default_rng(0)
    layer = random.normal(size=(2000, 300))
    with pytest.raises(LookupError):
        op.labels({"layer": layer}, random.integers(8, size=2000), orders=200, progress=progress)
    assert ("codes", 2 * 200) in told and told[-1] == (None, 0)
