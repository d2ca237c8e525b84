"""Steps for what Go's ``omitempty`` omits in one version: ``omitZero`` for zero values, ``omitEmpty`` for objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Json, Path, copy_json, format_path, is_empty
from converter.rules.codegen import scoped, sequence
from converter.rules.lens import RESTATED, Lens, Note, Notes, Side, get_object, identity
from converter.rules.steps.base import Step, join
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OmitZero(Step):
    """A field whose zero value one version (``side``) omits, and the other writes.

    If the object around the field is missing, the step does nothing: a version writes zeros into existing objects only.

    Attributes:
        side: the version that omits it; None if both do.
        zero: the zero value.
    """

    scope: Path
    keys: Keys
    side: Side | None
    zero: Json = 0

    def lens(self, toward: Side) -> Lens:
        """Compile: remove the zero toward ``side``, write it toward the other; or remove it toward both."""
        (*parent, leaf), keys, zero, both = self.keys, self.keys, self.zero, self.side is None

        def leave_out(node: dict[str, Any], notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is not None and type(holder.get(leaf)) is type(zero) and holder[leaf] == zero:
                del holder[leaf]
                if both:
                    notes.append(Note(keys, zero, RESTATED))  # a missing field says the same

        def write(node: dict[str, Any], _notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is not None and holder.get(leaf) is None:
                holder[leaf] = copy_json(zero)

        return scoped(self.scope, leave_out if self.side in {None, toward} else write)

    def describe(self, toward: Side) -> str:
        """Describe which way the zero goes."""
        path, zero = format_path(join(self.scope, self.keys)), shown(self.zero)
        return f"{path} {zero} is omitted" if self.side in {None, toward} else f"{path}, if missing, is set to {zero}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # the same on both sides
        """The field."""
        return (join(self.scope, self.keys),)

    def owned_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # a zero may use a field that another step moves
        """None: it only adds or removes a zero value."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OmitEmpty(Step):
    """Fields that a version (``side``) lacks, or does not allow to be empty: an empty object or list is left out there.

    Attributes:
        fields: the fields; each may be inside of lists.
    """

    fields: tuple[Path, ...]
    side: Side

    def lens(self, toward: Side) -> Lens:
        """Compile: remove what is empty toward ``side``, the innermost first; do nothing toward the other."""
        if toward is not self.side:
            return identity
        ordered = sorted(self.fields, key=len, reverse=True)
        return sequence([scoped(path[:-1], _remove_empty(str(path[-1]))) for path in ordered])

    def describe(self, toward: Side) -> str:
        """Describe what is left out, if anything."""
        names = ", ".join(format_path(path) for path in self.fields)
        return f"{names}: left out if empty" if toward is self.side else f"{names}: nothing to do"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # each is in one version or in both
        """The fields: each is in at least one version."""
        return self.fields

    def owned_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # another step may move a field, or what is in it
        """None: it only removes what is empty."""
        return ()


def _remove_empty(name: str) -> Lens:
    def remove(node: dict[str, Any], _notes: Notes) -> None:
        if name in node and is_empty(node[name]):
            del node[name]

    return remove
