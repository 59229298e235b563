"""Labels of inputs as people have them in memory, as a file that the command reads: one record per input."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import InputError, UsageError
from ._inputs import as_numpy, is_frame, is_missing, path_as_word


def words(flag: str, labels: Any, wanted: Collection[str], folder: Path) -> list[str]:
    """`flag` with the files of labels; nothing without labels. What is in memory is written into `folder`, and `wanted` are
    the columns that are asked for."""
    if labels is None:
        return []
    if isinstance(labels, (str, os.PathLike)):
        return [flag, path_as_word(os.fspath(labels))]
    if is_frame(labels):
        return [flag, _written(_of_frame(labels, wanted), flag, folder)]
    if isinstance(labels, Mapping):
        columns = {str(name): _texts(values, f"label {{}} of '{name}'") for name, values in labels.items()}
        return [flag, _written(columns, flag, folder)]
    if not isinstance(labels, Iterable):
        raise UsageError(
            f"{flag.removeprefix('--')} came as {type(labels).__name__}, where one per input was expected",
            "give a list, a Series, an array, a dict or a data frame of columns, or a path",
        )
    listed = labels if hasattr(labels, "ndim") else list(labels)
    if isinstance(listed, list) and listed and all(isinstance(path, os.PathLike) for path in listed):
        return [flag, *(path_as_word(os.fspath(path)) for path in listed)]
    texts = _texts(listed, "label {}")
    # Of a Series; tensors have a name too, which is none.
    column = getattr(labels, "name", None)
    return [flag, _written({column: texts} if column and isinstance(column, str) else texts, flag, folder)]


def _of_frame(frame: Any, wanted: Collection[str]) -> dict[str, list[str | None]]:
    """The columns of a data frame that can be labels. Others are only looked at where they are asked for."""
    columns: dict[str, list[str | None]] = {}
    for name in frame.columns:
        try:
            columns[str(name)] = _texts(frame[name], f"label {{}} of '{name}'")
        except InputError:
            if str(name) in wanted:
                raise
    if not columns:
        raise InputError("the data frame has no column of labels", "give a column of strings, numbers or truth values")
    return columns


def _texts(values: Any, what: str) -> list[str | None]:
    """Labels as the command reads them; `what` names one of them in an error."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InputError(
            f"labels are {type(values).__name__}, where one per input was expected", "give a list, a Series or an array"
        )
    if hasattr(values, "detach"):
        values = as_numpy(values)
    if getattr(values, "ndim", 1) != 1:
        shape = ", ".join(str(extent) for extent in values.shape)
        raise InputError(
            f"labels have the shape [{shape}], where one per input was expected",
            "give several columns as a dict or a data frame; of one-hot or probabilities, give argmax(axis=1)",
        )
    return [_text(what.format(position), value) for position, value in enumerate(values)]


def _text(what: str, value: Any) -> str | None:
    """A label, or `None` where it is missing."""
    if is_missing(value):
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        # pandas makes whole numbers floats where some are missing.
        return str(int(value)) if float(value).is_integer() else str(float(value))
    raise InputError(
        f"{what} is {type(value).__name__}, where a string, a number or a truth value was expected",
        "give the name or the number of its class; None is a missing label",
    )


def _written(labels: dict[str, list[str | None]] | list[str | None], flag: str, folder: Path) -> str:
    if isinstance(labels, dict):
        lengths = {name: len(values) for name, values in labels.items()}
        if len(set(lengths.values())) > 1:
            (one, first), *others = lengths.items()
            other, length = next(item for item in others if item[1] != first)
            raise InputError(
                f"'{one}' has {first} labels, and '{other}' has {length}",
                "give one per input in every column; None is a missing label",
            )
        records: list[Any] = [dict(zip(labels, row, strict=True)) for row in zip(*labels.values(), strict=True)]
    else:
        records = labels
    path = folder / f"{flag.removeprefix('--')}.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    return str(path)
