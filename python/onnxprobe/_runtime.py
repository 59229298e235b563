"""ONNX Runtime in this process: found next to this package, and kept from reporting on anybody."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from . import _native


def prepare() -> None:
    """To be called before a model is loaded. ONNX Runtime reads these variables once, when it is loaded."""
    for name, value in _native.NO_TELEMETRY:
        os.environ.setdefault(name, value)
    _native.package_is_in(package())


def package() -> str:
    """The package as a neighbour of `onnxruntime`, which Python may have found in another folder than this one."""
    found = importlib.util.find_spec("onnxruntime")
    folders = list(found.submodule_search_locations or []) if found else []
    neighbour = Path(folders[0]).parent / "onnxprobe" if folders else Path(__file__).parent
    return str(neighbour)
