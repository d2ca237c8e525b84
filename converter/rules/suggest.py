"""Suggests the steps between two versions of a custom resource: what their schemas make certain, likely, or open.

Names and descriptions decide, together with types. A field whose description is the same in both versions was moved.
One whose type changes from text to number, and whose new name ends in Seconds, became a number of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.kube import EACH, canonical_json, format_path
from converter.rules.schema import UNSET, Schema, find, read_schema
from converter.rules.suggest_pairs import Pair, Trust, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Json, Path

_IDENTITY: Final = ("apiVersion", "kind", "metadata")
_MOST: Final = 200
"""Fields of one version without a counterpart that are compared with those of the other one."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A step, and why it is one.

    Attributes:
        trust: how sure it is.
        step: the step, as a rule file has it.
        why: the reason.
        fields: the fields of both versions that it accounts for, left and right.
    """

    trust: Trust
    step: dict[str, Any]
    why: str
    fields: tuple[tuple[Path, ...], tuple[Path, ...]] = ((), ())


@dataclass(slots=True)
class Suggestions:
    """The result of `suggest`.

    Attributes:
        identical: how many fields are the same in both versions.
        steps: the steps, certain ones first.
    """

    identical: int = 0
    steps: list[Suggestion] = field(default_factory=list)

    def of(self, trust: Trust) -> list[Suggestion]:
        """Return the steps that are this sure."""
        return [one for one in self.steps if one.trust is trust]


def suggest(left: Json, right: Json, names: tuple[str, str] = ("the left version", "the right version")) -> Suggestions:
    """Compare the schemas of two versions.

    Args:
        left: the ``openAPIV3Schema`` of the left version.
        right: that of the right version.
        names: what to call the two, in reasons.

    Raises:
        SchemaError: a schema cannot be read.
    """
    found = Suggestions()
    one, two = read_schema(left), read_schema(right)
    for name in _IDENTITY:
        one.fields.pop(name, None)
        two.fields.pop(name, None)
    search = _Search(found, names)
    search.compare(one, two, ())
    search.settle()
    found.steps.sort(key=lambda each: each.trust)
    return found


class _Search:
    """Collects what only one version has, and pairs it."""

    def __init__(self, found: Suggestions, names: tuple[str, str]) -> None:
        self.found = found
        self.names = dict(zip(("left", "right"), names, strict=True))
        self.only_left: dict[Path, Schema] = {}
        self.only_right: dict[Path, Schema] = {}

    def compare(self, left: Schema, right: Schema, path: Path) -> None:
        """Walk the fields that both versions have."""
        for name in sorted({*left.fields, *right.fields}):
            one, two, place = left.fields.get(name), right.fields.get(name), (*path, name)
            if one is None and two is not None:
                self.only_right[place] = two
            elif two is None and one is not None:
                self.only_left[place] = one
            elif one is not None and two is not None:
                self._compare_field(one, two, place)
        if left.element is not None and right.element is not None:
            self.compare(left.element, right.element, (*path, EACH))

    def _compare_field(self, one: Schema, two: Schema, path: Path) -> None:
        if one.kind != two.kind:
            pair = judge(Pair(path, one, path, two))
            if pair is None:
                text = f"{format_path(path)} is {one} in {self.names['left']}, and {two} in {self.names['right']}"
                self.found.steps.append(Suggestion(Trust.OPEN, {}, text, ((path,), (path,))))
            else:
                self.found.steps.append(Suggestion(pair.trust, pair.step, pair.why, ((path,), (path,))))
            return
        self.found.identical += 1
        self.found.steps += _same_place(one, two, path)
        self.compare(one, two, path)

    def settle(self) -> None:
        """Pair what only one version has, the best pairs first; what is left is open."""
        lefts, rights = list(self.only_left.items())[:_MOST], list(self._candidates())[:_MOST]
        judged = [
            (verdict, a, b)
            for a, one in lefts
            for b, two in rights
            if a[: _scope(a)] == b[: _scope(b)] and (verdict := judge(Pair(a, one, b, two))) is not None
        ]
        judged.sort(key=lambda item: (-item[0].score, format_path(item[1]), format_path(item[2])))
        taken_left: set[Path] = set()
        taken_right: set[Path] = set()
        for verdict, a, b in judged:
            if a in taken_left or b in taken_right:
                continue
            rivals = [v for v, x, y in judged if (x == a) != (y == b) and v.score == verdict.score]
            trust = Trust.LIKELY if rivals and verdict.trust is Trust.CERTAIN else verdict.trust
            taken_left.add(a)
            taken_right.add(b)
            self.found.steps.append(Suggestion(trust, verdict.step, verdict.why, ((a,), (b,))))
            self.found.steps += [
                Suggestion(max(trust, each.trust), each.step, each.why, each.fields)
                for each in _same_place(self.only_left[a], self._right(b), b)
                if verdict.keeps_value
            ]
        for path, schema in self.only_left.items():
            if path not in taken_left:
                self._open(path, schema, "left", "right")
        for path, schema in self.only_right.items():
            self._open_right(path, schema, taken_right)

    def _open_right(self, path: Path, schema: Schema, taken: set[Path]) -> None:
        """List a field of the right version alone, or what of it no step makes."""
        if path in taken:
            return
        if any(other[: len(path)] == path for other in taken):
            for name, below in schema.fields.items():
                self._open_right((*path, name), below, taken)
            return
        self._open(path, schema, "right", "left")

    def _right(self, path: Path) -> Schema:
        """Find a field below one that only the right version has."""
        for start, schema in self.only_right.items():
            found = find(schema, path[len(start) :]) if path[: len(start)] == start else None
            if found is not None:
                return found
        raise KeyError(path)

    def _candidates(self) -> Iterator[tuple[Path, Schema]]:
        """Yield what only the right version has, and what is inside of it."""
        todo = list(self.only_right.items())
        for path, schema in todo:  # grows on the way
            yield path, schema
            if len(todo) < _MOST:
                todo += [((*path, name), below) for name, below in schema.fields.items()]

    def _open(self, path: Path, schema: Schema, side: str, other: str) -> None:
        why = f"{self.names[other]} has no such field"
        step = {"drop": {"path": format_path(path), "side": side, "why": why}}
        text = f"{format_path(path)} ({schema}) is only in {self.names[side]}"
        where = ((path,), ()) if side == "left" else ((), (path,))
        self.found.steps.append(Suggestion(Trust.OPEN, step, text, where))


def _scope(path: Path) -> int:
    """Count the segments of a path up to its last list."""
    return max((index + 1 for index, segment in enumerate(path) if not isinstance(segment, str)), default=0)


def _same_place(one: Schema, two: Schema, path: Path) -> Iterator[Suggestion]:
    """Suggest steps for a field that has one place and type in both versions, and other values."""
    if one.values is not None and two.values is not None and one.values != two.values:
        yield _values(one.values, two.values, path)
    if one.default is UNSET and two.default is UNSET:
        return
    left, right = one.default, two.default
    if left is UNSET or right is UNSET:
        side, value = ("right", right) if left is UNSET else ("left", left)
        step = {"default": {"path": format_path(path), "side": side, "value": value}}
        yield Suggestion(Trust.CERTAIN, step, f"only the {side} version has a default")
    elif canonical_json(left) != canonical_json(right):
        step = {"default": {"path": format_path(path), "left": left, "right": right}}
        yield Suggestion(Trust.CERTAIN, step, "the defaults differ")


def _values(one: frozenset[bytes], two: frozenset[bytes], path: Path) -> Suggestion:
    gone, came = sorted(one - two), sorted(two - one)
    folded = {_fold(value): value for value in came}
    pairs = [{"left": _load(value), "right": _load(folded[_fold(value)])} for value in gone if _fold(value) in folded]
    step = {"values": {"path": format_path(path), "pairs": pairs}}
    if len(pairs) == len(gone) == len(came) == len(folded):
        return Suggestion(Trust.CERTAIN, step, "the values differ in their spelling only")
    if pairs:
        return Suggestion(Trust.LIKELY, step, f"some values differ in their spelling only; {_list(gone, came)}")
    text = f"the values of {format_path(path)} differ; {_list(gone, came)}"
    example = {"left": _load(gone[0]) if gone else None, "right": _load(came[0]) if came else None}
    return Suggestion(Trust.OPEN, {"values": {"path": format_path(path), "pairs": [example]}}, text)


def _list(gone: list[bytes], came: list[bytes]) -> str:
    return f"only left: {_join(gone)}; only right: {_join(came)}"


def _join(values: list[bytes]) -> str:
    return ", ".join(value.decode() for value in values[:10]) or "none"


def _fold(value: bytes) -> str:
    return "".join(letter for letter in value.decode().lower() if letter.isalnum())


def _load(value: bytes) -> Json:
    return msgspec.json.decode(value)
