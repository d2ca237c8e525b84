"""Decides whether a field of one version became a field of the other one, and by which step."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.kube import EACH, format_path

if TYPE_CHECKING:
    from converter.kube import Path
    from converter.rules.schema import Schema


class Trust(IntEnum):
    """How sure a suggestion is."""

    CERTAIN = 0
    """The schemas leave no other choice."""
    LIKELY = 1
    """Names and types say so."""
    OPEN = 2
    """A human must decide."""


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


class Pair(NamedTuple):
    """A field of the left version, and one of the right version."""

    left: Path
    one: Schema
    right: Path
    two: Schema

    @property
    def turned(self) -> Pair:
        """The same pair, with left and right exchanged."""
        return Pair(self.right, self.two, self.left, self.one)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step that leads from one field to the other.

    Attributes:
        trust: how sure it is.
        score: what to prefer, among the pairs of a field; higher is better.
        step: the step.
        why: the reason.
        keeps_value: whether the values stay as they are.
    """

    trust: Trust
    score: float
    step: dict[str, Any]
    why: str
    keeps_value: bool = False


_DURATIONS: Final = {"seconds": "s", "sec": "s", "secs": "s", "minutes": "m", "hours": "h", "milliseconds": "ms",
                     "millis": "ms", "ms": "ms", "nanoseconds": "ns", "nanos": "ns", "microseconds": "us"}  # fmt: skip
_QUANTITIES: Final = {"mib": "Mi", "gib": "Gi", "kib": "Ki", "mb": "M", "gb": "G", "kb": "k", "bytes": "",
                      "millicores": "m", "millicpu": "m", "cores": ""}  # fmt: skip
_OPPOSITES: Final = (("disable", "enable"), ("disabled", "enabled"), ("skip", ""), ("no", ""), ("not", ""),
                     ("disable", ""), ("disabled", ""), ("hide", "show"), ("deny", "allow"))  # fmt: skip
_KEYS: Final = ("name", "key", "type", "id")
_GROUPS: Final = ("apiGroup", "group")
_LONG: Final = 15
"""Characters of a description that says which field it is about."""

_ALIKE: Final = 0.62
"""The similarity of two names that are probably of one field."""


def judge(pair: Pair, *, is_telling: bool = True) -> Verdict | None:
    """Find the step that most probably leads from one field to the other; None if there is none.

    Args:
        pair: the fields.
        is_telling: whether no other field has the description of one of them.
    """
    verdict = _grouped(pair) or _described(pair)
    if verdict is not None and verdict.trust is Trust.CERTAIN and not is_telling:
        why = f"{verdict.why}, but other fields have this description, too"
        return _spelled(pair) or replace(verdict, trust=Trust.LIKELY, why=why)
    if verdict is not None:
        return verdict
    for find in (_spelled, _inverted, _measured, _listed, _keyed, _renamed):
        verdict = find(pair)
        if verdict is not None:
            return verdict
    return None


def _rename(pair: Pair) -> dict[str, Any]:
    return {"rename": {format_path(pair.left): format_path(pair.right)}}


def _grouped(pair: Pair) -> Verdict | None:
    return _grouped_on("left", pair) or _grouped_on("right", pair.turned)


def _grouped_on(side: str, pair: Pair) -> Verdict | None:
    """Decide whether the group of the first version is an apiVersion in the second one."""
    is_one = pair.one.kind == pair.two.kind == "string" and pair.left[:-1] == pair.right[:-1]
    if not is_one or pair.left[-1] not in _GROUPS or pair.right[-1] != "apiVersion":
        return None
    body = {"group": format_path(pair.left), "apiVersion": format_path(pair.right), "version": "v1", "side": side}
    why = "the names say that it is the group of that apiVersion; check which version to write where none is known"
    return Verdict(Trust.LIKELY, 10, {"apiGroup": body}, why)


def _described(pair: Pair) -> Verdict | None:
    one, two = same_words(pair.one.description), same_words(pair.two.description)
    if pair.left == pair.right or len(one) < _LONG or one != two or not is_same_shape(pair.one, pair.two):
        return None
    return Verdict(Trust.CERTAIN, 10, _rename(pair), "the description and the type are the same", keeps_value=True)


def _spelled(pair: Pair) -> Verdict | None:
    one, two = words_of(pair.left), words_of(pair.right)
    is_moved = pair.left != pair.right and pair.left[:-1] == pair.right[:-1]
    if not is_moved or not one or _joined(one) != _joined(two) or not is_same_shape(pair.one, pair.two):
        return None
    why = "the names differ in capital letters and signs only, and the type is the same"
    return Verdict(Trust.CERTAIN, 9, _rename(pair), why, keeps_value=True)


def _renamed(pair: Pair) -> Verdict | None:
    if pair.left == pair.right or not is_same_shape(pair.one, pair.two):
        return None
    one, two = words_of(pair.left), words_of(pair.right)
    if not one or not two:
        return None
    score, why = _likeness(pair, one, two)
    return (
        Verdict(Trust.LIKELY, score, _rename(pair), f"{why}, and the type is the same", keeps_value=True)
        if why
        else None
    )


def _likeness(pair: Pair, one: list[str], two: list[str]) -> tuple[float, str]:
    """Say how alike two places of one type are, and why; no reason if they are not."""
    ratio = SequenceMatcher(None, _joined(one), _joined(two)).ratio()
    texts = {_without_name(schema.description, words) for schema, words in ((pair.one, one), (pair.two, two))}
    found = (
        (len(texts) == 1 and texts != {""}, 8.5, "the descriptions differ in the name only"),
        (_joined(one) == _joined(two), 8, "the name is the same at another place"),
        (_has_words(pair.right, one), 7, "the new place has all the words of the old name"),
        (_has_words(pair.left, two), 7, "the old place has all the words of the new name"),
        (_ends_with(one, two) and not pair.one.fields, 6, "the new name is the end of the old one"),
        (_ends_with(two, one) and not pair.one.fields, 6, "the old name is the end of the new one"),
        (ratio >= _ALIKE, 4 + ratio, "the names are similar"),
        (len(pair.one.fields) > 1, 3, "both are objects with the same fields"),
    )
    return next(((score, why) for holds, score, why in found if holds), (0, ""))


def _has_words(place: Path, name: list[str]) -> bool:
    """Whether a name of several words is spread over the last two names of a place."""
    last = [word for segment in place[-2:] if isinstance(segment, str) for word in split_words(segment)]
    return len(name) > 1 and set(name) <= set(last)


def _ends_with(name: list[str], end: list[str]) -> bool:
    return len(name) > 1 and name[-1:] == end


def _without_name(description: str, name: list[str]) -> str:
    """Leave the name out at the start of a description, where Go has it; empty if it does not start with the name."""
    first, _, rest = same_words(description).partition(" ")
    return rest if split_words(first) == name and len(rest) >= _LONG else ""


def _measured(pair: Pair) -> Verdict | None:
    return _measured_on("left", pair) or _measured_on("right", pair.turned)


def _measured_on(side: str, pair: Pair) -> Verdict | None:
    """Decide whether the text of the first version is a number in the second one."""
    if pair.one.kind not in {"string", "int-or-string"} or pair.two.kind not in {"integer", "number"}:
        return None
    one, two = _joined(words_of(pair.left)), _joined(words_of(pair.right))
    fractions = {"fractions": True} if pair.two.kind == "number" else {}
    for step, units in (("duration", _DURATIONS), ("quantity", _QUANTITIES)):
        for name, unit in units.items():
            if two == one + name:
                body = {"text": format_path(pair.left), "number": format_path(pair.right), "unit": unit, "side": side}
                why = f"the type changes from text to number, and the name gets the unit {name}"
                return Verdict(Trust.LIKELY, 8, {step: {**body, **fractions}}, why)
    return None


def _inverted(pair: Pair) -> Verdict | None:
    if pair.one.kind != "boolean" or pair.two.kind != "boolean":
        return None
    one, two = words_of(pair.left), words_of(pair.right)
    for no, yes in _OPPOSITES:
        for first, second in ((no, yes), (yes, no)):
            if _swap(one, first, second) == two and one != two:
                absent = {"left": pair.one.default if isinstance(pair.one.default, bool) else False,
                          "right": pair.two.default if isinstance(pair.two.default, bool) else False}  # fmt: skip
                body = {"left": format_path(pair.left), "right": format_path(pair.right), "absent": absent}
                why = "the names say the opposite; check what a missing field means in each version"
                return Verdict(Trust.LIKELY, 8, {"invert": body}, why)
    return None


def _swap(words: list[str], old: str, new: str) -> list[str]:
    if old and old not in words:
        return []
    if not old:
        return [new, *words]
    at = words.index(old)
    return [*words[:at], *([new] if new else []), *words[at + 1 :]]


def _listed(pair: Pair) -> Verdict | None:
    return _listed_on("left", pair) or _listed_on("right", pair.turned)


def _listed_on(side: str, pair: Pair) -> Verdict | None:
    element = pair.one.element
    if pair.one.kind != "list" or element is None or not is_same_shape(element, pair.two):
        return None
    one, two = _joined(words_of(pair.left)), _joined(words_of(pair.right))
    if one not in {two, f"{two}s", f"{two}es", f"{two[:-1]}ies", f"{two}list"}:
        return None
    body = {"list": format_path(pair.left), "item": format_path(pair.right), "side": side}
    why = "a list of the same type in one version; check that it has at most one item"
    return Verdict(Trust.LIKELY, 8 if pair.left[:-1] == pair.right[:-1] else 7, {"listOfOne": body}, why)


def _keyed(pair: Pair) -> Verdict | None:
    return _keyed_on("left", pair) or _keyed_on("right", pair.turned)


def _keyed_on(side: str, pair: Pair) -> Verdict | None:
    """Decide whether the map of the first version is a list in the second one."""
    entry, item = pair.one.element, pair.two.element
    if pair.one.kind != "map" or pair.two.kind != "list" or entry is None or item is None or item.kind != "object":
        return None
    if _joined(words_of(pair.left)) != _joined(words_of(pair.right)):
        return None
    key = next((name for name in _KEYS if name in item.fields and item.fields[name].kind == "string"), None)
    if key is None:
        return None
    body: dict[str, Any] = {"map": format_path(pair.left), "list": format_path(pair.right), "key": key}
    rest = [name for name in item.fields if name != key]
    if entry.kind == "object" and entry.fields.keys() == item.fields.keys():
        body["keep"] = True
    elif entry.kind != "object" and len(rest) == 1:
        body["value"] = rest[0]
    elif entry.kind != "object" or set(entry.fields) != set(rest):
        return None
    why = f"a map in one version, and a list of items with a {key} in the other"
    return Verdict(Trust.LIKELY, 8, {"mapList": {**body, "side": side}}, why)


def is_same_shape(one: Schema, two: Schema, depth: int = 12) -> bool:
    """Whether two fields have the same type, with everything below them."""
    if one.kind != two.kind or depth == 0:
        return one.kind == two.kind
    if one.fields.keys() != two.fields.keys():
        return False
    if one.element is not None and two.element is not None and not is_same_shape(one.element, two.element, depth - 1):
        return False
    return all(is_same_shape(below, two.fields[name], depth - 1) for name, below in one.fields.items())


def same_words(description: str) -> str:
    """Write a description on one line, so that descriptions can be compared."""
    return " ".join(description.split())


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def split_words(name: str) -> list[str]:
    """Split a name into its words, in small letters: ``disablePVCReuse`` is disable, pvc, reuse."""
    return [word.lower() for word in _WORD.findall(name)]


def words_of(path: Path) -> list[str]:
    """Split the last name of a path into its words."""
    last = path[-1] if path and path[-1] != EACH else ""
    return split_words(last) if isinstance(last, str) else []


def _joined(words: list[str]) -> str:
    return "".join(words)
