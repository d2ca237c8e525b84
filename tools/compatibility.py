"""Makes docs/reference/compatibility.md of the records that test sessions wrote (`tests/versions.py`).

``python -m tools.compatibility`` writes it; with ``--check``, it compares.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "tests" / "data" / "compatibility.json"
PAGE = ROOT / "docs" / "reference" / "compatibility.md"

_HEAD = """\
# Compatibility

Test sessions wrote this page: each row is one session that ran, with the versions that it started. To add a version,
run the tests with it and commit the records: `CONVERTER_TEST_KARMADA=1.17.3 make e2e RECORD=1`, then
`python -m tools.compatibility`.

"""

_FLOORS = (
    "these releases have fixes that the design leans on: the informers of a cluster no longer stop all together if one "
    "API is missing, and a suspended Work is created again. Below them, `converter doctor` warns"
)

_CONDITIONS = (
    "webhooks have match conditions. `converter pause`, and the policies that bound the controller's rights, need v1.30"
)

_REQUIREMENTS = (
    ("Karmada", "v1.12.10, v1.13.7, v1.14.4, or any v1.15 or newer", _FLOORS),
    (
        "Karmada's API server",
        "Kubernetes v1.28",
        _CONDITIONS,
    ),
    ("host cluster", "Kubernetes v1.24", ""),
    ("member clusters", "Kubernetes v1.16", "the oldest API servers that the tests run"),
    ("Python, for the library and the command", "3.11", ""),
)

_TAIL = """
Newer releases usually work before they are in the table: the [catalog](catalog.md) has Kubernetes up to its newest
release. [Add a release](../how-to/add-a-kubernetes-release.md) shows how to add one.
"""


def page_of(records: Sequence[dict[str, Any]]) -> str:
    """Write the page."""
    lines = ["| Tests | Karmada | Kubernetes | Python | Passed | Failed |", "|---|---|---|---|---|---|"]
    if not records:
        lines = ["No session has been recorded yet."]
    for record in records:
        karmada = ", ".join(f"v{one}" for one in filter(None, record["karmada"].split(", "))) or "-"
        kubernetes = ", ".join(f"v{one}" for one in record["kubernetes"]) or "-"
        lines.append(
            f"| `{record['tests']}` | {karmada} | {kubernetes} | {record['python']} | {record['passed']:,} "
            f"| {record['failed']:,} |"
        )
    lines += ["", "## Requirements", "", "| What | At least | Why |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in _REQUIREMENTS]
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def main() -> int:
    """Write or compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.compatibility", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; 1 if the page differs")
    args = parser.parse_args()
    wanted = page_of(json.loads(RECORDS.read_text("utf-8")))
    if PAGE.exists() and PAGE.read_text("utf-8") == wanted:
        return 0
    if args.check:
        print(f"{PAGE}: not up to date; run `python -m tools.compatibility`")
        return 1
    PAGE.write_text(wanted, "utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
