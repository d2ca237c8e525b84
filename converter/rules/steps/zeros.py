"""The step about zero values that one version's Go type leaves out (``omitempty``) and the other's always writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Json, Path, copy_json, format_path
from converter.rules.codegen import scoped
from converter.rules.lens import Lens, Notes, Side, walk_object
from converter.rules.steps.base import Step, join
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OmitZero(Step):
    """A field whose zero value ``side`` leaves out, and the other version writes.

    Nothing is done where the object that holds the field is missing: a version writes zeros into objects it has.

    Attributes:
        zero: the zero value.
    """

    scope: Path
    keys: Keys
    side: Side
    zero: Json = 0

    def lens(self, toward: Side) -> Lens:
        """Compile: toward ``side`` the zero goes, toward the other it is written."""
        (*parent, leaf), zero = self.keys, self.zero

        def leave_out(node: dict[str, Any], _notes: Notes) -> None:
            holder = walk_object(node, parent)
            if holder is not None and type(holder.get(leaf)) is type(zero) and holder[leaf] == zero:
                del holder[leaf]

        def write(node: dict[str, Any], _notes: Notes) -> None:
            holder = walk_object(node, parent)
            if holder is not None and holder.get(leaf) is None:
                holder[leaf] = copy_json(zero)

        return scoped(self.scope, leave_out if toward is self.side else write)

    def tell(self, toward: Side) -> str:
        """Say which way it is."""
        path, zero = format_path(join(self.scope, self.keys)), shown(self.zero)
        return f"{path} {zero} is left out" if toward is self.side else f"{path}, where missing, is written as {zero}"

    def names(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # the same on both sides
        """The one field."""
        return (join(self.scope, self.keys),)

    def touches(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # a zero may stand beside a move
        """Nothing: it only adds or takes away a value that says nothing."""
        return ()
