"""Grows manifests from the catalog's types, and mends them by what the server says against them.

A number makes a manifest: any of the fields that the server's own release knows, with words (`words.py`) where a
validator knows better than the type. What validation refuses is then mended where it says so: a forbidden or invalid
value goes, a missing one is grown, an unsupported one becomes one of those the message lists. So most manifests end
up accepted, with combinations of fields nobody would have written down, and the server alone decides what is valid.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind, copy_json
from tests.integration.tying import tie
from tests.integration.words import ANNOTATIONS, KEYS, NEVER, SCALARS, WORDS

if TYPE_CHECKING:
    from converter.catalog import FieldType, ObjectType
    from tests.controlplanes.client import ApiError

Json = Any
_Steps = tuple[str | int, ...]

_FIELDS_WANTED = 5.0
_EMPTY = 0.02
_DEEPEST = 14
_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(?:(\d+)|([^\]]*))\]")
_SUPPORTED = re.compile(r"supported values: (.*)$")


class Grower:
    """Grows manifests of one kind in one version, as one release knows it.

    Args:
        release: the server's, for instance ``1.20``.
        api_version: the version to write.
        kind: the kind.
    """

    def __init__(self, release: str, api_version: str, kind: str) -> None:
        found = load_catalog().type_of(f"v{release}", GroupVersionKind.of(api_version, kind))
        assert found is not None, f"the catalog does not know {kind} in {api_version} of {release}"
        self._root: ObjectType = found
        self.api_version, self.kind = api_version, kind
        self._words: dict[str, tuple[Json, ...] | None] = {}

    def grow(self, seed: int, name: str) -> dict[str, Json]:
        """Grow the manifest of a number."""
        rng = random.Random(seed)
        made: dict[str, Json] = {"apiVersion": self.api_version, "kind": self.kind}
        for field, found in self._root.fields.items():
            if field in ("apiVersion", "kind", "metadata") or f"{self.kind}:{field}" in NEVER:
                continue
            if rng.random() < 0.95:
                made[field] = self._value(rng, found, field, 1, ())
        made["metadata"] = {"name": name, **self._metadata(rng)}
        tie(rng, made)
        _prune(made, self._root)
        return made

    def mend(self, seed: int, manifest: dict[str, Json], refusal: ApiError) -> bool:
        """Change a manifest by what its refusal says; False where it says nothing of use."""
        rng = random.Random(seed)
        causes = ((refusal.body or {}).get("details") or {}).get("causes") if isinstance(refusal.body, dict) else None
        for cause in causes or ():
            cause["field"] = str(cause.get("field")).replace("matchResouces", "matchResources")  # as v1.30 spells it
            # A few fields are named without the `metadata` before them.
            if str(cause.get("field")).startswith("annotations."):
                cause["field"] = f"metadata.{cause['field']}".replace(".annotations.", ".annotations[") + "]"
        missing = {cause.get("field") for cause in causes or () if cause.get("reason") == "FieldValueRequired"}
        changed = False
        for cause in sorted(causes or (), key=lambda cause: str(cause.get("field")), reverse=True):
            if cause.get("reason") == "FieldValueRequired" or cause.get("field") not in missing:
                changed |= self._mend_one(rng, manifest, cause)
        tie(rng, manifest)
        _prune(manifest, self._root)
        return changed

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

    # --- growing

    def _known_words(self, path: str) -> tuple[Json, ...] | None:
        """The words for a path: those for its longest end that has any, of this kind before those of all kinds."""
        if path not in self._words:
            steps = path.split(".")
            ends = [".".join(steps[start:]) for start in range(len(steps))]
            tables = (WORDS.get(self.kind, {}), WORDS[""])
            self._words[path] = next((table[end] for table in tables for end in ends if end in table), None)
        return self._words[path]

    def _value(self, rng: random.Random, found: FieldType, path: str, depth: int, inside: tuple[str, ...]) -> Json:
        words = self._known_words(path)
        if words is not None:
            word = rng.choice(words)
            made = word(rng) if callable(word) else copy_json(word)
            if _fits(made, found):
                return made
        return self._grown(rng, found, path, depth, inside)

    def _grown(self, rng: random.Random, found: FieldType, path: str, depth: int, inside: tuple[str, ...]) -> Json:
        if depth > 2 and rng.random() < _EMPTY:
            return {"list": [], "map": {}, "object": {}}.get(found.kind)
        if found.kind == "scalar":
            return rng.choice(SCALARS[found.scalar])
        if found.kind == "object" and found.target is not None:
            return self._object(rng, found.target, path, depth, inside)
        if found.kind == "list" and found.element is not None:
            count = rng.choice((1, 1, 2)) if depth < 8 else 1
            return [self._value(rng, found.element, f"{path}[*]", depth + 1, inside) for _ in range(count)]
        if found.kind == "map" and found.element is not None:
            keys = KEYS.get(path.rsplit(".", 1)[-1], KEYS[""])
            return {
                key: self._value(rng, found.element, f"{path}[*]", depth + 1, inside)
                for key in rng.sample(keys, rng.choice((1, 1, 2)))
            }
        return {}

    def _object(
        self, rng: random.Random, target: ObjectType, path: str, depth: int, inside: tuple[str, ...]
    ) -> dict[str, Json]:
        if inside.count(target.name) > 1 or depth > _DEEPEST:
            return {}
        chance = min(0.8, (_FIELDS_WANTED - 0.25 * depth) / max(len(target.fields), 1))
        made = {}
        for name, found in target.fields.items():
            full = f"{path}.{name}"
            if name in NEVER or full in NEVER or f"{self.kind}:{full}" in NEVER:
                continue
            if rng.random() < (0.9 if self._known_words(full) is not None and len(target.fields) < 16 else chance):
                made[name] = self._value(rng, found, full, depth + 1, (*inside, target.name))
        return made

    # --- mending

    def _mend_one(self, rng: random.Random, manifest: dict[str, Json], cause: dict[str, str]) -> bool:
        steps = _steps(str(cause.get("field") or ""))
        if not steps or steps == ("<nil>",):
            return False
        message, reason = str(cause.get("message") or ""), cause.get("reason")
        listed = _SUPPORTED.search(message)
        if listed and reason == "FieldValueNotSupported":
            values = re.findall(r'"([^"]*)"', listed.group(1)) or re.split(r",\s*", listed.group(1))
            return _write(manifest, steps, rng.choice(values)) or _remove(manifest, steps)
        if reason == "FieldValueRequired":
            found = self._root.field_at(steps)
            if found is not None and len(steps) > 1:
                path = "".join("[*]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
                value = self._value(rng, found, path, 4, ())
                if value in ("", None, {}, []) or not _write(manifest, steps, value):
                    return _remove(manifest, steps[:-1])
                return True
        return _remove(manifest, steps)


def _steps(field: str) -> _Steps:
    return tuple(int(number) if number else key or name for name, number, key in _STEP.findall(field))


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


def _write(manifest: dict[str, Json], steps: _Steps, value: Json) -> bool:
    """Write a value where its parent is there, or can be made one level deep."""
    at: Json = manifest
    for place, step in enumerate(steps[:-1]):
        if isinstance(at, dict):
            if at.get(step) is None:
                if place < len(steps) - 2 or isinstance(steps[-1], int):
                    return False
                at[step] = {}
            at = at[step]
        elif _within(at, step):
            at = at[step]
        else:
            return False
    last = steps[-1]
    if isinstance(at, dict) or (isinstance(at, list) and isinstance(last, int) and last < len(at)):
        at[last] = value
    else:
        return False
    return True


def _remove(manifest: dict[str, Json], steps: _Steps) -> bool:
    """Take away what stands at a path, or else the nearest thing around it; never a whole top-level field."""
    for length in range(len(steps), 1, -1):
        at: Json = manifest
        for step in steps[: length - 1]:
            at = at.get(step) if isinstance(at, dict) else at[step] if _within(at, step) else None
        last = steps[length - 1]
        if (isinstance(at, dict) and last in at) or _within(at, last):
            if steps[0] == "metadata" and length == 2:
                at.pop(last) if last in ("annotations", "labels") else None
                return last in ("annotations", "labels")
            del at[last]
            return True
    return False


def _within(at: Json, step: str | int) -> bool:
    return isinstance(at, list) and isinstance(step, int) and step < len(at)
