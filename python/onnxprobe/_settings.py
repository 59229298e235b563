"""Settings, under the names of the command line. The command's own parser checks them and has their defaults."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict, Union

StrPath = Union[str, "os.PathLike[str]"]


class DrawSettings(TypedDict, total=False):
    """How many inputs are drawn, and with which seed."""

    samples: int | Literal["all"]
    seed: int
    threads: int


class InputSettings(TypedDict, total=False):
    """How inputs are prepared. What is not given, the files next to the model say."""

    text_column: str
    text_pair_column: str
    lossy: bool
    tokenizer: StrPath
    max_length: int
    batch_size: int
    keep_repeats: bool
    image_size: int | tuple[int, int]
    crop_pct: float
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]
    image_mean: Sequence[float]
    image_std: Sequence[float]
    allow_random: bool
    max_skipped: float


class TapSettings(TypedDict, total=False):
    """Which layers are taken, and how each is pooled to one value per neuron."""

    layers: str | Sequence[str]
    pool: Literal["auto", "first", "last", "mean", "max"]


class MeasureSettings(TypedDict, total=False):
    """How entropy and mutual information are estimated."""

    estimator: Literal["paper", "robust"]
    bins: int
    binning: Literal["global", "layer", "neuron", "shared"]
    entropy: str
    mutual_information: str
    neighbors: int
    mi_neurons: int | str


class RuntimeSettings(TypedDict, total=False):
    """What runs the model."""

    provider: str
    onnxruntime: StrPath


class FolderSettings(TypedDict, total=False):
    """The folder that is written as the run goes, and from which an interrupted run is resumed."""

    out: StrPath
    save_activations: bool | Literal["f16", "f32"]
    resume: bool


class CaptureSettings(DrawSettings, InputSettings, TapSettings, RuntimeSettings, total=False):
    """Settings of `capture`."""


class ScoreSettings(CaptureSettings, MeasureSettings, FolderSettings, total=False):
    """Settings of `score`."""


class RunSettings(DrawSettings, MeasureSettings, FolderSettings, total=False):
    """Settings of `measure`."""


class CompareSettings(ScoreSettings, total=False):
    """Settings of `compare`."""

    align: bool
    verdict: Literal["calibrated", "published"]


class LabelsSettings(TypedDict, total=False):
    """Settings of `labels`."""

    column: str | Sequence[str]
    drop_rare: bool
    blocks: str | Sequence[float]
    units: Literal["bits", "published"]
    l2: float
    orders: int
    seed: int
    threads: int
    out: StrPath


class AblateSettings(CaptureSettings, MeasureSettings, total=False):
    """Settings of `ablate`."""

    layer: str | Sequence[str]
    how: Literal["zero", "mean", "published"]
    draws: int
    answer: str
    column: str
    group_column: str
    out: StrPath


#: Flags that are given once for each of their values.
_REPEATED = ("column", "layer", "layers")


def several(value: Any) -> list[str]:
    """The values of a setting that may be one or several."""
    if value is None:
        return []
    one = isinstance(value, (str, os.PathLike)) or not isinstance(value, Iterable)
    return [str(part) for part in ([value] if one else value)]


def flags(function: str, known: type, settings: Mapping[str, Any]) -> list[str]:
    """The settings as flags: `mi_neurons="all"` is `--mi-neurons=all`. `None` leaves the default."""
    found: list[str] = []
    for name, value in settings.items():
        if name not in known.__annotations__:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
        flag = "--" + name.replace("_", "-")
        if value is True:
            found.append(flag)
        elif value is None or value is False:
            continue
        elif name in _REPEATED:
            found.extend(f"{flag}={part}" for part in several(value))
        else:
            found.append(f"{flag}={_word(name, value)}")
    return found


def _word(name: str, value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, Iterable):
        separator = "x" if name == "image_size" else ","
        return separator.join(str(part) for part in value)
    return str(value)
