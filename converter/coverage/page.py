"""Renders the coverage matrix as one self-contained HTML page with light and dark themes, filters and details."""

from __future__ import annotations

import html
import json
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.coverage.matrix import Cell, Matrix

_LETTERS = {"native": "N", "converted": "C", "unreachable": "U", "absent": "A"}


def render(matrix: Matrix) -> str:
    """Render the page; the same matrix gives the same bytes."""
    template = resources.files("converter.coverage").joinpath("page.html").read_text(encoding="utf-8")
    data = json.dumps(_data(matrix), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    counts = _counts(matrix)
    summary = html.escape(", ".join(f"{number} {state}" for state, number in counts.items()))
    return template.replace("{{data}}", data).replace("{{summary}}", summary)


def _data(matrix: Matrix) -> dict[str, object]:
    """Pack the matrix: repeated texts are numbered, and equal cells are written once."""
    texts: dict[str, int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    def packed(cell: Cell) -> list[object]:
        lost = [number(path) for path in cell.lost]
        refused = [number(text) for text in cell.refused]
        return [_LETTERS[cell.state.value], number(cell.version), lost, number(cell.why), refused]

    cells: dict[str, int] = {}
    rows = []
    for row in matrix.rows:
        numbers = [cells.setdefault(json.dumps(packed(cell)), len(cells)) for cell in row.cells]
        rows.append([row.kind, row.source, list(row.versions), numbers])
    return {
        "releases": [str(release) for release in matrix.releases],
        "rows": rows,
        "cells": [json.loads(cell) for cell in cells],
        "texts": list(texts),
    }


def _counts(matrix: Matrix) -> dict[str, int]:
    counts = {"native": 0, "converted": 0, "unreachable": 0}
    for row in matrix.rows:
        for cell in row.cells:
            if cell.state.value in counts:
                counts[cell.state.value] += 1
    return counts
