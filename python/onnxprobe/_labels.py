"""What can be read off the layers about labels of the inputs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _columns, _inputs, _native, _page
from ._comparison import Comparison
from ._errors import InputError, UsageError
from ._progress import Progress, callback
from ._result import Reported, share
from ._run import Run
from ._settings import LabelsSettings, StrPath, flags, several

if TYPE_CHECKING:
    import pandas
    from typing_extensions import Unpack


def labels(
    run: Run | Mapping[str, Any] | StrPath,
    labels: Any = None,
    *,
    progress: Progress = None,
    **settings: Unpack[LabelsSettings],
) -> Labels:
    """Say, layer by layer, how easily labels of the inputs can be read from the activations, as the length of an online code
    (Voita and Titov, "Information-Theoretic Probing with Minimum Description Length", EMNLP 2020, section 2.2.2). No model is
    run.

    Args:
        run: A run of `score` or `measure`; one that was loaded, or the path of its folder, if it was saved with its
            activations; an .npz of activations; or a dict of arrays [inputs, neurons] per layer, as for `measure`.
        labels: One per input that was given to the run, whichever were drawn, or one per row of the arrays, in their order; of
            images in the order of torchvision's `ImageFolder`, or in a table with their paths; of a run of `measure` that was
            loaded, one per input that was measured. A list, a Series, an array or a tensor of strings, whole numbers or truth
            values, where `None` and NaN are missing labels. A dict of such columns, which are all coded. A data frame, of which
            the column called "label" is coded, the only one, or those that `column` names. The path of a file, or "folders", as
            `probe labels --labels` takes it. `None` takes the file that the texts of the run came from, with `column`, or the
            folders of its images.
        progress: As for `score`; the stage is "codes".
        settings: The flags of `probe labels` with underscores: `column` (one or several), `drop_rare`, `blocks` (ends in percent
            of the inputs), `units` ("bits" or "published"), `l2`, `orders` (5), `seed`, `threads`, and `out`, which keeps the
            codelengths in the folder of a saved run, for `load`.

    Returns:
        Codelengths in bits of every layer, beside the code of the labels alone and that of permuted labels.

    Raises:
        InputError: The labels are not as many as the inputs, are of one class, or have classes with fewer than 4 inputs; the
            activations of the run were not kept.
        UsageError: It is not clear which column holds the labels; settings that do not exist or do not go together.
        MachineError, KeyboardInterrupt: As for `score`.
    """
    if isinstance(labels, Mapping) and settings.get("column") is None:
        settings["column"] = [str(name) for name in labels]
    if labels is None and isinstance(run, Run) and _inputs.were_in_memory(run.report["inputs"]["path"]):
        raise InputError(
            "the texts of this run were in memory, and there is no table that its labels could be taken from",
            "give one label per text: labels(run, frame['label'])",
        )
    show = callback(progress)
    with tempfile.TemporaryDirectory(prefix=_inputs.FOLDER) as folder:
        words = flags("labels", LabelsSettings, settings)
        words += _columns.words("--labels", labels, several(settings.get("column")), Path(folder))
        if isinstance(run, Run) and run._holds_activations:
            return Labels(_native.labels_of_run(run._native, words, show))
        if isinstance(run, Mapping):
            return Labels(_native.labels_of_arrays(_inputs.activations(run), words, show))
        return Labels(_native.labels([_path(run), *words], show))


def _path(run: Any) -> str:
    """The path of activations that are not in memory."""
    if isinstance(run, Comparison):
        raise UsageError(
            "labels are coded from the activations of one model, and this is a comparison",
            "compare with out= and save_activations=True, and give the run of one model of what `load` reads: "
            "labels(load(out).runs['base'][0], labels)",
        )
    if isinstance(run, Run):
        return os.fspath(run._activations_folder)
    if not isinstance(run, (str, os.PathLike)):
        raise UsageError(
            f"activations came as {type(run).__name__}, where a run, a path or a dict of arrays was expected",
            "give one array [inputs, neurons] per layer: labels({'layer1': array}, labels)",
        )
    return _inputs.path_as_word(os.fspath(run))


class Labels(Reported):
    """What can be read off each layer about labels of the inputs.

    A codelength is how many bits somebody needs who has the activations of all inputs and lacks their labels. Compression is
    the length of the uniform code over it: 1 where nothing is learned. Figures have a `mean` over random orders of the inputs
    and an `interval95`, of `None` where there is one order.
    """

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        """Per column of labels what was found: `inputs` with a label and those that are `missing` one, `classes` (each `name`
        and `inputs`), `uniform` (the bits of a code that knows nothing), `featureless` and `layers`, as the properties of these
        names."""
        return {of["column"]: of for of in self.report["labels"]}

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Per layer, in the order of the network: `label`, `neurons` that were read, those that were `left_out` (constant or not
        finite), `codelength` (bits), `compression`, `accuracy` on the last block, and `control`, the same three of permuted
        labels.

        Raises:
            UsageError: There are several columns of labels, which `columns` has by name.
        """
        return self._only["layers"]

    @property
    def featureless(self) -> dict[str, Any]:
        """`codelength` (bits), `compression` and `accuracy` of the labels alone: what the frequencies of the classes save by
        themselves. A layer says something of the labels where it is above this.

        Raises:
            UsageError: As `layers`.
        """
        return self._only["featureless"]

    @property
    def _only(self) -> dict[str, Any]:
        if len(self.columns) != 1:
            raise UsageError(
                f"there are {len(self.columns)} columns of labels, each with figures of its own",
                "read `columns`, which has them by name",
            )
        return next(iter(self.columns.values()))

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame with one row per column of labels and layer, which are its index (`labels`, `layer`): `neurons`; the
        means of `codelength` (bits), `compression` and `accuracy` with `_low` and `_high` of their 95 % intervals over orders;
        and the means of the permuted labels (`control_`) and of the labels alone (`featureless_`)."""
        import pandas as pd

        rows = [_row(of, layer) for of in self.report["labels"] for layer in of["layers"]]
        frame = pd.DataFrame(rows).set_index(["labels", "layer"])
        # An interval that does not exist is `None` in the report.
        return frame.astype({name: float for name in frame.columns if name != "neurons"})

    def __repr__(self) -> str:
        best = {name: max(layer["compression"]["mean"] for layer in of["layers"]) for name, of in self.columns.items()}
        columns = (
            f"{name}, {len(of['classes'])} classes, compression up to {best[name]:.3g}" for name, of in self.columns.items()
        )
        return f"<onnxprobe.Labels of {self.report['name']}: {'; '.join(columns)}>"

    def _repr_html_(self) -> str:
        return "".join(_html(of) for of in self.report["labels"]) + _page.lines(self.warnings)


_MEASURES = ("codelength", "compression", "accuracy")


def _row(of: dict[str, Any], layer: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"labels": of["column"], "layer": layer["label"], "neurons": layer["neurons"]}
    for name in _MEASURES:
        row[name] = layer[name]["mean"]
        row[f"{name}_low"], row[f"{name}_high"] = layer[name]["interval95"]
    for kind, code in (("control", layer["control"]), ("featureless", of["featureless"])):
        row |= {f"{kind}_{name}": code[name]["mean"] for name in _MEASURES}
    return row


def _html(of: dict[str, Any]) -> str:
    """The table of one column of labels, which the labels alone end."""
    classes = ", ".join(f"{named['name']} {named['inputs']}" for named in of["classes"])
    missing = f" ({of['missing']} missing)" if of["missing"] else ""
    rows = [[layer["label"], *_cells(layer), f"{layer['control']['compression']['mean']:.2f}"] for layer in of["layers"]]
    rows.append(["labels alone", *_cells(of["featureless"]), ""])
    length = "bits" if of["units"] == "bits" else "published units"
    head = ["layer", length, "compression", "95 %", "accuracy", "control"]
    return _page.lines([f"{of['column']}: {classes}{missing}"]) + _page.table(head, rows)


def _cells(code: dict[str, Any]) -> list[str]:
    low, high = code["compression"]["interval95"]
    interval = "" if low is None else f"{low:.2f} to {high:.2f}"
    return [
        f"{code['codelength']['mean']:.0f}",
        f"{code['compression']['mean']:.2f}",
        interval,
        share(code["accuracy"]["mean"]),
    ]
