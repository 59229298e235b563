"""Measure memorization in the neurons of exported networks.

>>> import onnxprobe as op
>>> run = op.score("roberta.onnx", texts=reviews)                          # list, Series, data frame or path
>>> run = op.measure({"layer1": acts1, "layer2": acts2})                   # numpy or torch, [inputs, neurons]
>>> found = op.compare({"base": "a.onnx", "debiased": ["b0.onnx", "b1.onnx"]}, texts=reviews)
>>> acts = op.capture("resnet18.onnx", images="photos/")                   # {label: array [inputs, neurons]}
>>> read = op.labels(run, gender)                                          # what the layers say of labels of the inputs
>>> off = op.ablate("roberta.onnx", texts=reviews, neurons="lowest-entropy:16")

Figures are in nats, and codelengths of labels in bits. They are those of the command `probe`, and so are the names and the defaults of all settings.
"""

# Known to type checkers as true. What is named here is imported where it is used first, so that the command `probe` does not wait
# for numpy.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._ablation import Ablation, ablate
    from ._api import capture, compare, load, measure, score
    from ._comparison import Comparison
    from ._errors import InputError, MachineError, ProbeError, UsageError
    from ._labels import Labels, labels
    from ._native import __version__
    from ._run import Run

__all__ = [
    "Ablation",
    "Comparison",
    "InputError",
    "Labels",
    "MachineError",
    "ProbeError",
    "Run",
    "UsageError",
    "__version__",
    "ablate",
    "capture",
    "compare",
    "labels",
    "load",
    "measure",
    "score",
]

_HOMES = {
    "Ablation": "_ablation",
    "Comparison": "_comparison",
    "InputError": "_errors",
    "Labels": "_labels",
    "MachineError": "_errors",
    "ProbeError": "_errors",
    "Run": "_run",
    "UsageError": "_errors",
    "__version__": "_native",
    "ablate": "_ablation",
    "capture": "_api",
    "compare": "_api",
    "labels": "_labels",
    "load": "_api",
    "measure": "_api",
    "score": "_api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
