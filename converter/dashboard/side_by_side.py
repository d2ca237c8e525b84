"""Two manifests side by side, line by line, with changed and lost fields marked in place."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.errors import ManifestError
from converter.kube import copy_json, format_path, parse_path
from converter.yaml import dump, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from converter.kube import Manifest, Path

MOST_LINES: Final = 4000
"""Lines of a manifest that are compared; the rest is left out."""

_HIDDEN: Final = "(hidden)"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class LostPath(NamedTuple):
    """A field that is lost.

    Attributes:
        path: the field.
        severity: how much it matters.
    """

    path: str
    severity: str


class Line(NamedTuple):
    """A line of both manifests.

    Attributes:
        before: the text on the left; None if there is none.
        after: the text on the right; None if there is none.
        changed: whether the two differ.
        lost: the severity of the loss of this field; empty if it is not lost.
    """

    before: str | None
    after: str | None
    changed: bool
    lost: str


def without_secrets(manifest: Manifest) -> Manifest:
    """Copy a manifest without the values of a Secret."""
    if manifest.get("kind") != "Secret":
        return manifest
    copied: Manifest = copy_json(manifest)
    for field in ("data", "stringData"):
        if isinstance(copied.get(field), dict):
            copied[field] = dict.fromkeys(copied[field], _HIDDEN)
        elif field in copied:
            copied[field] = _HIDDEN
    metadata = copied.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        annotations[_LAST_APPLIED] = _HIDDEN
    return copied


def side_by_side(before: Manifest, after: Manifest, lost: Iterable[LostPath]) -> list[Line]:
    """Compare two manifests.

    Args:
        before: the manifest as it was sent.
        after: the manifest that the cluster gets.
        lost: the fields that are lost, in either of the two versions.
    """
    left, right = _lines(before), _lines(after)
    marks = [(item.severity, _steps(item.path)) for item in lost]
    marked_left, marked_right = _marked(before, left, marks), _marked(after, right, marks)
    result: list[Line] = []
    for tag, start, end, other, stop in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs = zip(range(start, end), range(other, stop), strict=True)
            result += [
                Line(left[one], right[two], changed=False, lost=marked_left.get(one) or marked_right.get(two, ""))
                for one, two in pairs
            ]
            continue
        size = max(end - start, stop - other)
        for offset in range(size):
            one = start + offset if start + offset < end else None
            two = other + offset if other + offset < stop else None
            mark = (marked_left.get(one, "") if one is not None else "") or (
                marked_right.get(two, "") if two is not None else ""
            )
            result.append(
                Line(left[one] if one is not None else None, right[two] if two is not None else None, True, mark)
            )
    return result


def _lines(manifest: Manifest) -> list[str]:
    return dump(manifest).splitlines()[:MOST_LINES]


def _steps(path: str) -> Path | None:
    try:
        return parse_path(path)
    except ManifestError:
        return None


def _marked(manifest: Manifest, lines: Sequence[str], marks: Sequence[tuple[str, Path | None]]) -> dict[int, str]:
    """Find the lines of lost fields, with everything inside them."""
    if not marks:
        return {}
    places = next(iter(read_documents("\n".join(lines) + "\n", report=lambda _: None, with_lines=True))).lines
    found: dict[int, str] = {}
    for severity, path in marks:
        if path is None:
            continue
        concrete = _concrete(manifest, path)
        line = places.get(concrete, 0) if concrete is not None else 0
        if not line:
            continue
        first = line - 1
        indent = _indent(lines[first])
        found[first] = severity
        for number in range(first + 1, len(lines)):
            inner = _indent(lines[number])
            if inner < indent or (inner == indent and not lines[number].lstrip().startswith("- ")):
                break
            found[number] = severity
    return found


def _concrete(manifest: Any, path: Path) -> tuple[str | int, ...] | None:
    """Turn a path with named list items into keys and indices; None if the manifest does not have it."""
    value: Any = manifest
    found: tuple[str | int, ...] = ()
    for step in path:
        key: str | int | None = None
        if isinstance(value, dict):
            key = step if isinstance(step, str) and step in value else None
        elif isinstance(value, list):
            if isinstance(step, int):
                key = step if step < len(value) else None
            else:
                key = _named(value, format_path((step,)))
        if key is None:
            return None
        value, found = value[key], (*found, key)
    return found


def _named(items: list[Any], step: str) -> int | None:
    name, _, wanted = step.strip("[]").partition("=")
    return next(
        (index for index, item in enumerate(items) if isinstance(item, dict) and str(item.get(name)) == wanted), None
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
