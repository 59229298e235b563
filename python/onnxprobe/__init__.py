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
