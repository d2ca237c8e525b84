"""Manifests with whatever a conversion may meet: null, empty, unknown fields, any value of a type."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind, format_path, parse_path
from tests.generators.from_catalog import UNDECIDED, FromCatalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.catalog import FieldType, ObjectType, Release

_SCALARS: dict[str | None, tuple[Any, ...]] = {
    "string": ("", "a", "web-0", "True", "x.y/z", "naïve <b>"),
    "int": (0, 0, 1, 2, 30, 2_147_483_647),
    "bool": (True, False),
    "number": (0, 1, 0.5),
    "int-or-string": (0, 1, "25%", "http"),
    "quantity": ("0", "1", "100m", "1Gi", 3),
    "date-time": ("2024-01-02T03:04:05Z",),
    "bytes": ("", "aGk="),
}
_ANY: tuple[Any, ...] = ({}, {"kind": "Own", "deep": [{"er": 1}]})
_KEYS = ("app", "k8s.io/part", "memory")
_LEAN = 0.8
"""How likely a field is to be there, near the root; deeper down fewer are."""
_NOTHING = 0.04
"""How likely a value is one that often means nothing."""


@cache
def _types(gvk: GroupVersionKind, only: Release | None) -> tuple[ObjectType, ...]:
    """The types of a kind in each release that knows it, or in one of them, each once."""
    catalog = load_catalog()
    found = [catalog.type_of(release, gvk) for release in ([only] if only else catalog.releases_of(gvk))]
    return tuple(dict.fromkeys(kind for kind in found if kind is not None))


class AnyValues(FromCatalog):
    """Makes manifests of one kind in one version.

    Args:
        api_version: the version.
        kind: the kind.
        words: for some paths the values to choose from, where any string would seldom be an interesting one.
        release: the one whose fields they have; None for each of all that know the kind.
    """

    scalars = _SCALARS
    present = 0.9

    def __init__(
        self,
        api_version: str,
        kind: str,
        words: Mapping[str, Sequence[Any]] | None = None,
        release: Release | None = None,
    ) -> None:
        super().__init__(api_version, kind)
        self._types = _types(GroupVersionKind.of(api_version, kind), release)
        assert self._types, f"the catalog does not know {kind} in {api_version}"
        self._words = {format_path(parse_path(path)): tuple(values) for path, values in (words or {}).items()}

    def make(self, seed: int) -> dict[str, Any]:
        """Make the manifest of a number."""
        rng = random.Random(seed)
        made = self.top(rng, rng.choice(self._types), {})
        made["metadata"] = {"name": "a", **self._metadata(rng)}
        if rng.random() < 0.1:
            made["zzUnknown"] = {"deep": [1]}
        return made

    def _metadata(self, rng: random.Random) -> dict[str, Any]:
        notes = {key: rng.choice(values) for key, values in self._annotations() if rng.random() < 0.5}
        made: dict[str, Any] = {"labels": {"app": "web"}} if rng.random() < 0.5 else {}
        if notes or rng.random() < 0.2:
            made["annotations"] = {"note": "x", **notes} if rng.random() < 0.7 else notes
        return made

    def _annotations(self) -> list[tuple[str, tuple[Any, ...]]]:
        before = ("metadata", "annotations")
        paths = [(parse_path(path), values) for path, values in self._words.items()]
        return [(str(path[2]), values) for path, values in paths if path[:2] == before]

    def choose(self, rng: random.Random, found: FieldType, path: str, depth: int) -> Any:  # noqa: ARG002
        words = self._words.get(path)
        if words is not None:
            return rng.choice(words)
        if rng.random() < _NOTHING:
            return rng.choice((None, {}, [])) if found.kind != "scalar" else None
        return UNDECIDED

    def chance(self, target: ObjectType, path: str, depth: int) -> float:  # noqa: ARG002
        return 1 if path in self._words else max(_LEAN - 0.04 * depth, 0.3)

    def is_too_deep(self, target: ObjectType, depth: int, inside: tuple[str, ...]) -> bool:  # noqa: ARG002
        return target.name in inside

    def count(self, rng: random.Random, depth: int) -> int:  # noqa: ARG002
        return rng.choice((0, 1, 1, 2))

    def keys(self, path: str) -> tuple[Sequence[str], Sequence[int]]:  # noqa: ARG002
        return _KEYS, (0, 1, 2)

    def anything(self, rng: random.Random) -> Any:
        return rng.choice(_ANY)


_SAMPLES: dict[str | None, Any] = {scalar: values[-1] for scalar, values in _SCALARS.items()}


def everything(kind: ObjectType, inside: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make an object in which every field of its type is there, with one item in each list and map."""
    made = {name: _one(found, (*inside, kind.name)) for name, found in kind.fields.items()}
    return {name: value for name, value in made.items() if value is not None}


def _one(found: FieldType, inside: tuple[str, ...]) -> Any:
    if found.element is not None:
        item = _one(found.element, inside)
        return None if item is None else [item] if found.kind == "list" else {_KEYS[0]: item}
    if found.kind == "object" and found.target is not None:
        return None if found.target.name in inside else everything(found.target, inside)
    return _SAMPLES[found.scalar] if found.kind == "scalar" else {}
