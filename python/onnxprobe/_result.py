"""What results have in common: a report, and of a run and a comparison also a page and a folder."""

from __future__ import annotations

import json
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from . import _page
from ._settings import StrPath


class Reported:
    """A result that is a report."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def report(self) -> dict[str, Any]:
        """What the command prints with `--json`. A figure that does not exist is `None`."""
        return json.loads(self._text)

    @property
    def warnings(self) -> list[str]:
        """What a reader must know, each with what to do about it."""
        return sentences(self.report["warnings"])


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
        # Codelengths of labels may have been added to the folder since.
        report = json.loads((self._folder / "report.json").read_text(encoding="utf-8"))
        for name in [*report.get("files", {}), "report.json"]:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._folder / name, target / name)
        return target


def sentences(warnings: list[dict[str, Any]]) -> list[str]:
    """Warnings of a report, each with what to do about it."""
    return ["; ".join(filter(None, (warning["message"], warning.get("advice")))) for warning in warnings]


def share(value: float | None) -> str:
    """A share for a table."""
    return "–" if value is None else f"{100 * value:.1f} %"


def number(value: float | None) -> str:
    """A figure for a table."""
    return "–" if value is None else f"{value:.3f}"
