"""Runs kubectl-convert over many objects: several at a time where it takes them, one by one where it stumbles."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Json = dict[str, Any]

_AT_ONCE = 40
_SECONDS = 120


def convert_all(program: Path, manifests: Sequence[Json], target: str) -> list[Json | None]:
    """Convert manifests to one apiVersion; None for each that the program does not bring there.

    Given several objects it answers with a List in their order, or, because of a single one, with nothing: then
    halves of them are tried, down to one.

    Args:
        program: the kubectl-convert to run.
        manifests: what to convert.
        target: the apiVersion wanted.
    """
    answers: list[Json | None] = []
    for start in range(0, len(manifests), _AT_ONCE):
        answers += _convert(program, manifests[start : start + _AT_ONCE], target)
    return answers


def _convert(program: Path, manifests: Sequence[Json], target: str) -> list[Json | None]:
    found = _run(program, manifests, target)
    if len(found) == len(manifests):
        return [item if item.get("apiVersion") == target else None for item in found]
    if len(manifests) == 1:
        return [None]
    middle = len(manifests) // 2
    return _convert(program, manifests[:middle], target) + _convert(program, manifests[middle:], target)


def _run(program: Path, manifests: Sequence[Json], target: str) -> list[Json]:
    given = manifests[0] if len(manifests) == 1 else {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    command = [str(program), "-f", "-", "-o", "json", "--local", "--validate=false", "--output-version", target]
    done = subprocess.run(command, input=json.dumps(given).encode(), capture_output=True, timeout=_SECONDS, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return []
    found = answer["items"] if answer.get("kind") == "List" and answer.get("apiVersion") == "v1" else [answer]
    return [item for item in found if isinstance(item, dict)]
