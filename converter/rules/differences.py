"""Compares two JSON values, and lists the places where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET

from converter.kube import Json, canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator


class Difference(NamedTuple):
    """A place where two JSON values differ.

    Attributes:
        path: the place, as a path with dots and indexes.
        got: the value there; unset if there is none.
        wanted: the value that was expected there; unset if none was.
    """

    path: str
    got: Json = UNSET
    wanted: Json = UNSET

    @property
    def missing(self) -> bool:
        """Whether a value was expected and there is none."""
        return self.got is UNSET

    @property
    def unexpected(self) -> bool:
        """Whether there is a value and none was expected."""
        return self.wanted is UNSET

    def __str__(self) -> str:
        if self.missing:
            return f"{self.path} is missing, expected {canonical_json(self.wanted).decode()}"
        expected = "unexpected" if self.unexpected else f"expected {canonical_json(self.wanted).decode()}"
        return f"{self.path} is {canonical_json(self.got).decode()}, {expected}"


def differences(got: Json, wanted: Json, path: str = "") -> Iterator[Difference]:
    """List where two JSON values differ, in sorted order."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        for key in sorted({*got, *wanted}):
            below = f"{path}.{key}" if path else key
            if key in got and key in wanted:
                yield from differences(got[key], wanted[key], below)
            else:
                yield Difference(below, got.get(key, UNSET), wanted.get(key, UNSET))
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        for index, pair in enumerate(zip(got, wanted, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif canonical_json(got) != canonical_json(wanted):
        yield Difference(path, got, wanted)
