"""Results as objects: figures as arrays of numpy, tables as data frames, the page, and pictures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _native, _page
from ._errors import InputError, UsageError
from ._settings import StrPath

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


class _Result:
    """What a run and a comparison have in common."""

    def __init__(self, native: Any, folder: Path | None = None) -> None:
        self._native = native
        #: Where it was loaded from.
        self._folder = folder

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report, as `report.json` has it (docs/report.schema.json). A figure that does not exist is `None`."""
        return json.loads(self._native.report())

    def page(self) -> str:
        """The page that `probe --out` writes: one file of HTML that needs no network."""
        return self._native.page()

    def show(self) -> None:
        """Show the page: in the notebook, or else in a browser."""
        _page.show(self.page())


class Run(_Result):
    """What was measured on one model, or on activations. All figures are in nats, if not said otherwise."""

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Per layer, in the order of the network: `label`, `neurons`, and the summaries `entropy`, `mutual_information` (each
        `mean`, `median`, `q1`, `q3`, `min`, `max`, `interval95`), `spectrum` (`effective_rank` and others) and `health`."""
        return self.report["layers"]

    @property
    def warnings(self) -> list[str]:
        """What a reader must know, each with what to do about it."""
        return [_sentence(warning) for warning in self.report["warnings"]]

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
        the run holds, and can only be read.

        Raises:
            InputError: A run that was saved without them, or one model of a comparison, which keeps none.
        """
        held = self._native.activations()
        if held:
            return held
        if self._folder is not None and "activations.npz" in self.report.get("files", {}):
            with np.load(self._folder / "activations.npz") as arrays:
                return dict(arrays)
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
        if self._folder is None:
            self._native.save(folder, activations)
        else:
            _copy(self._folder, Path(folder), self.report)
        return Path(folder)

    def __repr__(self) -> str:
        overall = self.report["overall"]
        inputs = self.report["inputs"]["count"]
        return (
            f"<onnxprobe.Run: {len(self.layers)} layers, {inputs} inputs, H {_number(overall['entropy']['mean'])}, "
            f"I {_number(overall['mutual_information']['mean'])} nats>"
        )

    def _repr_html_(self) -> str:
        rows = [
            [row["layer"], row["neurons"], *(_number(row[name]) for name in ("H", "I", "R"))]
            for row in (_row(layer) for layer in self.layers)
        ]
        table = _page.table(["layer", "neurons", "H, nats", "I, nats", "R"], rows)
        return table + _page.lines(self.warnings)


class Comparison(_Result):
    """What was found of several variants."""

    @property
    def baseline(self) -> str:
        """The label that the others are compared with."""
        return self.report["baseline"]

    @property
    def verdict(self) -> str:
        """The verdict of the variant against the baseline: "heuristic", "example-level", "mixed", "no difference" or "not
        enough evidence".

        Raises:
            UsageError: There are several variants besides the baseline, which `verdicts` has by label.
        """
        if len(self.verdicts) != 1:
            raise UsageError(
                f"there are {len(self.verdicts)} variants besides the baseline, each with a verdict of its own",
                "read `verdicts`, which has them by label",
            )
        return next(iter(self.verdicts.values()))

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of every variant but the baseline, by label."""
        return {pair["variant"]: pair["verdict"] for pair in self.report["pairs"]}

    @property
    def sentences(self) -> dict[str, str]:
        """The verdicts with the figures that decided them, by label."""
        return {pair["variant"]: pair["evidence"]["sentence"] for pair in self.report["pairs"]}

    @property
    def advice(self) -> str:
        """Which variant to keep."""
        return self.report["ranking"]["advice"]

    @cached_property
    def runs(self) -> dict[str, list[Run]]:
        """Every variant's models, by label."""
        return {
            variant["label"]: [self._run(v, m) for m in range(len(variant["replicates"]))]
            for v, variant in enumerate(self.report["variants"])
        }

    def _run(self, variant: int, model: int) -> Run:
        run = Run(self._native.run(variant, model))
        if self._folder is not None:
            run._folder = _folder_of(self._folder, run.report, self.report["files"])
        return run

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame with one row per variant: the number of its models, `H`, `I` (nats) and `R` as the verdict reads them,
        their differences from the baseline relative to the mean of the two (`dH`, `dI`, `dR`, with `_low` and `_high` of the
        95 % intervals, which hold together), and the verdict."""
        import pandas as pd

        return pd.DataFrame([self._row(variant) for variant in self.report["variants"]]).set_index("variant")

    def _row(self, variant: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {"variant": variant["label"], "models": len(variant["replicates"])}
        for name, measure in (("H", "entropy"), ("I", "mutual_information"), ("R", "effective_rank")):
            places = self.report["ranking"][measure]
            row[name] = next((place["value"] for place in places if place["label"] == variant["label"]), None)
        pair = next((pair for pair in self.report["pairs"] if pair["variant"] == variant["label"]), None)
        for name, measure in zip(("dH", "dI", "dR"), pair["evidence"]["measures"] if pair else [None] * 3):
            row[name] = measure["relative"] if measure else None
            row[f"{name}_low"], row[f"{name}_high"] = measure["interval95"] if measure else (None, None)
        return {**row, "verdict": pair["verdict"] if pair else "baseline"}

    def plot(self) -> Figure:
        """The variants side by side: notched boxes of entropy per layer, densities of mutual information, and the relative
        differences with their 95 % intervals.

        Raises:
            ImportError: matplotlib is not installed.
        """
        from . import _plots

        return _plots.comparison(self)

    def save(self, folder: StrPath) -> Path:
        """Write the folder that `probe compare --out` writes, without activations.

        Returns:
            The folder, for `load`.

        Raises:
            MachineError: The folder cannot be written.
            InputError: Files of the folder are not this package's own.
        """
        if self._folder is None:
            self._native.save(folder)
        else:
            _copy(self._folder, Path(folder), self.report)
        return Path(folder)

    def __str__(self) -> str:
        return "\n".join([*self.sentences.values(), self.advice])

    def __repr__(self) -> str:
        verdicts = ", ".join(f"{label}: {verdict}" for label, verdict in self.verdicts.items())
        return f"<onnxprobe.Comparison with {self.baseline}: {verdicts}>"

    def _repr_html_(self) -> str:
        rows = []
        for row in (self._row(variant) for variant in self.report["variants"]):
            changes = [_share(row[name]) for name in ("dH", "dI", "dR")]
            values = [_number(row[name]) for name in ("H", "I", "R")]
            cells = [cell for pair in zip(values, changes) for cell in pair]
            rows.append([row["variant"], row["models"], *cells, row["verdict"]])
        head = ["variant", "models", "H, nats", "", "I, nats", "", "R", "", "verdict"]
        return _page.table(head, rows) + _page.lines([*self.sentences.values(), self.advice])


def result(native: Any, folder: Path) -> Run | Comparison:
    """What was loaded from a folder."""
    return Run(native, folder) if isinstance(native, _native.Run) else Comparison(native, folder)


def _row(layer: dict[str, Any]) -> dict[str, Any]:
    """One layer's means and intervals."""
    row: dict[str, Any] = {"layer": layer["label"], "neurons": layer["neurons"]}
    measures = [("H", layer["entropy"], "mean"), ("I", layer["mutual_information"], "mean")]
    for name, of, key in [*measures, ("R", layer["spectrum"], "effective_rank")]:
        row[name] = of[key]
        row[f"{name}_low"], row[f"{name}_high"] = of["interval95"]
    health = layer["health"]
    return {**row, **{name: health[name] for name in ("constant", "tied", "non_finite")}}


def _folder_of(folder: Path, report: dict[str, Any], files: dict[str, str]) -> Path | None:
    """The folder of one model inside that of a comparison: the one whose measures are the model's."""
    measures = report["files"].get("measures.npz")
    names = [name for name, hashed in files.items() if hashed == measures and name.endswith("/measures.npz")]
    return (folder / names[0]).parent if names else None


def _copy(source: Path, target: Path, report: dict[str, Any]) -> None:
    for name in [*report.get("files", {}), "report.json"]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def _sentence(warning: dict[str, Any]) -> str:
    advice = warning.get("advice", "")
    return f"{warning['message']}; {advice}" if advice else warning["message"]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.1f} %"
