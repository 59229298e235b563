"""A run: figures as arrays of numpy, tables as data frames, and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _page
from ._errors import InputError, UsageError
from ._result import Result, number, sentences
from ._settings import StrPath

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


class Run(Result):
    """What was measured on one model, or on activations. All figures are in nats, if not said otherwise."""

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Per layer, in the order of the network: `label`, `neurons`, and the summaries `entropy`, `mutual_information` (each
        `mean`, `median`, `q1`, `q3`, `min`, `max`, `interval95`), `spectrum` (`effective_rank` and others) and `health`."""
        return self.report["layers"]

    @property
    def warnings(self) -> list[str]:
        """What a reader must know, each with what to do about it."""
        return sentences(self.report["warnings"])

    @cached_property
    def _entropy(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._native.entropy()

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._native.mutual_information()

    @property
    def entropy(self) -> np.ndarray:
        """Entropy of every neuron, float64 [N], the layers one after the other; NaN for a neuron that is not finite."""
        return self._entropy[0]

    @property
    def mutual_information(self) -> np.ndarray:
        """Mutual information of every pair of the M neurons that were chosen, float64 [M, M]. The diagonal, a neuron with
        itself, is no part of any statistic. `pair_neurons` says which neurons they are."""
        return self._pairs[0]

    @property
    def neurons(self) -> list[tuple[str, int]]:
        """The label of the layer and the index in it of every neuron, in the order of `entropy`."""
        return self._named(*self._entropy[1:])

    @property
    def pair_neurons(self) -> list[tuple[str, int]]:
        """As `neurons`, in the order of the rows of `mutual_information`."""
        return self._named(*self._pairs[1:])

    def _named(self, layer: np.ndarray, neuron: np.ndarray) -> list[tuple[str, int]]:
        labels = [of["label"] for of in self.layers]
        return [(labels[of], int(index)) for of, index in zip(layer, neuron)]

    @cached_property
    def activations(self) -> Mapping[str, np.ndarray]:
        """The activations that were measured: float32 [inputs, neurons] per layer under its label. They show the memory that
        the run holds, and can only be read. Of a folder they are float16 where they were saved so.

        Raises:
            InputError: A run that was saved without them, or one model of a comparison, which keeps none.
        """
        if self._holds_activations:
            return self._native.activations()
        with np.load(self._activations_folder / "activations.npz") as arrays:
            return dict(arrays)

    @property
    def _holds_activations(self) -> bool:
        """Whether they are in memory."""
        return bool(self._native.activations())

    @property
    def _activations_folder(self) -> Path:
        """Where they are, if they are not in memory."""
        if self._folder is not None and "activations.npz" in self.report.get("files", {}):
            return self._folder
        raise InputError(
            "the activations of this run were not kept",
            "save a run with save(folder, activations=True); for a comparison, give out= and save_activations=True",
        )

    def to_pandas(self, of: Literal["layers", "neurons"] = "layers") -> pandas.DataFrame:
        """A data frame with one row per layer (means, 95 % intervals and health), or one row per neuron (`layer`, `neuron`,
        `entropy`)."""
        import pandas as pd

        if of == "neurons":
            values, layer, neuron = self._entropy
            labels = pd.Categorical.from_codes(layer, [of["label"] for of in self.layers])
            return pd.DataFrame({"layer": labels, "neuron": neuron, "entropy": values})
        if of != "layers":
            raise UsageError(f"there is no table of '{of}'", "choose 'layers' or 'neurons'")
        return pd.DataFrame([_row(layer) for layer in self.layers]).set_index("layer")

    def plot(self) -> Figure:
        """The paper's pictures: notched boxes of entropy per layer, densities of mutual information, and the matrix of pairs.

        Raises:
            ImportError: matplotlib is not installed.
        """
        from . import _plots

        return _plots.run(self)

    def save(self, folder: StrPath, *, activations: bool = False) -> Path:
        """Write the folder that `probe --out` writes, and with `activations` also `activations.npz`.

        Returns:
            The folder, for `load`.

        Raises:
            MachineError: The folder cannot be written.
            InputError: Files of the folder are not this package's own.
        """
        return self._write(folder, activations)

    def __repr__(self) -> str:
        overall = self.report["overall"]
        inputs = self.report["inputs"]["count"]
        return (
            f"<onnxprobe.Run: {len(self.layers)} layers, {inputs} inputs, H {number(overall['entropy']['mean'])}, "
            f"I {number(overall['mutual_information']['mean'])} nats>"
        )

    def _repr_html_(self) -> str:
        rows = [
            [row["layer"], row["neurons"], *(number(row[name]) for name in ("H", "I", "R"))]
            for row in (_row(layer) for layer in self.layers)
        ]
        table = _page.table(["layer", "neurons", "H, nats", "I, nats", "R"], rows)
        return table + _page.lines(self.warnings)


def _row(layer: dict[str, Any]) -> dict[str, Any]:
    """One layer's means and intervals."""
    row: dict[str, Any] = {"layer": layer["label"], "neurons": layer["neurons"]}
    measures = [("H", layer["entropy"], "mean"), ("I", layer["mutual_information"], "mean")]
    for name, of, key in [*measures, ("R", layer["spectrum"], "effective_rank")]:
        row[name] = of[key]
        row[f"{name}_low"], row[f"{name}_high"] = of["interval95"]
    health = layer["health"]
    return {**row, **{name: health[name] for name in ("constant", "tied", "non_finite")}}
