"""Checks that many entries of the table share: a value that is missing, another one, out of range, or repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from converter.kube import Each, parse_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from msgspec import Raw

    from converter.kube import Json, Manifest, Path
    from converter.refusals.model import Check, Place, Server, Suspects

ViewT = TypeVar("ViewT")


def places(node: Any, path: Path, start: Path = ()) -> Iterator[Place]:
    """Yield every place that a path with ``[*]`` leads to, with None where only the last field is missing.

    Nothing is yielded where an object on the way is missing, or is not what the path expects.
    """
    for index, segment in enumerate(path):
        if isinstance(segment, Each):
            if isinstance(node, list):
                for number, item in enumerate(node):
                    yield from places(item, path[index + 1 :], (*start, *path[:index], number))
            return
        if not isinstance(node, dict):
            return
        node = node.get(str(segment))
        if node is None and index < len(path) - 1:
            return
    yield (*start, *path), node


def nothing(_manifest: Manifest, _server: Server) -> Iterable[Place]:
    """Find nothing: the rule visits schemas instead."""
    return ()


def where(path: str, wrong: Callable[[Json], bool]) -> Check:
    """Make a check that finds each place whose value is wrong; None is a missing value."""
    steps = parse_path(path)

    def check(manifest: Manifest, _server: Server) -> Iterator[Place]:
        return (place for place in places(manifest, steps) if wrong(place[1]))

    return check


def missing(path: str) -> Check:
    """Make a check that finds each object without a field, or with an empty one."""
    return where(path, lambda value: value in (None, "", []))


def present(path: str) -> Check:
    """Make a check that finds each value at a path."""
    return where(path, lambda value: value not in (None, "", [], {}, 0))


def other_than(path: str, *allowed: str) -> Check:
    """Make a check that finds each value, and each missing one, that is not among those allowed."""
    return where(path, lambda value: value not in allowed)


def equal_to(path: str, refused: str) -> Check:
    """Make a check that finds a value."""
    return where(path, lambda value: value == refused)


def outside(path: str, lowest: int, highest: int) -> Check:
    """Make a check that finds each number out of a range."""
    return where(path, lambda value: type(value) is int and not lowest <= value <= highest)


def repeated(path: str) -> Check:
    """Make a check that finds each text that came before at the same path."""
    steps = parse_path(path)

    def check(manifest: Manifest, _server: Server) -> Iterator[Place]:
        seen: set[str] = set()
        for place, value in places(manifest, steps):
            if not isinstance(value, str) or not value:
                continue
            if value in seen:
                yield place, value
            seen.add(value)

    return check


def containing(pattern: bytes) -> Suspects:
    """Suspect JSON in which a regular expression matches."""
    expression = re.compile(pattern)

    def suspects(manifest: bytes | Raw, _decoded: Manifest | None = None) -> bool:
        return expression.search(manifest) is not None

    return suspects


def naming(text: bytes) -> Suspects:
    """Suspect JSON that has a text; several times faster than a regular expression."""

    def suspects(manifest: bytes | Raw, _decoded: Manifest | None = None) -> bool:
        return text in bytes(manifest)

    return suspects


def viewed(view: type[ViewT], is_wrong: Callable[[ViewT], bool]) -> Suspects:
    """Suspect a manifest that looks wrong in a view, or that has another shape.

    Args:
        view: a struct with only the fields that decide. The decoder, which runs in C, skips all others.
        is_wrong: whether a check may find something, as far as the view shows.
    """
    decode, convert = msgspec.json.Decoder(view).decode, msgspec.convert

    def suspects(manifest: bytes | Raw, decoded: Manifest | None = None) -> bool:
        try:
            seen = decode(manifest) if decoded is None else convert(decoded, view)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return True
        return is_wrong(seen)

    return suspects


def field(node: Any, *keys: str) -> Any:
    """Get what is at a path of keys; None where it leads nowhere, whatever the shape of the manifest."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def items(node: Any, *keys: str) -> list[Any]:
    """Get the list at a path of keys; empty where there is none."""
    found = field(node, *keys)
    return found if isinstance(found, list) else []
