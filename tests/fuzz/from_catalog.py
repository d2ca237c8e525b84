"""Manifests made from the catalog's types: any kind, any version, any of the fields some release gives it.

What makes one is a number: Hypothesis draws it, a generator of Python's own does the rest, which is a hundred times
cheaper than drawing every field, and so lets a thousand examples a pair fit into the tests of every day. The same
number always gives the same manifest.
"""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind, format_path, parse_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.catalog import FieldType, ObjectType, Release

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
"""Numbers to make manifests of."""

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


@cache
def _types(gvk: GroupVersionKind, only: Release | None) -> tuple[ObjectType, ...]:
    """The types of a kind in each release that knows it, or in one of them, each once."""
    catalog = load_catalog()
    found = [catalog.type_of(release, gvk) for release in ([only] if only else catalog.releases_of(gvk))]
    return tuple(dict.fromkeys(kind for kind in found if kind is not None))


@cache
def _fields(kind: ObjectType) -> tuple[tuple[str, FieldType], ...]:
    return tuple(kind.fields.items())


class Maker:
    """Makes manifests of one kind in one version.

    Args:
        api_version: the version.
        kind: the kind.
        words: for some paths the values to choose from, where any string would seldom be an interesting one.
        release: the one whose fields they have; None for each of all that know the kind.
    """

    def __init__(
        self,
        api_version: str,
        kind: str,
        words: Mapping[str, Sequence[Any]] | None = None,
        release: Release | None = None,
    ) -> None:
        self.api_version, self.kind = api_version, kind
        self._types = _types(GroupVersionKind.of(api_version, kind), release)
        assert self._types, f"the catalog does not know {kind} in {api_version}"
        self._words = {format_path(parse_path(path)): tuple(values) for path, values in (words or {}).items()}

    def make(self, seed: int) -> dict[str, Any]:
        """Make the manifest of a number."""
        rng = random.Random(seed)
        known = _fields(rng.choice(self._types))
        made: dict[str, Any] = {"apiVersion": self.api_version, "kind": self.kind}
        for name, found in known:
            if name not in ("apiVersion", "kind", "metadata") and rng.random() < 0.9:
                made[name] = self._value(rng, found, name, 1, ())
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

    def _value(self, rng: random.Random, found: FieldType, path: str, depth: int, inside: tuple[str, ...]) -> Any:
        words = self._words.get(path)
        if words is not None:
            return rng.choice(words)
        if rng.random() < 0.04:  # what often stands for none
            return rng.choice((None, {}, [])) if found.kind != "scalar" else None
        if found.kind == "object" and found.target is not None:
            return self._object(rng, found.target, path, depth, inside)
        if found.element is not None:
            return self._several(rng, found, f"{path}[*]", depth + 1, inside)
        return rng.choice(_SCALARS[found.scalar] if found.kind == "scalar" else _ANY)

    def _several(self, rng: random.Random, found: FieldType, path: str, depth: int, inside: tuple[str, ...]) -> Any:
        assert found.element is not None
        if found.kind == "list":
            return [self._value(rng, found.element, path, depth, inside) for _ in range(rng.choice((0, 1, 1, 2)))]
        keys = rng.sample(_KEYS, rng.choice((0, 1, 2)))
        return {key: self._value(rng, found.element, path, depth, inside) for key in keys}

    def _object(
        self, rng: random.Random, kind: ObjectType, path: str, depth: int, inside: tuple[str, ...]
    ) -> dict[str, Any]:
        if kind.name in inside:
            return {}
        chance, below = max(_LEAN - 0.04 * depth, 0.3), (*inside, kind.name)
        return {
            name: self._value(rng, found, f"{path}.{name}", depth + 1, below)
            for name, found in _fields(kind)
            if rng.random() < (1 if f"{path}.{name}" in self._words else chance)
        }


_SAMPLES: dict[str | None, Any] = {scalar: values[-1] for scalar, values in _SCALARS.items()}


def everything(kind: ObjectType, inside: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make an object in which every field of its type is there, with one item in each list and map."""
    made = {name: _one(found, (*inside, kind.name)) for name, found in _fields(kind)}
    return {name: value for name, value in made.items() if value is not None}


def _one(found: FieldType, inside: tuple[str, ...]) -> Any:
    if found.element is not None:
        item = _one(found.element, inside)
        return None if item is None else [item] if found.kind == "list" else {_KEYS[0]: item}
    if found.kind == "object" and found.target is not None:
        return None if found.target.name in inside else everything(found.target, inside)
    return _SAMPLES[found.scalar] if found.kind == "scalar" else {}
