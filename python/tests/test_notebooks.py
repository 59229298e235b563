"""The notebooks of the examples run from top to bottom, and say what their texts promise."""

import os
import shutil
import sys

import pytest
from conftest import REPOSITORY

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("torch")
pytest.importorskip("matplotlib")
pytest.importorskip("pandas")


@pytest.mark.parametrize("name", ["tutorial", "hooks"])
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    if name == "tutorial":
        pytest.importorskip("onnx")
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    shutil.copy(REPOSITORY / "examples" / f"{name}.ipynb", tmp_path)
    notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "notebooks are kept without their outputs"
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    data = [output["data"] for output in shown if "data" in output]
    assert any("image/png" in of for of in data), "a picture"
    assert any("heuristic" in of.get("text/html", "") for of in data), "a verdict"
