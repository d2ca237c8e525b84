"""Records which versions of Karmada, Kubernetes and Python a test session ran with, and what came of it.

The pages about compatibility are made of these records (`tools.compatibility`). A session writes one only if
``CONVERTER_TEST_RECORD`` names the file: `make e2e RECORD=1` does.
"""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import Counter

    import pytest

VARIABLE = "CONVERTER_TEST_RECORD"
"""Names the file of records."""

_used: dict[str, set[str]] = {}


def used(program: str, version: str) -> None:
    """Note that this session runs a version of a program, such as ``karmada`` or ``kubernetes``."""
    _used.setdefault(program, set()).add(version)


def by_number(version: str) -> tuple[int, ...]:
    """Sort key of a version."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def merged(records: list[dict[str, Any]], record: dict[str, Any]) -> list[dict[str, Any]]:
    """Add a record; it replaces that of the same tests with the same Karmada and Python.

    A session of fewer tests replaces a longer one only if a test failed: a selected test says nothing about the rest.
    """
    own = _identity(record)
    before = next((one for one in records if _identity(one) == own), None)
    if before is not None and not record["failed"] and record["passed"] < before["passed"]:
        return records
    others = [one for one in records if _identity(one) != own]
    return sorted([*others, record], key=_identity)


def _identity(record: dict[str, Any]) -> tuple[str, str, str]:
    return record["tests"], record["karmada"], record["python"]


def write(session: pytest.Session, outcomes: Counter[str]) -> None:
    """Write the records of a session: one for each folder of tests, and each release of Karmada.

    Args:
        session: the session; its items say which folders of tests it ran.
        outcomes: how many tests of each folder ``passed`` and ``failed``: ``tests/e2e passed``.
    """
    if not os.environ.get(VARIABLE):
        return
    file = Path(os.environ[VARIABLE])
    records = json.loads(file.read_text("utf-8")) if file.exists() else []
    folders = sorted({"/".join(Path(item.nodeid.split("::")[0]).parts[:2]) for item in session.items})
    for folder in folders:
        passed, failed = outcomes[f"{folder} passed"], outcomes[f"{folder} failed"]
        if not passed + failed:
            continue
        with_karmada = folder in {"tests/e2e", "tests/host"}
        record = {
            "tests": folder,
            "karmada": ", ".join(sorted(_used.get("karmada", ()), key=by_number)) if with_karmada else "",
            "python": ".".join(platform.python_version_tuple()[:2]),
            "kubernetes": sorted(_used.get("kubernetes", ()), key=by_number),
            "passed": passed,
            "failed": failed,
        }
        records = merged(records, record)
    file.write_text(json.dumps(records, indent=1) + "\n", "utf-8")
