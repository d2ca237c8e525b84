"""What a proof lists: fields that are neither mapped, dropped nor identical, each with what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
        detail: what differs, for people; empty if the other version has no such field.
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
        if self.gap is Gap.UNMAPPED and not self.detail:
            return f"{self.version} {self.kind} has {self.path}, and {self.other} does not; no step names it"
        return f"{self.version} {self.kind} {self.path}: {self.detail}"
