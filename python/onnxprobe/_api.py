"""The functions of the package: what people pass becomes flags and arrays, and the native half does the work."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _inputs, _native, _runtime
from ._comparison import Comparison
from ._errors import UsageError
from ._progress import Progress, callback
from ._run import Run
from ._settings import CaptureSettings, CompareSettings, RunSettings, ScoreSettings, StrPath, flags

if TYPE_CHECKING:
    from typing_extensions import Unpack


def score(
    model: StrPath,
    *,
    texts: Any = None,
    images: StrPath | None = None,
    arrays: Any = None,
    progress: Progress = None,
    **settings: Unpack[ScoreSettings],
) -> Run:
    """Run one model over its inputs, and measure its neurons.

    Args:
        model: An .onnx file or an exporter's folder. The tokenizer or the preparation of images next to it is used.
        texts: A list of strings, a pandas Series, a data frame (with `text_column` where it has several columns of texts), or
            the path of a file as `probe --texts` takes it. A missing value is skipped and counted.
        images: A folder; every image below it is an input.
        arrays: An array [inputs, ...] of numpy or torch, a dict of them with one per input of the model, or the path of an
            .npy or .npz.
        progress: `None` shows progress in a notebook or on a terminal; `False` never; a function is called with the stage,
            what is done and the total.
        settings: The flags of `probe --model` with underscores: `samples` (2500, or "all"), `seed`, `layers`, `pool`,
            `estimator`, `bins`, `binning`, `neighbors`, `mi_neurons`, `text_column`, `tokenizer`, `max_length`,
            `batch_size`, `keep_repeats`, `threads`, `provider`, `out`, `save_activations`, `resume`, and the others of
            `probe --help`.

    Returns:
        The run: entropy of every neuron and mutual information of every pair, in nats (Bansal, Pruthi, Belinkov, NeurIPS
        2022), and the effective rank of every layer.

    Raises:
        UsageError: Settings that do not exist or do not go together.
        InputError: The model or the inputs cannot be used.
        MachineError: No ONNX Runtime, no memory, a full disk.
        KeyboardInterrupt: Ctrl-C; with `out`, `resume=True` continues later.
    """
    _runtime.prepare()
    with _inputs.as_files(texts, images, arrays) as inputs:
        words = [f"--model={os.fspath(model)}", *flags("score", ScoreSettings, settings), *inputs]
        return Run(_native.score(words, callback(progress)))


def measure(layers: Mapping[str, Any], *, progress: Progress = None, **settings: Unpack[RunSettings]) -> Run:
    """Measure activations that were captured elsewhere, such as with hooks of PyTorch. No model is run.

    Args:
        layers: One array [inputs, neurons] per layer under its label, of numpy or torch, in float16, float32 or float64;
            all with the same inputs in the same order. float64 is rounded to float32, which a warning of the run names.
        progress: As for `score`.
        settings: The flags of `probe measure` with underscores: `samples`, `seed`, `estimator`, `bins`, `binning`,
            `neighbors`, `mi_neurons`, `threads`, `out`, `save_activations`, `resume`.

    Returns:
        The run, as of `score`.

    Raises:
        InputError: An array that is not floats [inputs, neurons], arrays with different numbers of inputs, too few inputs.
        UsageError, MachineError, KeyboardInterrupt: As for `score`.
    """
    return Run(_native.measure(_inputs.activations(layers), flags("measure", RunSettings, settings), callback(progress)))


def compare(
    variants: Mapping[str, Any],
    *,
    texts: Any = None,
    images: StrPath | None = None,
    arrays: Any = None,
    baseline: str | None = None,
    progress: Progress = None,
    **settings: Unpack[CompareSettings],
) -> Comparison:
    """Compare variants of one network over the same inputs: which leans on a shortcut, and which memorized?

    Args:
        variants: Under each label a model, or a list of models that are training seeds of one recipe. In the place of a model
            may stand the folder of a run that was saved with its activations, an .npz of activations, or a dict of arrays
            [inputs, neurons] per layer.
        texts, images, arrays: As for `score`; not needed where all variants are activations.
        baseline: The label that the others are compared with; the first one if `None`.
        progress: As for `score`.
        settings: The flags of `probe compare` with underscores: those of `score`, `align`, and `verdict` ("calibrated" or
            "published").

    Returns:
        The comparison with its verdicts.

    Raises:
        InputError: A variant cannot be used, or the variants do not match.
        UsageError, MachineError, KeyboardInterrupt: As for `score`.
    """
    if not isinstance(variants, Mapping) or len(variants) < 2:
        raise UsageError(
            "two variants or more are needed, in a dict",
            "compare({'base': 'a.onnx', 'debiased': ['b0.onnx', 'b1.onnx']}, texts=texts)",
        )
    _runtime.prepare()
    with ExitStack() as stack:
        inputs = stack.enter_context(_inputs.as_files(texts, images, arrays))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=_inputs.FOLDER)))
        members = [(str(label), _models(given, folder / str(at))) for at, (label, given) in enumerate(variants.items())]
        words = [*flags("compare", CompareSettings, settings), *inputs]
        return Comparison(_native.compare(members, baseline, words, callback(progress)))


def capture(
    model: StrPath,
    *,
    texts: Any = None,
    images: StrPath | None = None,
    arrays: Any = None,
    progress: Progress = None,
    **settings: Unpack[CaptureSettings],
) -> dict[str, np.ndarray]:
    """Run one model over its inputs and give the activations of its layers, without measuring them.

    Args:
        model, texts, images, arrays, progress: As for `score`.
        settings: Those of `score` that say which inputs are run and which layers are taken.

    Returns:
        A read-only float32 array [inputs, neurons] per layer under its label, in the order of the network. Row s is input
        s of those measured: drawn with the seed, in their order, without those skipped or repeated. The arrays show the
        memory in which they were captured; `numpy.array(a)` makes a copy that can be written.

    Raises:
        UsageError, InputError, MachineError, KeyboardInterrupt: As for `score`.
    """
    _runtime.prepare()
    with _inputs.as_files(texts, images, arrays) as inputs:
        words = [f"--model={os.fspath(model)}", *flags("capture", CaptureSettings, settings), *inputs]
        return _native.capture(words, callback(progress)).arrays()


def load(folder: StrPath) -> Run | Comparison:
    """Read the folder of a run or of a comparison: what `save`, `out=` or `probe --out` wrote.

    Raises:
        InputError: It is not such a folder, or its files do not belong together.
    """
    loaded = _native.load(os.fspath(folder))
    return Run(loaded, Path(folder)) if isinstance(loaded, _native.Run) else Comparison(loaded, Path(folder))


def _models(given: Any, folder: Path) -> list[str]:
    """The files of one variant; what is in memory is written into `folder`."""
    several: Sequence[Any] = given if isinstance(given, (list, tuple)) else [given]
    files = []
    for at, model in enumerate(several):
        if isinstance(model, Run) and model.report["inputs"]["kind"] == "activations":
            # Only whoever captured them knows whether they are of the same inputs, as with a file of activations.
            model = model.activations
        if isinstance(model, Mapping):
            folder.mkdir(exist_ok=True)
            model = _inputs.save_activations(model, folder / f"activations{at}.npz")
        elif isinstance(model, Run):
            folder.mkdir(exist_ok=True)
            model = model.save(folder / f"run{at}", activations=True)
        files.append(os.fspath(model))
    return files
