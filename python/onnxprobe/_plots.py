"""Pictures with matplotlib, which is needed here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ._comparison import Comparison
    from ._run import Run


def run(of: Run) -> Figure:
    """Entropy per layer, the density of mutual information, and the matrix of pairs."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    _boxes(left, {"": of})
    _densities(middle, {"": of})
    _matrix(figure, right, of)
    return figure


def comparison(of: Comparison) -> Figure:
    """Of every variant's first model entropy per layer and the density of mutual information, and the differences."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    firsts = {label: runs[0] for label, runs in of.runs.items()}
    _boxes(left, firsts)
    _densities(middle, firsts)
    _differences(right, of)
    return figure


def _boxes(axes: Axes, runs: dict[str, Run]) -> None:
    width = 0.8 / len(runs)
    for at, (label, of) in enumerate(runs.items()):
        values, layer, _ = of._entropy
        finite = np.isfinite(values)
        boxes = [values[(layer == index) & finite] for index in range(len(of.layers))]
        places = np.arange(len(boxes)) + (at - (len(runs) - 1) / 2) * width
        drawn = axes.boxplot(boxes, positions=places, widths=0.9 * width, notch=True, patch_artist=True, showfliers=False)
        for box in drawn["boxes"]:
            box.set_facecolor(f"C{at}")
        drawn["boxes"][0].set_label(label)
    labels = [layer["label"] for layer in next(iter(runs.values())).layers]
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set(ylabel="H, nats", title="entropy of each neuron")
    _legend(axes, runs)


def _densities(axes: Axes, runs: dict[str, Run]) -> None:
    values = {label: _off_diagonal(of.mutual_information) for label, of in runs.items()}
    together = np.concatenate(list(values.values()))
    edges = np.histogram_bin_edges(together, bins=60).tolist() if together.size else 1
    for label, of in values.items():
        axes.hist(of, bins=edges, density=True, histtype="step", label=label)
    axes.set(xlabel="I, nats", ylabel="density", title="mutual information of each pair")
    _legend(axes, runs)


def _matrix(figure: Figure, axes: Axes, of: Run) -> None:
    shown = of.mutual_information.copy()
    np.fill_diagonal(shown, np.nan)  # a neuron with itself says nothing
    finite = shown[np.isfinite(shown)]
    highest = np.quantile(finite, 0.98) if finite.size else 1.0
    image = axes.imshow(shown, vmin=0, vmax=max(highest, 1e-9), interpolation="nearest")
    figure.colorbar(image, ax=axes, label="I, nats")
    axes.set(title="pairs of neurons", xlabel="neuron", ylabel="neuron")


def _differences(axes: Axes, of: Comparison) -> None:
    pairs = of.report["pairs"]
    for at, pair in enumerate(pairs):
        for row, measure in enumerate(pair["evidence"]["measures"]):
            low, high = measure["interval95"]
            if measure["relative"] is None or low is None or high is None:
                continue
            place = row + (at - (len(pairs) - 1) / 2) * 0.2
            axes.plot([100 * low, 100 * high], [place, place], color=f"C{at + 1}")
            axes.plot(100 * measure["relative"], place, "o", color=f"C{at + 1}", label=pair["variant"] if row == 0 else None)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set_yticks(range(3), ["H", "I", "R"])
    axes.invert_yaxis()
    axes.set(xlabel="% of the mean of the two, with 95 % intervals", title=f"differences from {of.baseline}")
    axes.legend()


def _off_diagonal(matrix: np.ndarray) -> np.ndarray:
    values = matrix[~np.eye(len(matrix), dtype=bool)]
    return values[np.isfinite(values)]


def _legend(axes: Axes, runs: dict[str, Run]) -> None:
    if len(runs) > 1:
        axes.legend()
