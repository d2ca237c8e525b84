"""Rule objects as the API server stores them, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.config import KINDS as DOCUMENT_KINDS
from converter.errors import ManifestError, ProblemCode, RuleProblem
from converter.rules import API_VERSION

if TYPE_CHECKING:
    from converter.kube import Json

KINDS: Final = DOCUMENT_KINDS
"""The kinds of rule objects: those of the documents in rule files."""

MAX_OBJECT: Final = 128 << 10
"""Bytes of the spec of one object, as JSON. The largest shipped rule has 6 KB."""


class RuleKey(NamedTuple):
    """The name of a rule object.

    Attributes:
        kind: its kind.
        name: its name.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class _Accepted(msgspec.Struct, rename="camel"):
    generation: int
    spec: msgspec.Raw


class _Status(msgspec.Struct, rename="camel"):
    accepted: _Accepted | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    name: str = ""
    uid: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


class _Object(msgspec.Struct, rename="camel"):
    kind: str = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: msgspec.Raw = msgspec.Raw(b"null")
    status: _Status | None = None


class _Between(msgspec.Struct):
    between: list[str] = []


_objects = msgspec.json.Decoder(_Object)
_betweens = msgspec.json.Decoder(_Between)


@dataclass(frozen=True, slots=True)
class Spec:
    """The spec of one generation of an object.

    Attributes:
        generation: the generation.
        raw: the spec, as JSON.
    """

    generation: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class RuleObject:
    """One rule object.

    Attributes:
        key: its kind and name.
        uid: its uid; empty before it is stored.
        created: when it was created, as the API server writes it; empty before it is stored.
        spec: what it says now.
        accepted: what it said when it was accepted last, from its status; None if it never was.
        is_deleted: whether it is being deleted.
    """

    key: RuleKey
    uid: str
    created: str
    spec: Spec
    accepted: Spec | None = None
    is_deleted: bool = False

    def groups(self) -> frozenset[str]:
        """Return the API groups that the present spec of a ConversionRule names; none if it cannot be read."""
        try:
            between = _betweens.decode(self.spec.raw).between
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return frozenset()
        return frozenset(version.rpartition("/")[0] for version in between)

    def document(self, spec: Spec) -> dict[str, Json]:
        """Make the document of one of its specs, as a rule file would have it."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.key.kind,
            "metadata": {"name": self.key.name},
            "spec": msgspec.json.decode(spec.raw),
        }


def read_object(raw: bytes | msgspec.Raw, kind: str = "") -> RuleObject:
    """Read an object of the API server.

    Args:
        raw: its JSON.
        kind: its kind, if it does not say so itself: the items of a list do not.

    Raises:
        ManifestError: it does not have the shape of an object.
    """
    try:
        found = _objects.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"not an object of {API_VERSION}: {error}") from None
    metadata, status = found.metadata, found.status
    accepted = status.accepted if status is not None else None
    return RuleObject(
        RuleKey(found.kind or kind, metadata.name),
        metadata.uid,
        metadata.creation_timestamp or "",
        Spec(metadata.generation, bytes(found.spec)),
        Spec(accepted.generation, bytes(accepted.spec)) if accepted is not None else None,
        metadata.deletion_timestamp is not None,
    )


class RuleState(StrEnum):
    """What became of an object; the reasons of its conditions."""

    ACCEPTED = "Accepted"
    """It is in use."""
    INVALID = "Invalid"
    """It says something that no rule may say, or its examples fail."""
    CONFLICT = "Conflict"
    """It is valid, and contradicts another rule."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one object.

    Attributes:
        generation: the generation that was checked.
        problems: what is wrong with it alone.
        conflicts: what contradicts other rules.
        in_use: the spec in use: an earlier one while this generation is not accepted; None if there is none.
    """

    generation: int
    problems: tuple[RuleProblem, ...] = ()
    conflicts: tuple[RuleProblem, ...] = ()
    in_use: Spec | None = None

    @property
    def state(self) -> RuleState:
        """Whether the generation is in use, or why not."""
        if self.problems:
            return RuleState.INVALID
        return RuleState.CONFLICT if self.conflicts else RuleState.ACCEPTED

    @property
    def all_problems(self) -> tuple[RuleProblem, ...]:
        """What is wrong with it, alone and with others."""
        return (*self.problems, *self.conflicts)


def too_large(key: RuleKey, size: int) -> RuleProblem:
    """Make the problem of an object that is larger than any rule."""
    text = f"the spec has {size} bytes, more than {MAX_OBJECT}"
    return RuleProblem(str(key), 0, text, "split it into several objects", ProblemCode.TOO_LARGE, "spec")
