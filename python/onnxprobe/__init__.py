"""Measure memorization in the neurons of exported networks.

>>> import onnxprobe as op
>>> run = op.score("roberta.onnx", texts=reviews)                          # list, Series, data frame or path
>>> run = op.measure({"layer1": acts1, "layer2": acts2})                   # numpy or torch, [inputs, neurons]
>>> found = op.compare({"base": "a.onnx", "debiased": ["b0.onnx", "b1.onnx"]}, texts=reviews)
>>> acts = op.capture("resnet18.onnx", images="photos/")                   # {label: array [inputs, neurons]}

Figures are in nats. They are those of the command `probe`, and so are the names and the defaults of all settings.
"""

from ._api import capture, compare, load, measure, score
from ._comparison import Comparison
from ._errors import InputError, MachineError, ProbeError, UsageError
from ._native import __version__
from ._run import Run

__all__ = [
    "Comparison",
    "InputError",
    "MachineError",
    "ProbeError",
    "Run",
    "UsageError",
    "__version__",
    "capture",
    "compare",
    "load",
    "measure",
    "score",
]
