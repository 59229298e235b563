"""A comparison: verdicts, tables and pictures."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _page
from ._errors import UsageError
from ._result import Result, number
from ._run import Run
from ._settings import StrPath

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


class Comparison(Result):
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
        return self._write(folder)

    def __str__(self) -> str:
        return "\n".join([*self.sentences.values(), self.advice])

    def __repr__(self) -> str:
        verdicts = ", ".join(f"{label}: {verdict}" for label, verdict in self.verdicts.items())
        return f"<onnxprobe.Comparison with {self.baseline}: {verdicts}>"

    def _repr_html_(self) -> str:
        rows = []
        for row in (self._row(variant) for variant in self.report["variants"]):
            changes = [_share(row[name]) for name in ("dH", "dI", "dR")]
            values = [number(row[name]) for name in ("H", "I", "R")]
            cells = [cell for pair in zip(values, changes) for cell in pair]
            rows.append([row["variant"], row["models"], *cells, row["verdict"]])
        head = ["variant", "models", "H, nats", "", "I, nats", "", "R", "", "verdict"]
        return _page.table(head, rows) + _page.lines([*self.sentences.values(), self.advice])


def _folder_of(folder: Path, report: dict[str, Any], files: dict[str, str]) -> Path | None:
    """The folder of one model inside that of a comparison: the one whose measures are the model's."""
    measures = report["files"].get("measures.npz")
    names = [name for name, hashed in files.items() if hashed == measures and name.endswith("/measures.npz")]
    return (folder / names[0]).parent if names else None


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.1f} %"
