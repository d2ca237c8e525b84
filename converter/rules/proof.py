"""Proves a rule: pushes one version's schema through it, and compares what comes out with the other version's schema.

Every field of a version is identical in the other one, or a step moves it or drops it. What is neither is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from converter.kube import EACH, canonical_json, format_path
from converter.rules.lens import Side
from converter.rules.schema import UNSET, read_schema
from converter.rules.schema_push import push_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from converter.kube import Json, Path
    from converter.rules.rule import Rule
    from converter.rules.schema import Schema

_IDENTITY: Final = ("apiVersion", "kind", "metadata")
_SHOWN: Final = 5
"""Values of an enumeration that a finding lists."""


class Gap(StrEnum):
    """What is wrong with a field."""

    UNMAPPED = "unmapped"
    """The other version has no such field."""
    TYPE = "type"
    """The other version has another type there."""
    VALUES = "values"
    """The other version does not allow all the values."""
    DEFAULT = "default"
    """The other version fills in something else if the field is missing."""
    REQUIRED = "required"
    """The version requires the field, and manifests of the other version can lack it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A field that is neither mapped, dropped nor identical.

    Attributes:
        gap: what is wrong.
        kind: the kind.
        version: the apiVersion that has the field.
        path: the field there.
        other: the apiVersion on the other side.
        detail: what differs, for people; empty for `Gap.UNMAPPED`.
        hint: which step would settle it.
    """

    gap: Gap
    kind: str
    version: str
    path: str
    other: str
    detail: str = ""
    hint: str = ""

    def __str__(self) -> str:
        if self.gap is Gap.UNMAPPED:
            return f"{self.version} {self.kind} has {self.path}, and {self.other} does not; no step names it"
        return f"{self.version} {self.kind} {self.path}: {self.detail}"


def prove(rule: Rule, kind: str, schemas: Mapping[Side, Json]) -> list[Finding]:
    """Prove a rule for one kind, in both directions.

    Args:
        rule: the rule.
        kind: one of its kinds.
        schemas: the ``openAPIV3Schema`` of both versions.

    Returns:
        Every field that is neither mapped, dropped nor identical: those of the left version first.

    Raises:
        SchemaError: a schema cannot be read.
    """
    findings: dict[Finding, None] = {}
    for toward in (Side.RIGHT, Side.LEFT):
        pushed, target = read_schema(schemas[toward.other]), read_schema(schemas[toward])
        for name in _IDENTITY:
            pushed.fields.pop(name, None)
            target.fields.pop(name, None)
        pushed.required.difference_update(_IDENTITY)
        target.required.difference_update(_IDENTITY)
        push_schema(pushed, rule.steps, toward)
        comparison = _Comparison(kind, rule.version(toward.other), rule.version(toward))
        findings.update(dict.fromkeys(comparison.compare(pushed, target, ())))
    return list(findings)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The comparison of a schema that was pushed with the other version's own."""

    kind: str
    source: str
    target: str

    def compare(self, pushed: Schema, target: Schema, path: Path) -> Iterator[Finding]:
        """Compare two fields, and everything below them."""
        if pushed.kind == "unknown" or target.kind in {"any", "unknown"}:
            return
        if not _accepts(pushed, target):
            yield self._finding(Gap.TYPE, pushed, path, f"is {pushed}, and {target} in {self.target}", _CONVERT)
            return
        if pushed.values is not None and target.values is not None and not pushed.values <= target.values:
            extra = sorted(pushed.values - target.values)
            shown = ", ".join(value.decode() for value in extra[:_SHOWN]) + (" …" if len(extra) > _SHOWN else "")
            detail = f"can be {shown}, which {self.target} does not allow"
            yield self._finding(
                Gap.VALUES, pushed, path, detail, "map the values by 'values' or 'enum', or refuse them"
            )
        if pushed.is_open and not target.is_open and target.kind == "object":
            detail = f"keeps fields that its schema does not name, and {self.target} drops them"
            yield self._finding(Gap.TYPE, pushed, path, detail, "name the fields by 'drop'")
        if pushed.element is not None and target.element is not None:
            yield from self.compare(pushed.element, target.element, (*path, EACH))
        elif target.kind == "map" and target.element is not None:
            for name, below in pushed.fields.items():
                yield from self.compare(below, target.element, (*path, name))
        else:
            yield from self._compare_fields(pushed, target, path)

    def _compare_fields(self, pushed: Schema, target: Schema, path: Path) -> Iterator[Finding]:
        for name, below in pushed.fields.items():
            across, place = target.fields.get(name), (*path, name)
            if across is not None:
                yield from self._compare_defaults(below, across, place)
                yield from self.compare(below, across, place)
            elif not target.is_open:
                yield from self._unmapped(below)
        for name in sorted(target.required - pushed.required):
            across, below_pushed = target.fields.get(name), pushed.fields.get(name)
            is_filled = any(one is not None and one.default is not UNSET for one in (across, below_pushed))
            if not is_filled and (below_pushed is None or not below_pushed.settled):
                where = format_path((*path, name))
                detail = f"is required, and a manifest of {self.source} can lack it"
                hint = "state its default by a 'default' step, or refuse manifests without it"
                yield Finding(Gap.REQUIRED, self.kind, self.target, where, self.source, detail, hint)

    def _unmapped(self, pushed: Schema) -> Iterator[Finding]:
        """List a field that the other version lacks, or what a step left in an object that it made."""
        if pushed.origin is not None:
            yield self._finding(Gap.UNMAPPED, pushed, (), "", "name it in a step: 'rename', 'drop' or another one")
            return
        for below in pushed.fields.values():
            yield from self._unmapped(below)

    def _compare_defaults(self, pushed: Schema, target: Schema, path: Path) -> Iterator[Finding]:
        if pushed.settled or _same_default(pushed.default, target.default):
            return
        mine, other = (_shown(one.default) for one in (pushed, target))
        detail = f"is {mine} if it is missing, and {other} in {self.target}"
        yield self._finding(Gap.DEFAULT, pushed, path, detail, "state both by a 'default' step")

    def _finding(self, gap: Gap, pushed: Schema, path: Path, detail: str, hint: str) -> Finding:
        where = format_path(path if pushed.origin is None else pushed.origin)
        return Finding(gap, self.kind, self.source, where, self.target, detail, hint)


_CONVERT: Final = "convert it by a step, such as 'values', 'listOfOne', 'mapList', 'duration' or 'quantity'"


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
