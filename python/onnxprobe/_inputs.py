"""What people have in memory, as what the command reads: files of texts and arrays, and float arrays of activations."""

from __future__ import annotations

import json
import math
import operator
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import InputError, UsageError

#: The folder of texts, labels and arrays that were in memory, for the time of a call.
FOLDER = "onnxprobe-"

_TEXTS = "texts.json"


@contextmanager
def as_files(texts: Any, images: Any, arrays: Any) -> Iterator[list[str]]:
    """The flags of the inputs. What is in memory lies in a folder of its own until the work is done."""
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        flags: list[str] = []
        if texts is not None:
            flags += ["--texts", *(path_as_word(path) for path in _files_of_texts(texts, Path(folder)))]
        if images is not None:
            flags += [f"--images={os.fspath(images)}"]
        if arrays is not None:
            flags += [f"--arrays={_file_of_arrays(arrays, Path(folder))}"]
        yield flags


def were_in_memory(texts: str) -> bool:
    """Whether the path of texts in a report is that of a file which was there for the time of a call."""
    path = Path(texts)
    return path.name == _TEXTS and path.parent.name.startswith(FOLDER)


def activations(layers: Mapping[str, Any]) -> list[tuple[str, np.ndarray]]:
    """Every layer's activations as float32, or as float64 which is narrowed later. Nothing is copied that is float32 already."""
    if not isinstance(layers, Mapping):
        raise UsageError(
            f"activations came as {type(layers).__name__}, where a dict of arrays was expected",
            "give one array [inputs, neurons] per layer: measure({'layer1': array})",
        )
    return [(str(label), _floats(str(label), array)) for label, array in layers.items()]


def save_activations(layers: Mapping[str, Any], path: Path) -> Path:
    """Writes activations as the .npz that the command takes for a variant."""
    _write_npz(path, dict(activations(layers)))
    return path


def _files_of_texts(texts: Any, folder: Path) -> list[str]:
    if isinstance(texts, (str, os.PathLike)):
        return [os.fspath(texts)]
    if is_frame(texts):
        return [_written(_records(texts), folder)]
    if not isinstance(texts, Iterable):
        raise UsageError(f"texts came as {type(texts).__name__}, where a list, a Series or a path was expected")
    listed = list(texts)
    if listed and all(isinstance(text, os.PathLike) for text in listed):
        return [os.fspath(path) for path in listed]
    return [_written([_text(position, text) for position, text in enumerate(listed)], folder)]


def neurons(given: Any, folder: Path) -> str:
    """A rule or a path as it is; neurons as a file that lists them, in their order."""
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given)
    if not isinstance(given, Iterable):
        raise UsageError(f"neurons came as {type(given).__name__}", _NEURONS)
    path = folder / "neurons.txt"
    path.write_text("".join(f"{_neuron(position, one)}\n" for position, one in enumerate(given)), encoding="utf-8")
    return str(path)


_NEURONS = "give a rule such as 'lowest-entropy:16', a path, or a list of (layer, index), as `Run.neurons` has them"


def _neuron(position: int, neuron: Any) -> str:
    if isinstance(neuron, str):
        return neuron
    try:
        layer, index = neuron
        return f"{layer}:{operator.index(index)}"
    except (TypeError, ValueError):
        raise UsageError(f"neuron {position} is {neuron!r}, where (layer, index) was expected", _NEURONS) from None


def is_frame(given: Any) -> bool:
    """Whether it is a data frame, of whatever library."""
    return hasattr(given, "columns") and hasattr(given, "to_dict")


def is_missing(value: Any) -> bool:
    """Whether it stands for a value that is not there: `None`, NaN, or what pandas has for it."""
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def path_as_word(path: str) -> str:
    """A path that is no flag, though it may start with a dash."""
    return path if not path.startswith("-") or path == "-" else os.path.join(".", path)


def _text(position: int, text: Any) -> str | None:
    """A text, or `None` for a missing value, which the command skips and counts."""
    if isinstance(text, str):
        return str(text)
    if is_missing(text):
        return None
    if isinstance(text, (tuple, list, bytes)) or not np.isscalar(text):
        advice = "give strings, or a data frame with text_column= and text_pair_column="
    else:
        advice = "give strings"
    raise InputError(f"text {position} is {type(text).__name__}, where a string was expected", advice)


def _records(frame: Any) -> list[dict[str, str | None]]:
    """The columns of a data frame that hold texts."""
    columns: dict[str, list[Any]] = {}
    for name in frame.columns:
        values = frame[name].tolist()
        if any(isinstance(value, str) for value in values):
            columns[str(name)] = [value if isinstance(value, str) else None for value in values]
    if not columns:
        raise InputError("the data frame has no column of texts", "give a data frame with a column of strings")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _written(records: list[Any], folder: Path) -> str:
    path = folder / _TEXTS
    path.write_text(json.dumps(records), encoding="utf-8")
    return str(path)


def _file_of_arrays(arrays: Any, folder: Path) -> str:
    if isinstance(arrays, (str, os.PathLike)):
        return os.fspath(arrays)
    if isinstance(arrays, Mapping):
        path = folder / "arrays.npz"
        _write_npz(path, {str(name): _native_order(as_numpy(array)) for name, array in arrays.items()})
    else:
        path = folder / "arrays.npy"
        np.save(path, _native_order(as_numpy(arrays)), allow_pickle=False)
    return str(path)


def _write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """As `numpy.savez`, which takes a label such as `file` for a parameter of its own."""
    with zipfile.ZipFile(path, "w") as members:
        for name, array in arrays.items():
            with members.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def as_numpy(array: Any) -> np.ndarray:
    """An array of any library as numpy has it, without a copy where it is in this machine's memory."""
    if hasattr(array, "detach") and hasattr(array, "cpu"):
        array = array.detach().cpu()
        if "bfloat16" in str(array.dtype):
            array = array.float()
        array = array.resolve_neg().resolve_conj().numpy()
    return np.asarray(array)


def _native_order(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _floats(label: str, array: Any) -> np.ndarray:
    values = as_numpy(array)
    if values.ndim != 2 or values.dtype.kind != "f" or values.dtype.itemsize > 8:
        shape = ", ".join(str(extent) for extent in values.shape)
        raise InputError(
            f"activations '{label}' are {values.dtype} [{shape}], where floats [inputs, neurons] were expected",
            "pool tokens or pixels into one value per neuron, and give float16, float32 or float64",
        )
    # Every float16 is a float32; a float64 may not be, which is looked at where it is narrowed.
    values = _native_order(values).astype(np.float64 if values.dtype.itemsize == 8 else np.float32, copy=False)
    whole = values.flags.aligned and all(stride % values.itemsize == 0 for stride in values.strides)
    return values if whole else values.copy()
