"""What a notebook shows: tables, lines, and the page in a frame of its own."""

from __future__ import annotations

import html
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._progress import in_notebook


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; everything in it is text."""
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def lines(of: Sequence[str]) -> str:
    """Lines below a table; everything in them is text."""
    return "".join(f"<p>{html.escape(line)}</p>" for line in of)


def show(page: str) -> None:
    """Shows a page in the notebook, or else in a browser."""
    if in_notebook():
        from IPython.display import HTML, display

        # In a frame of its own, so that neither the notebook's styles nor the page's reach the other.
        frame = f'<iframe srcdoc="{html.escape(page)}" style="width: 100%; height: 40em; border: 0"></iframe>'
        display(HTML(frame))
        return
    # The browser reads it after this function has returned, so it stays.
    with tempfile.NamedTemporaryFile("w", suffix=".html", prefix="onnxprobe-", encoding="utf-8", delete=False) as file:
        file.write(page)
    webbrowser.open(Path(file.name).as_uri())
