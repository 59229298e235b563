"""What a run and a comparison have in common."""

from __future__ import annotations

import json
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from . import _page
from ._settings import StrPath


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

    def _write(self, folder: StrPath, *what: bool) -> Path:
        """Writes the folder of the result, or copies the files of one that was loaded from a folder."""
        target = Path(folder)
        if self._folder is None:
            self._native.save(folder, *what)
            return target
        for name in [*self.report.get("files", {}), "report.json"]:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._folder / name, target / name)
        return target


def number(value: float | None) -> str:
    """A figure for a table."""
    return "–" if value is None else f"{value:.3f}"
