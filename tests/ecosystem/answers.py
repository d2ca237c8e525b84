"""The recorded answers: objects that a real API server accepts, each with what a project makes of it."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER: Final = Path(__file__).parents[1] / "data" / "ecosystem"


class Pair(NamedTuple):
    """An object in two versions.

    Attributes:
        given: the object.
        answer: the same in the other version.
    """

    given: dict[str, Any]
    answer: dict[str, Any]

    @property
    def versions(self) -> tuple[str, str, str]:
        """The kind, and both versions."""
        return self.given["kind"], self.given["apiVersion"], self.answer["apiVersion"]


def names() -> list[str]:
    """List the projects with answers."""
    return sorted(file.name.removesuffix(".jsonl.xz") for file in FOLDER.glob("*.jsonl.xz"))


@cache
def read(project: str) -> list[Pair]:
    """Read a project's pairs."""
    with lzma.open(FOLDER / f"{project}.jsonl.xz", "rt", encoding="utf-8") as lines:
        pairs = []
        for line in lines:
            to, given, *answer = json.loads(line)
            pairs.append(Pair(given, {**(answer[0] if answer else given), "apiVersion": to}))
        return pairs


def write(project: str, pairs: Iterable[Pair]) -> int:
    """Write them; an answer that differs in nothing but the version is left out. Returns the size of the file."""
    lines = []
    for pair in pairs:
        renamed = {**pair.answer, "apiVersion": pair.given["apiVersion"]}
        answer = [] if renamed == pair.given else [pair.answer]
        lines.append(
            json.dumps([pair.answer["apiVersion"], pair.given, *answer], separators=(",", ":"), sort_keys=True)
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = lzma.compress("".join(f"{line}\n" for line in lines).encode(), preset=9 | lzma.PRESET_EXTREME)
    return (FOLDER / f"{project}.jsonl.xz").write_bytes(content)
