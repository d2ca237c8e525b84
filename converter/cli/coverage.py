"""``converter coverage``: what the rules cover, as a table or as an HTML page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli import OK
from converter.cli.options import UsageError, add_rules_option, load_converter
from converter.coverage import State, build_matrix
from converter.coverage.page import render

if TYPE_CHECKING:
    from converter.coverage import Cell, Matrix

_EPILOG = """\
examples:
  converter coverage                          # every kind with several versions, one column per release
  converter coverage --kind Ingress
  converter coverage --html docs/reference/coverage.html
  converter coverage -o json | jq '.rows[].kind'

The table shows N for native, C for converted, x for unreachable, and . for absent. A number counts the fields of the
newest version that the release drops.

exit codes: 0 done; 2 wrong usage or invalid rules
"""

_MARKS = {State.NATIVE: "N", State.CONVERTED: "C", State.UNREACHABLE: "x", State.ABSENT: "."}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "coverage",
        help="show which kinds each Kubernetes release can get",
        description="Show whether each release serves a kind, gets it by conversion (with losses), or cannot get it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kind", metavar="KIND", help="show only this kind, with the fields that are lost")
    parser.add_argument("--all", action="store_true", help="also show kinds that have only one version")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write an HTML page to this file")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="default: table")
    add_rules_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build the matrix and print it; returns the exit code."""
    matrix = build_matrix(load_converter(args).book, load_catalog())
    if args.html is not None:
        try:
            args.html.write_text(render(matrix), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {args.html}: {error.strerror}") from error
        print(f"wrote {args.html}")
    elif args.output == "json":
        print(json.dumps(_plain(matrix), indent=1))
    elif args.kind:
        _print_kind(matrix, args.kind)
    else:
        _print_table(matrix, every=args.all)
    return OK


def _plain(matrix: Matrix) -> dict[str, object]:
    return {
        "releases": [str(release) for release in matrix.releases],
        "rows": [
            {
                "kind": row.kind,
                "source": row.source,
                "versions": row.versions,
                "cells": [
                    {
                        "state": cell.state.value,
                        "version": cell.version,
                        "lost": cell.lost,
                        "why": cell.why,
                        "refused": cell.refused,
                    }
                    for cell in row.cells
                ],
            }
            for row in matrix.rows
        ],
    }


def _print_table(matrix: Matrix, *, every: bool) -> None:
    rows = [row for row in matrix.rows if every or len(row.versions) > 1]
    width = max(len(row.kind) for row in rows)
    print(" " * width, *(f"{str(release).removeprefix('v1.'):>4}" for release in matrix.releases))
    for row in rows:
        print(f"{row.kind:{width}}", *(f"{_mark(cell):>4}" for cell in row.cells))


def _mark(cell: Cell) -> str:
    return _MARKS[cell.state] + (str(len(cell.lost)) if cell.lost else "")


def _print_kind(matrix: Matrix, kind: str) -> None:
    rows = [row for row in matrix.rows if row.kind.lower() == kind.lower()]
    if not rows:
        raise UsageError(f"no Kubernetes release has a kind {kind}; `converter coverage --all` lists them")
    for row in rows:
        print(f"{row.kind}, from {row.source} (versions: {', '.join(row.versions)})")
        for release, cell in zip(matrix.releases, row.cells, strict=True):
            words = (
                cell.why
                if not cell.version
                else cell.version
                if cell.state is State.NATIVE
                else f"becomes {cell.version}"
            )
            print(f"  {release!s:6} {cell.state.value:11} {words}")
            for path in cell.lost:
                print(f"           lost: {path}")
            for demand in cell.refused:
                print(f"           refused: {demand}")
