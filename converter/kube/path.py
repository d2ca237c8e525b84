"""Paths inside a manifest, as rules write them and messages show them.

``spec.rules[*].http`` steps into every list item, ``metadata.annotations["a.b/c"]`` into a key with dots in
it, ``containers[name=app]`` into the item with that name, ``rules[0]`` into the item at that place.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final, NamedTuple, TypeAlias

from converter.errors import ManifestError


class Each(NamedTuple):
    """The ``[*]`` segment: every item of a list."""


class Named(NamedTuple):
    """A ``[name=app]`` segment: the one item of a list whose ``name`` has that value."""

    name: str


EACH = Each()

Segment: TypeAlias = str | int | Each | Named
Path: TypeAlias = tuple[Segment, ...]

WHOLE_MANIFEST: Final = ""
"""The text of the empty path."""

_TOKEN = re.compile(
    r"""
      (?P<dot>\.)? (?P<key>[A-Za-z0-9_$][A-Za-z0-9_$-]*)
    | \[ (?: (?P<each>\*) | (?P<index>\d+) | "(?P<quoted>(?:[^"\\]|\\.)*)" | name=(?P<named>[^\]]+) ) \]
    """,
    re.VERBOSE,
)
_NAMED = re.compile(r"\[name=[^\]]+\]")
_PLAIN = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$-]*")


def parse_path(text: str) -> Path:
    """Parse a path; the empty text is the empty path.

    Raises:
        ManifestError: the text does not follow the grammar above.
    """
    segments: list[Segment] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or (match["key"] is not None and bool(match["dot"]) != bool(segments)):
            raise ManifestError(
                f"not a path: {text!r} is wrong from character {at + 1} on; write it like "
                'spec.rules[*].http or metadata.annotations["a.b/c"]'
            )
        segments.append(_segment(match))
        at = match.end()
    return tuple(segments)


def _segment(match: re.Match[str]) -> Segment:
    if match["key"] is not None:
        return match["key"]
    if match["each"] is not None:
        return EACH
    if match["index"] is not None:
        return int(match["index"])
    if match["named"] is not None:
        return Named(match["named"])
    return re.sub(r"\\(.)", r"\1", match["quoted"])


def format_path(path: Path) -> str:
    """Format a path so that `parse_path` reads it back."""
    parts: list[str] = []
    for segment in path:
        if type(segment) is str and segment.isidentifier() and segment.isascii():
            parts.append(f".{segment}" if parts else segment)
        elif isinstance(segment, Each):
            parts.append("[*]")
        elif isinstance(segment, Named):
            parts.append(f"[name={segment.name}]")
        elif isinstance(segment, int):
            parts.append(f"[{segment}]")
        elif _PLAIN.fullmatch(segment):
            parts.append(f".{segment}" if parts else segment)
        else:
            quoted = segment.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'["{quoted}"]')
    return "".join(parts)


def without_names(path: str) -> str:
    """Replace the names of items in a formatted path by ``[*]``: a name is a value of the manifest."""
    return _NAMED.sub("[*]", path) if "[name=" in path else path


def item_segments(items: list[Any]) -> list[Segment]:
    """Return the segment for each item of a list: its ``name`` if that is unique in the list, else its index."""
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    times = Counter(name for name in names if isinstance(name, str))
    return [
        Named(name) if isinstance(name, str) and name and "]" not in name and times[name] == 1 else index
        for index, name in enumerate(names)
    ]
