"""Places of fields that only one of two versions has: which can be one field, and what of them is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from converter.rules.schema import walk
from converter.rules.suggest_pairs import same_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from converter.kube import Path
    from converter.rules.schema import Schema

Descriptions: TypeAlias = "Mapping[Path | None, Counter[str]]"
"""How often a version has each description among the fields of each object, and among all fields (under None)."""

_SPEC: Final = ("spec",)


def candidates(only: Mapping[Path, Schema], most: int) -> dict[Path, Schema]:
    """List what only one version has, and what is inside of it."""
    todo = list(only.items())[:most]
    for path, schema in todo:  # grows on the way
        if len(todo) < most:
            todo += [((*path, name), below) for name, below in schema.fields.items()]
    return dict(todo[:most])


def overlaps(path: Path, taken: Collection[Path]) -> bool:
    """Whether a step moves the field already, or what it is inside of, or something in it."""
    return any(path[: len(other)] == other or other[: len(path)] == path for other in taken)


def remaining(path: Path, schema: Schema, taken: Collection[Path]) -> Iterator[Path]:
    """Yield what no step moves of an object, the outermost fields of it."""
    if not overlaps(path, taken):
        yield path
    elif path not in taken:
        for name, below in schema.fields.items():
            yield from remaining((*path, name), below, taken)


def count_descriptions(root: Schema) -> Descriptions:
    """Count the descriptions of a version."""
    found: dict[Path | None, Counter[str]] = defaultdict(Counter)
    for path, schema in walk(root):
        text = same_words(schema.description)
        found[None][text] += 1
        found[path[:-1]][text] += 1
    return found


def base_of(path: Path) -> Path:
    """Return the object around a field, if that can be missing where the field's scope is there; empty if not."""
    return path[:-1] if len(path) - 1 > max(scope(path), len(_SPEC)) else ()


def scope(path: Path) -> int:
    """Count the segments of a path up to its last list."""
    return max((index + 1 for index, segment in enumerate(path) if not isinstance(segment, str)), default=0)
