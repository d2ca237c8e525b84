"""What a run on the host cluster showed and measured, and the page that says so.

``make e2e-host`` notes it in build/host/results.json; ``python -m tests.host.results`` writes the page from it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.controlplanes.places import REPOSITORY

FILE = REPOSITORY / "build" / "host" / "results.json"
PAGE = REPOSITORY / "docs" / "reference" / "host-cluster.md"
_HEAD = """\
# Results on a host cluster

The converter as users run it: the image's Pods on a real node, with a real Karmada. `make e2e-host` ran these tests,
and `python -m tests.host.results` wrote this page from what they noted.
[How the cluster is made](../how-to/run-control-planes.md#a-host-cluster).
"""


def record(name: str, value: float, unit: str) -> None:
    """Note a measurement under a name; the last one counts."""
    _note("measured", name, [round(value, 1), unit])


def record_test(name: str, outcome: str, seconds: float) -> None:
    """Note how a test ended: ``passed``, ``failed`` or ``skipped``."""
    _note("tests", name, [outcome, round(seconds, 1)])


def record_fact(name: str, value: str) -> None:
    """Note what a run was made of."""
    _note("facts", name, value)


def page(found: dict[str, dict[str, Any]]) -> str:
    """Return the text of the page."""
    facts = [f"| {name} | {value} |" for name, value in found.get("facts", {}).items()]
    tests = [
        f"| {name.removeprefix('test_').replace('_', ' ')} | {outcome} | {seconds} s |"
        for name, (outcome, seconds) in found.get("tests", {}).items()
    ]
    measured = [f"| {name} | {value:g} {unit} |" for name, (value, unit) in found.get("measured", {}).items()]
    tables = (("Part", "Version"), facts), (("Test", "Result", "Time"), tests), (("Measured", "Value"), measured)
    lines = [_HEAD.rstrip()]
    for header, rows in tables:
        lines += ["", f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *rows]
    return (
        "\n".join(lines) + "\n\nTwo cores ran the host cluster, Karmada, its members and the tests at the same time.\n"
    )


def forget() -> None:
    """Start the notes of a new run."""
    FILE.unlink(missing_ok=True)


def _note(kind: str, name: str, value: Any) -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    found.setdefault(kind, {})[name] = value
    FILE.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(FILE.read_text())))
    sys.stdout.write(f"wrote {PAGE.relative_to(REPOSITORY)}\n")
