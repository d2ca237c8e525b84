"""Edits a manifest as a user would: changes, adds or removes one value, item or subtree, by the catalog's types."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.generators.valid_values import ValidValues

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from converter.catalog import FieldType
    from converter.kube import Path

_OTHER_WORDS = ("edited", "other")
_FIXED = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
"""What names an object: another value would make another object of it."""


class Edit(NamedTuple):
    """What was done to a manifest, and where."""

    what: str
    path: Path


class Editor:
    """Edits manifests of one kind in one version."""

    def __init__(self, release: str, api_version: str, kind: str) -> None:
        self._maker = ValidValues(release, api_version, kind)

    def edit(self, rng: random.Random, manifest: dict[str, Any]) -> tuple[dict[str, Any], Edit]:
        """Return an edited copy, and what was done."""
        edited = copy.deepcopy(manifest)
        places = [place for place in _places(edited, ()) if place[0] not in _FIXED]
        for _ in range(20):
            path, holder, key = rng.choice(places)
            what = rng.choice((self._change, self._add, self._remove))(rng, path, holder, key)
            if what and edited != manifest:
                return edited, Edit(what, path)
        edited["metadata"].setdefault("labels", {})["edited"] = "yes"
        return edited, Edit("add", ("metadata", "labels"))

    def _change(self, rng: random.Random, path: Path, holder: Any, key: Any) -> str:
        value = holder[key]
        if isinstance(value, bool):
            holder[key] = not value
        elif isinstance(value, (int, float)):
            holder[key] = value + 1
        elif isinstance(value, str):
            found = self._maker.root.field_at(path)
            made = None if found is None or found.kind != "scalar" else self._value(rng, found, path)
            holder[key] = made if isinstance(made, str) else rng.choice(_OTHER_WORDS)
        elif isinstance(value, list) and len(value) > 1:
            value.reverse()
        else:
            return ""
        return "change"

    def _add(self, rng: random.Random, path: Path, holder: Any, key: Any) -> str:
        value = holder[key]
        found = self._maker.root.field_at(path)
        if isinstance(value, list):
            if found is None or found.element is None:
                return ""
            value.insert(rng.randrange(len(value) + 1), self._value(rng, found.element, path))
            return "add item"
        if not isinstance(value, dict) or found is None:
            return ""
        if found.kind == "map" and found.element is not None:
            value["edited"] = self._value(rng, found.element, path)
            return "add key"
        missing = sorted(found.target.fields.keys() - value.keys()) if found.target is not None else []
        if not missing or found.target is None:
            return ""
        name = rng.choice(missing)
        value[name] = self._value(rng, found.target.fields[name], (*path, name))
        return "add field"

    def _remove(self, _rng: random.Random, path: Path, holder: Any, key: Any) -> str:
        if path == ("metadata",):
            return ""
        del holder[key]
        return "remove"

    def _value(self, rng: random.Random, found: FieldType, path: Path) -> Any:
        names = ".".join(segment for segment in path if isinstance(segment, str))
        return copy.deepcopy(self._maker.value(rng, found, names, len(path), ()))


def _places(node: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key), node, key
        yield from _places(value, (*path, key))
