"""The step ``omitZero``: zero values that one version's Go type omits (``omitempty``) and the other's writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Json, Path, copy_json, format_path
from converter.rules.codegen import scoped
from converter.rules.lens import Lens, Notes, Side, get_object
from converter.rules.steps.base import Step, join
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OmitZero(Step):
    """A field whose zero value one version (``side``) omits, and the other writes.

    If the object around the field is missing, the step does nothing: a version writes zeros into existing objects only.

    Attributes:
        zero: the zero value.
    """

    scope: Path
    keys: Keys
    side: Side
    zero: Json = 0

    def lens(self, toward: Side) -> Lens:
        """Compile: remove the zero toward ``side``, write it toward the other."""
        (*parent, leaf), zero = self.keys, self.zero

        def leave_out(node: dict[str, Any], _notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is not None and type(holder.get(leaf)) is type(zero) and holder[leaf] == zero:
                del holder[leaf]

        def write(node: dict[str, Any], _notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is not None and holder.get(leaf) is None:
                holder[leaf] = copy_json(zero)

        return scoped(self.scope, leave_out if toward is self.side else write)

    def describe(self, toward: Side) -> str:
        """Describe which way the zero goes."""
        path, zero = format_path(join(self.scope, self.keys)), shown(self.zero)
        return f"{path} {zero} is omitted" if toward is self.side else f"{path}, if missing, is set to {zero}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # the same on both sides
        """The field."""
        return (join(self.scope, self.keys),)

    def owned_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # a zero may use a field that another step moves
        """None: it only adds or removes a zero value."""
        return ()
