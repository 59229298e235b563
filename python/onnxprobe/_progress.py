"""Progress, for people who watch: a bar in a notebook, or on a terminal."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from typing import Any, Union

#: Called with the stage (`capture`, `pairs`, `intervals`, `codes`, `ablation`; `None` at the end), what is done, and the total.
Callback = Callable[[str | None, int, int], Any]
Progress = Union[None, bool, Callback]

_UNITS = {"capture": "inputs", "pairs": "pairs", "intervals": "subsamples", "codes": "codes", "ablation": "inputs"}


def callback(progress: Progress) -> Callback | None:
    """What shows progress: `None` lets a notebook or a terminal show it, and anything else sees nothing."""
    if callable(progress):
        return progress
    if progress is False:
        return None
    if in_notebook():
        return _InNotebook()
    if progress or sys.stderr.isatty():
        return _OnTerminal()
    return None


def in_notebook() -> bool:
    """Whether a notebook shows what is displayed."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


class _OnTerminal:
    def __call__(self, stage: str | None, done: int, total: int) -> None:
        if stage is None:
            line = ""
        else:
            filled = 24 * done // max(total, 1)
            bar = ("=" * filled + ">").ljust(24)[:24]
            line = f"{stage:>9} [{bar}] {done}/{total} {_UNITS.get(stage, '')}"
        # The line is cleared to its end, so that a shorter one leaves nothing of a longer one.
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


class _InNotebook:
    def __init__(self) -> None:
        self._shown: Any = None

    def __call__(self, stage: str | None, done: int, total: int) -> None:
        from IPython.display import HTML, display

        if stage is None:
            text = ""
        else:
            bar = f"<progress max='{total}' value='{done}' style='width: 16em'></progress>"
            text = f"{html.escape(stage)} {bar} {done}/{total} {_UNITS.get(stage, '')}"
        if self._shown is not None:
            self._shown.update(HTML(text))
        elif stage is not None:
            self._shown = display(HTML(text), display_id=True)
