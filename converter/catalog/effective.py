"""What a server really stores of a type: the fields of its release without those behind a feature gate that is off.

A server with a gate off silently drops the gate's fields when an object is created; on an update it keeps a
field that the stored object has. So a field behind a gate that is off counts as unknown, and one whose value the server
replaces, or keeps only for some kinds of reference, gets a condition.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from converter.catalog.types import FieldCondition, ObjectType

if TYPE_CHECKING:
    from converter.catalog.types import FieldType

_CACHED: Final = 50_000
"""Types that are remembered; a fleet in which every cluster sets other gates must not fill the memory."""


_UNKNOWN: Final[Any] = object()

_UNCHECKED: Final = re.compile(
    r"(JobTemplateSpec\.spec|StatefulSetSpec\.volumeClaimTemplates|PersistentVolumeClaimTemplate\.spec)$"
)
"""Templates that servers store without dropping fields from them, up to the next Pod template: ``PrepareForCreate`` in
pkg/registry/batch/cronjob/strategy.go, pkg/registry/apps/statefulset/strategy.go. What is made of them is checked."""


class EffectiveTypes:
    """Makes the effective types; types that agree about every gate that matters to them are one `ObjectType`."""

    def __init__(self) -> None:
        self._gates: dict[ObjectType, frozenset[str] | None] = {}
        self._made: dict[tuple[ObjectType, frozenset[str], bool], ObjectType] = {}

    def of(self, full: ObjectType, off: frozenset[str], *, checked: bool = True) -> ObjectType:
        """Return what is stored of a type while some gates are off; the type itself where that is all of it.

        Args:
            full: the type.
            off: the gates that are off.
            checked: whether the server drops fields here; see `_UNCHECKED`.
        """
        gates = self._reached(full)
        if gates is None:
            return full
        key = (full, off & gates, checked)
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= _CACHED:
                self._made.clear()
            made = self._made[key] = ObjectType(full.name, partial(self._fields, *key))
        return made

    def _reached(self, root: ObjectType) -> frozenset[str] | None:
        """Name the gates that fields at or below a type need; None where every field is stored, whatever the gates."""
        known: frozenset[str] | None = self._gates.get(root, _UNKNOWN)
        if known is not _UNKNOWN:
            return known
        gates: set[str] = set()
        plain = True
        todo, seen = [root], {root}
        while todo:
            for field in todo.pop().fields.values():
                if field.requirement is not None:
                    plain = False
                    gates |= field.requirement.gates
                target = field.innermost.target
                if target is not None and target not in seen:
                    seen.add(target)
                    todo.append(target)
        if len(self._gates) >= _CACHED:
            self._gates.clear()
        found = self._gates[root] = None if plain else frozenset(gates)
        return found

    def _fields(self, full: ObjectType, off: frozenset[str], checked: bool) -> dict[str, FieldType]:  # noqa: FBT001  part of a key
        found = {}
        for name, field in full.fields.items():
            below = not _UNCHECKED.search(f"{full.name}.{name}") and (checked or full.name == "V1PodTemplateSpec")
            effective = self._field(field, off, checked=checked, below=below)
            if effective is not None:
                found[name] = effective
        return found

    def _field(self, field: FieldType, off: frozenset[str], *, checked: bool, below: bool) -> FieldType | None:
        need = field.requirement if checked else None
        if need is not None and not need.by_value and not need.met(off):
            return None
        found = self._inside(field, off, checked=below)
        if need is not None and (need.kinds is not None or not need.met(off)):
            return replace(found, condition=FieldCondition(need, off))
        return found

    def _inside(self, field: FieldType, off: frozenset[str], *, checked: bool) -> FieldType:
        if field.element is not None:
            return replace(field, element=self._inside(field.element, off, checked=checked))
        target = field.target
        if target is None or self._reached(target) is None:
            return field
        return replace(field, _resolve=lambda _: self.of(target, off, checked=checked))
