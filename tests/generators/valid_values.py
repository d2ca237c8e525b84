"""Manifests that API servers accept: words where a validator knows better than the type, and parts that agree."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind, copy_json
from tests.generators.from_catalog import UNDECIDED, FromCatalog
from tests.generators.ties import tie
from tests.generators.valid_words import ANNOTATIONS, KEYS, NEVER, SCALARS, WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.catalog import FieldType, ObjectType

Json = Any

_FIELDS_WANTED = 5.0
_EMPTY = 0.02
_DEEPEST = 14


class ValidValues(FromCatalog):
    """Makes manifests of one kind in one version, as one release knows it.

    Most are accepted once ``mending.mend`` has changed what the server refuses. The server alone decides what is valid,
    and combinations of fields come up that nobody would have written down.

    Args:
        release: the server's, for instance ``1.20``.
        api_version: the version to write.
        kind: the kind.
    """

    scalars = SCALARS
    present = 0.95

    def __init__(self, release: str, api_version: str, kind: str) -> None:
        super().__init__(api_version, kind)
        found = load_catalog().type_of(f"v{release}", GroupVersionKind.of(api_version, kind))
        assert found is not None, f"the catalog does not know {kind} in {api_version} of {release}"
        self.root: ObjectType = found
        self._words: dict[str, tuple[Json, ...] | None] = {}

    def make(self, seed: int, name: str) -> dict[str, Json]:
        """Make the manifest of a number."""
        rng = random.Random(seed)
        made = self.top(rng, self.root, {})
        made["metadata"] = {"name": name, **self._metadata(rng)}
        self.finish(rng, made)
        return made

    def finish(self, rng: random.Random, made: dict[str, Json]) -> None:
        """Make the parts of a manifest agree, and take out what its version does not know."""
        tie(rng, made)
        _prune(made, self.root)

    def _metadata(self, rng: random.Random) -> dict[str, Json]:
        made: dict[str, Json] = {}
        if rng.random() < 0.3:
            made["labels"] = {"app": "web"}
        notes = {
            key: rng.choice(values) for key, values in ANNOTATIONS.get(self.kind, {}).items() if rng.random() < 0.3
        }
        if rng.random() < 0.2:
            notes["example.test/note"] = "x"
        if notes:
            made["annotations"] = notes
        return made

    def _known_words(self, path: str) -> tuple[Json, ...] | None:
        """The words for a path: those for its longest end that has any, of this kind before those of all kinds."""
        if path not in self._words:
            steps = path.split(".")
            ends = [".".join(steps[start:]) for start in range(len(steps))]
            tables = (WORDS.get(self.kind, {}), WORDS[""])
            self._words[path] = next((table[end] for table in tables for end in ends if end in table), None)
        return self._words[path]

    def choose(self, rng: random.Random, found: FieldType, path: str, depth: int) -> Json:
        words = self._known_words(path)
        if words is not None:
            word = rng.choice(words)
            made = word(rng) if callable(word) else copy_json(word)
            if _fits(made, found):
                return made
        if depth > 2 and rng.random() < _EMPTY:
            return {"list": [], "map": {}, "object": {}}.get(found.kind)
        return UNDECIDED

    def chance(self, target: ObjectType, path: str, depth: int) -> float:
        size = len(target.fields)
        if size < 16 and self._known_words(path) is not None:
            return 0.9
        return min(0.8, (_FIELDS_WANTED - 0.25 * depth) / max(size, 1))

    def is_too_deep(self, target: ObjectType, depth: int, inside: tuple[str, ...]) -> bool:
        return inside.count(target.name) > 1 or depth > _DEEPEST

    def count(self, rng: random.Random, depth: int) -> int:
        return rng.choice((1, 1, 2)) if depth < 8 else 1

    def keys(self, path: str) -> tuple[Sequence[str], Sequence[int]]:
        return KEYS.get(path.rsplit(".", 1)[-1], KEYS[""]), (1, 1, 2)

    def anything(self, rng: random.Random) -> Json:  # noqa: ARG002
        return {}

    def is_left_out(self, name: str, path: str) -> bool:
        return name in NEVER or path in NEVER or f"{self.kind}:{path}" in NEVER


def _prune(made: dict[str, Json], target: ObjectType) -> None:
    """Take out what this version does not know: some words and ties are of a version's neighbours."""
    for name in [name for name in made if name not in target.fields]:
        del made[name]
    for name, value in made.items():
        found = target.fields[name].innermost
        if found.target is not None:
            for item in _objects(value, target.fields[name].nesting):
                _prune(item, found.target)


def _objects(value: Json, nesting: int) -> list[dict[str, Json]]:
    if nesting == 0:
        return [value] if isinstance(value, dict) else []
    inside = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return [item for part in inside for item in _objects(part, nesting - 1)]


def _fits(value: Json, found: FieldType) -> bool:
    """Whether a word is of the field's shape: some names stand for a list here and for an object there."""
    shape = {"list": list, "object": dict, "map": dict}.get(found.kind, (str, int, float, bool))
    if found.kind == "any" or value is None:
        return True
    if found.kind == "list" and found.element is not None and isinstance(value, list):
        return all(_fits(item, found.element) for item in value)
    return isinstance(value, shape)
