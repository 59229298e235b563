import numpy as np
import pytest
from conftest import REVIEWS, figures

import onnxprobe as op

pandas = pytest.importorskip("pandas")
MODEL = REVIEWS / "base.onnx"


def test_a_series_and_a_data_frame_are_texts(reviews):
    plain = figures(op.score(MODEL, texts=reviews[:120]).report)
    series = pandas.Series(reviews[:120], index=range(1000, 1120))
    assert figures(op.score(MODEL, texts=series).report) == plain
    frame = pandas.DataFrame({"id": range(120), "text": reviews[:120]})
    of_frame = figures(op.score(MODEL, texts=frame, text_column="text").report)
    assert of_frame["overall"] == plain["overall"]
    series[1003] = pandas.NA
    assert op.score(MODEL, texts=series).report["inputs"]["skipped"] == 1


def test_a_frame_has_a_row_per_layer_or_neuron(layers):
    run = op.measure(layers)
    frame = run.to_pandas()
    assert list(frame.index) == ["layer1", "layer2"]
    np.testing.assert_allclose(frame.loc["layer1", "H"], np.mean(run.entropy[:8]))
    assert frame.loc["layer1", "H_low"] <= frame.loc["layer1", "H"] <= frame.loc["layer1", "H_high"]
    neurons = run.to_pandas("neurons")
    assert len(neurons) == 16 and list(neurons.columns) == ["layer", "neuron", "entropy"]
    np.testing.assert_array_equal(neurons["entropy"], run.entropy)
    with pytest.raises(op.UsageError):
        run.to_pandas("pairs")


def test_a_frame_of_a_comparison_has_the_verdict(layers):
    other = {label: np.sign(values) * values**4 for label, values in layers.items()}
    found = op.compare({"base": layers, "other": other})
    frame = found.to_pandas()
    assert list(frame.index) == ["base", "other"] and list(frame["verdict"]) == ["baseline", found.verdict]
    change = 2 * (frame.loc["other", "H"] - frame.loc["base", "H"]) / (frame.loc["other", "H"] + frame.loc["base", "H"])
    np.testing.assert_allclose(frame.loc["other", "dH"], change)
    assert found.sentences["other"] in str(found) and found.advice in str(found)


def test_what_a_notebook_shows_is_text_and_not_markup(layers):
    hostile = {"<script>alert(1)</script>": layers["layer1"], "layer2": layers["layer2"]}
    run = op.measure(hostile)
    found = op.compare({"<b>base</b>": hostile, "other": hostile})
    for shown in (run._repr_html_(), found._repr_html_()):
        assert "<table>" in shown and "<script>" not in shown and "<b>" not in shown
    assert "&lt;script&gt;" in run._repr_html_()
    assert run.page().startswith("<!") and "<script>alert" not in run.page()
    assert "2 layers" in repr(run) and "other" in repr(found)


def test_pictures_are_drawn(layers):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    run = op.measure(layers)
    boxes, densities, matrix = run.plot().axes[:3]
    assert [label.get_text() for label in boxes.get_xticklabels()] == ["layer1", "layer2"]
    assert matrix.images[0].get_array().shape == run.mutual_information.shape
    assert densities.patches
    found = op.compare({"base": layers, "other": {label: values**3 for label, values in layers.items()}})
    *_, differences = found.plot().axes
    assert [label.get_text() for label in differences.get_yticklabels()] == ["H", "I", "R"]
    # One dot per measure, at the relative difference in per cent.
    dots = [line.get_xdata()[0] for line in differences.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [100 * m["relative"] for m in found.report["pairs"][0]["evidence"]["measures"]])
