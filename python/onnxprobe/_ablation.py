"""What happens when neurons of a model are switched off."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from . import _columns, _inputs, _native, _page, _runtime
from ._errors import UsageError
from ._progress import Progress, callback
from ._result import Reported, number, share
from ._settings import AblateSettings, StrPath, flags, several

if TYPE_CHECKING:
    import pandas
    from typing_extensions import Unpack


def ablate(
    model: StrPath,
    *,
    neurons: StrPath | Iterable[tuple[str, int]] | Iterable[str],
    texts: Any = None,
    images: StrPath | None = None,
    arrays: Any = None,
    labels: Any = None,
    groups: Any = None,
    progress: Progress = None,
    **settings: Unpack[AblateSettings],
) -> Ablation:
    """Switch neurons of a model off inside its graph, and compare what it answers, and the layers behind, with before and with
    random neurons of the same layers (the intervention of Bansal, Pruthi, Belinkov, NeurIPS 2022). The file is not changed.

    Args:
        model, texts, images, arrays: As for `score`.
        neurons: Which, and in which order: "lowest-entropy:N", "highest-mi:N", "random:N"; a list of (layer, index), as
            `Run.neurons` has them; or the path of a file with one LAYER:INDEX per line.
        labels: The right answer to each input that is given, for the accuracy, as for the function `labels`: numbers from 0, or
            names in `id2label` of the config.json next to the model. With `column` alone, a column of the texts' own table or
            data frame.
        groups: One of two groups for each input, for the gaps of the true-positive rate and of sufficiency between them (Orgad
            and Belinkov, ACL 2023), given as `labels` are; with `group_column` alone a column of the texts' own table.
        progress: As for `score`; the stage with neurons off is "ablation".
        settings: The flags of `probe ablate` with underscores: `layer` (whose neurons may be switched off), `how` ("zero", "mean"
            or "published"), `draws` (20 random choices to compare with), `answer`, `column`, `group_column`, `out`, and those of
            `score` that say which inputs are run, which layers are taken, and how they are measured.

    Returns:
        How many answers change with the number of neurons that are off, the accuracy where there are labels, and the measures
        of the layers from the first with a neuron off.

    Raises:
        InputError: Neurons of a layer cannot be switched off (a fused or quantised graph); a label is none of the model's
            answers, or there are not as many labels as inputs.
        UsageError: There are fewer neurons than asked for, or no such layer; settings that do not exist or do not go together.
        MachineError, KeyboardInterrupt: As for `score`.
    """
    _runtime.prepare()
    column, group_column = several(settings.get("column")), several(settings.get("group_column"))
    if _inputs.is_frame(texts):
        # The command reads columns of the file of texts, which holds those columns of the frame that are texts.
        labels = texts if labels is None and column else labels
        groups = texts if groups is None and group_column else groups
    with _inputs.as_files(texts, images, arrays) as inputs, tempfile.TemporaryDirectory(prefix=_inputs.FOLDER) as folder:
        words = [f"--model={os.fspath(model)}", f"--neurons={_inputs.neurons(neurons, Path(folder))}"]
        words += [*flags("ablate", AblateSettings, settings), *inputs]
        words += _columns.words("--labels", labels, column, Path(folder))
        words += _columns.words("--groups", groups, group_column, Path(folder))
        return Ablation(_native.ablate(words, callback(progress)))


class Ablation(Reported):
    """What happens when neurons of a model are switched off. `report` has all of it (docs/ablation.schema.json)."""

    @property
    def neurons(self) -> list[tuple[str, int]]:
        """The label of the layer and the index in it of every neuron that was switched off, in this order."""
        return [(neuron["layer"], neuron["neuron"]) for neuron in self.report["neurons"]]

    @property
    def curve(self) -> list[dict[str, Any]]:
        """Per number of `neurons` that are off (1, 2, 4, … and all): the share of answers that `changed` (`share`, `count`, `of`,
        and over inputs `interval95`) and `changed_random` (over random draws `mean`, `interval95`, `min`, `max`, `as_high`,
        `draws`); with labels `accuracy` and `accuracy_random` too. Empty where the model has no answer."""
        return self.report["curve"]

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Per layer from the first with a neuron off, with all of them off: `label`, the `neurons` that stay on, which the
        figures are over, those that are `off`, and `before` and `after`: `entropy` and `mutual_information` (nats) and
        `effective_rank`, each with its 95 % interval over inputs (`entropy_interval95`, …)."""
        return self.report["layers"]

    def to_pandas(self, of: Literal["curve", "layers", "neurons"] = "curve") -> pandas.DataFrame:
        """A data frame with two rows per number of neurons that are off, which is its index beside `which` ("chosen", or
        "random": the mean over draws): the share of answers that `changed` and the `accuracy`, with `_low` and `_high` of
        their 95 % intervals, over inputs for the chosen neurons and over draws for random ones. With "layers", one row per
        layer: `H` and `I` (nats) and `R`, each `_before` and `_after`; with "neurons", one row per neuron in their order, with
        its `entropy` and mean `mutual_information` before (nats)."""
        import pandas as pd

        if of == "curve":
            rows = [row for point in self.curve for row in _of_point(point)]
            names = ["neurons", "which", *(name + end for name in _SHARES for end in _ENDS)]
            return pd.DataFrame(rows, columns=names).set_index(["neurons", "which"]).astype(float)
        if of == "layers":
            return pd.DataFrame([_of_layer(layer) for layer in self.layers]).set_index("layer")
        if of == "neurons":
            return pd.DataFrame(self.report["neurons"])
        raise UsageError(f"there is no table of '{of}'", "choose 'curve', 'layers' or 'neurons'")

    def __repr__(self) -> str:
        last = f", {share(self.curve[-1]['changed']['share'])} of answers changed" if self.curve else ""
        return f"<onnxprobe.Ablation of {self.report['name']}: {self._off}{last}>"

    @property
    def _off(self) -> str:
        settings = self.report["settings"]
        return f"{len(self.neurons)} of {self.report['candidates']} neurons off ({settings['neurons']}, {settings['how']})"

    def _repr_html_(self) -> str:
        named = ", ".join(f"{layer}:{index}" for layer, index in self.neurons[:6])
        more = f", and {len(self.neurons) - 6} more" if len(self.neurons) > 6 else ""
        shown = _page.lines([f"{self._off}: {named}{more}"])
        if self.curve:
            shown += self._curve_html()
        rows = [[layer["label"], layer["off"], *_levels(layer)] for layer in self.layers]
        head = ["layer", "off", "H, nats", "after", "I, nats", "after", "R", "after"]
        return shown + _page.table(head, rows) + _page.lines(self.warnings)

    def _curve_html(self) -> str:
        labels = self.report.get("labels")
        head = ["neurons off", "answers changed", "random"]
        rows = [
            [point["neurons"], share(point["changed"]["share"]), share(point["changed_random"]["mean"])]
            for point in self.curve
        ]
        if labels:
            head += ["accuracy", "random"]
            for row, point in zip(rows, self.curve, strict=True):
                row += [share(point["accuracy"]["share"]), share(point["accuracy_random"]["mean"])]
            rows.insert(0, [0, "", "", share(labels["accuracy"]["share"]), ""])
        return _page.table(head, rows)


_SHARES = ("changed", "accuracy")
_ENDS = ("", "_low", "_high")


def _of_point(point: dict[str, Any]) -> list[dict[str, Any]]:
    """A point of the curve as one row for the chosen neurons and one for random ones."""
    rows = []
    for which, value, suffix in (("chosen", "share", ""), ("random", "mean", "_random")):
        row: dict[str, Any] = {"neurons": point["neurons"], "which": which}
        for name in _SHARES:
            if found := point.get(name + suffix):
                row[name] = found[value]
                row[f"{name}_low"], row[f"{name}_high"] = found["interval95"]
        rows.append(row)
    return rows


_LEVELS = (("H", "entropy"), ("I", "mutual_information"), ("R", "effective_rank"))


def _of_layer(layer: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"layer": layer["label"], "neurons": layer["neurons"], "off": layer["off"]}
    for name, measure in _LEVELS:
        for when in ("before", "after"):
            row[f"{name}_{when}"] = layer[when][measure]
    return row


def _levels(layer: dict[str, Any]) -> list[str]:
    return [number(layer[when][measure]) for _, measure in _LEVELS for when in ("before", "after")]
