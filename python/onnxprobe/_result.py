"""What a run and a comparison have in common."""

from __future__ import annotations

import json
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from . import _page


class Result:
    """What a run and a comparison have in common."""

    def __init__(self, native: Any, folder: Path | None = None) -> None:
        self._native = native
        #: Where it was loaded from.
        self._folder = folder

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report, as `report.json` has it (docs/report.schema.json). A figure that does not exist is `None`."""
        return json.loads(self._native.report())

    def page(self) -> str:
        """The page that `probe --out` writes: one file of HTML that needs no network."""
        return self._native.page()

    def show(self) -> None:
        """Show the page: in the notebook, or else in a browser."""
        _page.show(self.page())


def copy(source: Path, target: Path, report: dict[str, Any]) -> None:
    """Copies the files of a result that was loaded from a folder."""
    for name in [*report.get("files", {}), "report.json"]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def number(value: float | None) -> str:
    """A figure for a table."""
    return "–" if value is None else f"{value:.3f}"
