"""Prints the lower bound of a dependency in pyproject.toml as a pin, such as ``aiohttp==3.11``."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def lowest_pin(name: str, dependencies: list[str]) -> str:
    """Return the pin of a dependency's lower bound.

    Args:
        name: the dependency.
        dependencies: requirements as pyproject.toml lists them.

    Raises:
        ValueError: no requirement gives the dependency a lower bound.
    """
    for requirement in dependencies:
        match = re.fullmatch(rf"{re.escape(name)}>=([\d.]+)(?:[,;].*)?", requirement)
        if match:
            return f"{name}=={match[1]}"
    raise ValueError(f"pyproject.toml has no requirement such as {name}>=1.0; add one")


if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    print(lowest_pin(sys.argv[1], project["dependencies"]))
