"""What is said of a loss that is due to a cluster's release, and how lines that say it are told from others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from converter.catalog import Release

_DROPPED: Final = " drops it without a word"
_REFUSED: Final = " and refuses it"
"""One of the two stands in every sentence about a release, and in none about a conversion."""


@dataclass(frozen=True, slots=True)
class History:
    """Which releases know a field, or a value of one, that a release does not know.

    Attributes:
        since: the first later one that does; None where none does.
        version: the other apiVersion that it has it in; empty where it is the same.
        last: where no later one does, the last that did.
    """

    since: Release | None = None
    version: str = ""
    last: Release | None = None

    @property
    def advice(self) -> str:
        """Which release would do, in words; empty where none would."""
        if self.since is None:
            return ""
        return f"{self.since} would do, in {self.version}" if self.version else f"{self.since} would do"


@lru_cache(maxsize=1024)
def dropped(release: Release, history: History, newest: Release) -> str:
    """Say why a field is lost: its server knows none of that name.

    Args:
        release: the cluster's.
        history: which releases know it.
        newest: the newest release of all that were asked.
    """
    if history.since is not None:
        return f"Kubernetes {release} does not know it and{_DROPPED}; {history.advice}"
    if history.last is not None:
        return f"Kubernetes {release}{_DROPPED}; the last to know it was {history.last}"
    return f"no release up to {newest} knows it; {release}{_DROPPED}"


def refused(release: Release, value: str, history: History) -> str:
    """Say why a value cannot be had: its server knows the field, but not this value of it."""
    text = f"Kubernetes {release} does not know the value {shown(value)}{_REFUSED}"
    if history.since is not None:
        return f"{text}; {history.advice}"
    return f"{text}; the last to know it was {history.last}" if history.last is not None else text


def told_by_release(line: str) -> bool:
    """Whether a line is about what the cluster's release drops or refuses, and not about a conversion."""
    return _DROPPED in line or _REFUSED in line
