"""Adds up what a run showed: differences that a rule should not have made, and those that no rule can avoid."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from tests.integration.unreachable import explained

if TYPE_CHECKING:
    from tests.controlplanes.client import ApiError
    from tests.integration.judging import Answers, Json
    from tests.integration.kinds import Served


#: A file to add what was read to, as tests/data/oracle has it; and how many objects of a kind to take from a run.
COLLECT = os.environ.get("CONVERTER_TEST_COLLECT")
COLLECT_EACH = 8


class Tally:
    """The outcome of one server.

    Attributes:
        lines: one for each kind, for people.
        pairs: how many conversions were held against an answer.
        wrong: differences that are faults of the rules.
        refusals: manifests that should have been accepted, and were not.
        others: how many more were refused: what was written for other versions or releases.
        unreachable: how often each sort of difference came that no conversion can avoid.
    """

    def __init__(self, release: str) -> None:
        self.release = release
        self.lines: list[str] = []
        self.pairs = 0
        self.wrong: list[str] = []
        self.refusals: list[str] = []
        self.others = 0
        self.unreachable: Counter[str] = Counter()
        self._collected: Counter[str] = Counter()

    def add(self, served: Served, name: str, answers: Answers) -> None:
        """Add what came of one manifest."""
        self.pairs += answers.pairs
        if COLLECT and self._collected[served.kind] < COLLECT_EACH:
            self._collected[served.kind] += 1
            _collect(COLLECT, self.release, served.kind, answers.forms)
        for miss in answers.wrong:
            sort = explained(self.release, served.kind, miss)
            if sort is None:
                self.wrong.append(f"v{self.release} {served.kind} {name}: {miss}")
            else:
                self.unreachable[sort.name] += 1

    def refused(self, served: Served, name: str, error: ApiError, *, own: bool) -> None:
        """Note a manifest that the server refused; with ``own``, one that was written for this very version."""
        if own:
            self.refusals.append(f"v{self.release} {served.kind} {name}: refused: {error}")
        else:
            self.others += 1

    def __str__(self) -> str:
        known = [f"  unreachable, {name}: {count}" for name, count in sorted(self.unreachable.items())]
        return "\n".join(
            ["", *self.lines, *known, f"v{self.release}: {self.pairs} conversions in all, {self.others} refused"]
        )


def _collect(file: str, release: str, kind: str, forms: dict[str, Json]) -> None:
    """Add an object, without what says only how it came to the server."""
    for form in forms.values():
        for field in ("managedFields", "selfLink"):
            form.get("metadata", {}).pop(field, None)
    name = next(iter(forms.values())).get("metadata", {}).get("name", "")
    with gzip.open(file, "at", encoding="utf-8") as lines:
        lines.write(json.dumps({"server": release, "kind": kind, "name": name, "forms": forms}) + "\n")
