"""Compares a schema that was pushed through a rule with the other version's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from converter.kube import EACH, canonical_json, format_path
from converter.rules.proof_findings import Finding, Gap
from converter.rules.schema import UNSET, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Json, Path, Segment
    from converter.rules.schema import Lapse, Presence, Schema

_SHOWN: Final = 5
"""Values of an enumeration that a finding lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a schema that was pushed, and of the other version's own.

    Attributes:
        path: where it is.
        stored: what comes of objects as a server stores them: its defaults are filled in.
        sent: what comes of manifests as users write them.
        target: what the other version has there.
        around: what it is inside of; None for the manifest.
    """

    path: Path
    stored: Schema
    sent: Schema
    target: Schema
    around: Place | None

    def fields(self) -> Iterator[tuple[str, Place | None]]:
        """Yield each field that is pushed, with its counterpart if it has one."""
        for name in self.stored.fields:
            across = self.target.element if self.target.kind == "map" else self.target.fields.get(name)
            yield name, None if across is None else self._below(name, across)

    def _below(self, name: Segment, across: Schema) -> Place:
        return Place((*self.path, name), self.stored.fields[str(name)], self.sent.fields[str(name)], across, self)

    def element(self) -> Place | None:
        """Return what a list or a map holds; None if one of them says nothing of it."""
        below = (self.stored.element, self.sent.element, self.target.element)
        if any(each is None for each in below):
            return None
        stored, sent, target = below
        assert stored is not None and sent is not None and target is not None  # noqa: PT018
        return Place((*self.path, EACH), stored, sent, target, self)

    def is_filled(self, there: Presence) -> bool:
        """Whether the target's server fills in defaults here, whenever something is there in the source."""
        if any(there.implies(sure) for sure in self.sent.surely):
            return True
        return self.target.default is not UNSET and self.around is not None and self.around.is_filled(there)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of a schema that was pushed with the other version's own."""

    kind: str
    source: str
    target: str

    def lapses(self, pushed: Schema) -> Iterator[Finding]:
        """List what steps do to fields, and no step says."""
        for at in (pushed, *(below for _, below in walk(pushed))):
            for lapse in at.lapses:
                if lapse.field.origin is not None:
                    yield self._lapse(lapse)

    def _lapse(self, lapse: Lapse) -> Finding:
        match lapse.what:
            case "missing":
                gap, hint = Gap.REQUIRED, _REQUIRE
                detail = f"can be missing, and the map of {self.target} needs a value for each key"
            case "values":
                gap, hint = Gap.VALUES, "add a row to the step"
                detail = f"can be {_listed(lapse.values)}, and the step 'enum' has no row for that"
            case "default":
                gap, hint = Gap.TYPE, "state a value that the field can have"
                detail = f"is {lapse.field}, and the step 'default' fills in {_listed(lapse.values)}"
            case "unnamed":
                gap, hint = Gap.UNMAPPED, "name the field by 'drop', in a step before"
                detail = f"can hold any value as {lapse.name}, and a step writes another value there"
            case _:
                gap, hint = Gap.UNMAPPED, "name it in a step before: 'rename', 'drop' or another one"
                detail = "is replaced by a step that writes another value there"
        return self._finding(gap, lapse.field, (), detail, hint)

    def compare(self, at: Place) -> Iterator[Finding]:
        """Compare two fields, and everything below them."""
        pushed, target, path = at.stored, at.target, at.path
        if pushed.kind == "unknown" or target.kind in {"any", "unknown"}:
            yield from self._unfilled(pushed)
            return
        if not _accepts(pushed, target):
            hint = _LIMIT if pushed.kind == "mixed" else _CONVERT
            yield self._finding(Gap.TYPE, pushed, path, self._types(pushed, target, path), hint)
            return
        yield from self._compare_values(pushed, target, path)
        if pushed.is_open and not target.is_open:
            detail = f"keeps fields that its schema does not name, and {self.target} drops them"
            yield self._finding(Gap.TYPE, pushed, path, detail, "name the fields by 'drop'")
        element = at.element()
        if element is not None:
            yield from self.compare(element)
        if element is None or pushed.fields:  # a step can write single keys of a map
            yield from self._compare_fields(at)

    def _types(self, pushed: Schema, target: Schema, path: Path) -> str:
        there = "" if path == pushed.origin else f" at {format_path(path)}"
        return f"is {pushed}, and {self.target} has {target}{there}"

    def _compare_values(self, pushed: Schema, target: Schema, path: Path) -> Iterator[Finding]:
        if target.values is None:
            return
        known = pushed.allowed
        if known is None:
            detail = f"can be {_ANY[pushed.kind]}, and {self.target} allows only {_listed(target.values)}"
        elif not known <= target.values:
            detail = f"can be {_listed(known - target.values)}, which {self.target} does not allow"
        else:
            return
        yield self._finding(Gap.VALUES, pushed, path, detail, _LIMIT if known is None else _MAP)

    def _compare_fields(self, at: Place) -> Iterator[Finding]:
        pushed, target = at.stored, at.target
        for _, below in at.fields():
            if below is not None:
                yield from self._compare_defaults(below)
                yield from self.compare(below)
        for name, field in pushed.fields.items():
            if name not in target.fields and target.kind != "map":
                yield from self._unfilled(field) if target.is_open else self._unmapped(field)
        yield from self._unnamed(at)
        for name in sorted(target.required):
            across, mine = target.fields.get(name), pushed.fields.get(name)
            is_filled = across is not None and across.default is not UNSET
            if not is_filled and (mine is None or not pushed.always_has(mine)):
                where = format_path((*at.path, name))
                detail = f"is required, and a manifest of {self.source} can lack it"
                hint = _MAKE if mine is None else _REQUIRE
                yield Finding(Gap.REQUIRED, self.kind, self.target, where, self.source, detail, hint)

    def _unnamed(self, at: Place) -> Iterator[Finding]:
        """List what an open object can hold under names that the other version gives a type."""
        if not at.stored.is_open or not at.target.is_open:
            return
        for name in sorted(at.target.fields.keys() - at.stored.named):
            if at.target.fields[name].kind != "any":
                detail = f"can hold any value as {name}, and {self.target} has {at.target.fields[name]} there"
                yield self._finding(Gap.TYPE, at.stored, at.path, detail, "name the field by 'drop'")

    def _unfilled(self, pushed: Schema) -> Iterator[Finding]:
        """List the defaults of a field that the other version keeps, but does not describe."""
        for below in (pushed, *(each for path, each in walk(pushed) if path[-1] != EACH)):
            if below.default is not UNSET and not below.settled and below.origin is not None:
                detail = f"is {_shown(below.default)} if it is missing, and nothing in {self.target}"
                yield self._finding(Gap.DEFAULT, below, (), detail, "state its default by a 'default' step")

    def _unmapped(self, pushed: Schema) -> Iterator[Finding]:
        """List a field that the other version lacks, or what a step left in an object that it made."""
        if pushed.origin is not None:
            yield self._finding(Gap.UNMAPPED, pushed, (), "", "name it in a step: 'rename', 'drop' or another one")
            return
        for below in pushed.fields.values():
            yield from self._unmapped(below)

    def _compare_defaults(self, at: Place) -> Iterator[Finding]:
        """Compare what a missing field means: to each server, which fills in its default if the object around is there.

        A server fills it in before it stores an object. So only manifests that no server of the source has stored lack
        a field with a default there.
        """
        pushed, target, around = at.sent, at.target, at.around
        assert around is not None
        if target.default is not UNSET and pushed.is_removed:
            detail = f"is removed by a step for some values, and {self.target} fills in {_shown(target.default)} then"
            yield self._finding(
                Gap.DEFAULT, pushed, at.path, detail, "write the value of the other version in 'values'"
            )
        if pushed.settled or around.target.kind == "map":
            return
        mine, other = _shown(pushed.default), _shown(target.default)
        if pushed.default is not UNSET:
            is_same = _same_default(pushed.default, target.default)
            places = [each.inside for each in pushed.perhaps if each.inside is not None]
            if is_same and all(map(around.is_filled, places)):
                return
        if pushed.default is not UNSET:
            if mine == other:
                other = "nothing if the object around it is missing"
        elif target.default is UNSET or pushed.is_stated or around.stored.always_has(at.stored):
            return
        detail = f"is {mine} if it is missing, and {other} in {self.target}"
        yield self._finding(Gap.DEFAULT, pushed, at.path, detail, "state both by a 'default' step")

    def _finding(self, gap: Gap, pushed: Schema, path: Path, detail: str, hint: str) -> Finding:
        where = format_path(path if pushed.origin is None else pushed.origin)
        return Finding(gap, self.kind, self.source, where, self.target, detail, hint)


_CONVERT: Final = "convert it by a step, such as 'values', 'listOfOne', 'mapList', 'duration' or 'quantity'"
_REQUIRE: Final = "state its default by a 'default' step, or refuse manifests without it: 'refuse' with 'missing: true'"
_MAKE: Final = "move a field there by 'rename', or state its default by a 'default' step"
_MAP: Final = "map the values by 'values' or 'enum', or refuse them: 'refuse' with 'values'"
_LIMIT: Final = "refuse the other values: 'refuse' with 'except'; or map them by 'values' with 'else'"
_ANY: Final[dict[str, str]] = {
    "string": "any string", "integer": "any integer", "number": "any number", "boolean": "any boolean",
    "int-or-string": "any integer or string", "object": "any object", "map": "any map", "list": "any array",
}  # fmt: skip


def _accepts(pushed: Schema, target: Schema) -> bool:
    """Whether every value of a type is one of another type, apart from what is below."""
    kinds = {pushed.kind, target.kind}
    if len(kinds) == 1:
        return True
    if target.kind == "int-or-string":
        return pushed.kind in {"integer", "string"}
    return (pushed.kind, target.kind) in {("integer", "number"), ("object", "map")}


def _same_default(one: Json, two: Json) -> bool:
    if one is UNSET or two is UNSET:
        return one is two
    return canonical_json(one) == canonical_json(two)


def _shown(default: Json) -> str:
    return "nothing" if default is UNSET else canonical_json(default).decode()[:80]


def _listed(values: frozenset[bytes]) -> str:
    return ", ".join(value.decode() for value in sorted(values)[:_SHOWN]) + (" …" if len(values) > _SHOWN else "")
