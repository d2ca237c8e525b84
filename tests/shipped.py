"""The engine of the shipped rule book and its coverage, made once for each process: they never change."""

from __future__ import annotations

from functools import cache

from converter.catalog import load_catalog
from converter.coverage import Matrix, build_matrix
from converter.engine import Engine


@cache
def shipped_engine() -> Engine:
    """Read the shipped rule book."""
    return Engine.from_rules()


@cache
def shipped_matrix() -> Matrix:
    """Build the coverage of the shipped rule book, which takes seconds."""
    return build_matrix(shipped_engine().book, load_catalog())
