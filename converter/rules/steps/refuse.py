"""The step ``refuse``: a manifest whose meaning the other version cannot express is not converted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import EACH, Json, Path, canonical_json, format_path, is_empty
from converter.rules.codegen import scoped
from converter.rules.lens import Lens, LensError, Notes, Side, get_object, get_value, identity, wrong_type
from converter.rules.steps.base import Step, join
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Step):
    """A field of one version that changes the meaning of the manifest if it is lost, or if it is missing.

    At most one of ``values``, ``others`` and ``missing`` is given. Without any, all but empty values are.

    Attributes:
        values: the values that are refused.
        others: the values that pass; all others are refused.
        missing: whether the manifest is refused if it lacks the field, and the object around it is there.
        empty: whether an empty object, list or text is refused, too: that it is there can mean something.
        items: whether each item of the list, or each value of the map, at the path is such a field.
    """

    scope: Path
    keys: Keys
    side: Side
    why: str
    values: Sequence[Json] | None = None
    others: Sequence[Json] | None = None
    missing: bool = False
    empty: bool = False
    items: bool = False

    def lens(self, toward: Side) -> Lens:
        """Compile; do nothing toward the side that has the field."""
        if toward is self.side:
            return identity
        if self.missing:
            return scoped(self.scope, self._refuse_missing())
        return scoped(self.scope, self._refuse_items() if self.items else self._refuse_value())

    def _refuse_missing(self) -> Lens:
        (*parent, leaf), keys, why = self.keys, self.keys, self.why

        def refuse(node: dict[str, Any], _notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is not None and holder.get(leaf) is None:
                raise LensError(keys, why, refused=True)

        return refuse

    def _refuse_value(self) -> Lens:
        keys, why, is_refused = self.keys, self.why, self._judge()

        def refuse(node: dict[str, Any], _notes: Notes) -> None:
            value = get_value(node, keys)
            if value is not None and is_refused(value):
                raise LensError(keys, why, refused=True)

        return refuse

    def _refuse_items(self) -> Lens:
        keys, why, is_refused = self.keys, self.why, self._judge()

        def refuse(node: dict[str, Any], _notes: Notes) -> None:
            holder = get_value(node, keys)
            if holder is None:
                return
            if type(holder) is not dict and type(holder) is not list:
                raise wrong_type(keys, "a list", holder)
            for at, value in holder.items() if type(holder) is dict else enumerate(holder):
                if value is not None and is_refused(value):
                    raise LensError((*keys, at), why, refused=True)

        return refuse

    def _judge(self) -> Callable[[Json], bool]:
        """Make what says whether a value that is there is refused."""
        if self.values is not None:
            wanted = {canonical_json(value) for value in self.values}
            return lambda value: canonical_json(value) in wanted
        if self.others is not None:
            passing = {canonical_json(value) for value in self.others}
            return lambda value: canonical_json(value) not in passing
        return (lambda _value: True) if self.empty else (lambda value: not is_empty(value))

    def describe(self, toward: Side) -> str:
        """Describe what is refused, if anything."""
        path = format_path(self._path())
        if toward is self.side:
            return f"{path} passes"
        which = ", where missing," if self.missing else ""
        if self.values is not None:
            which = f" with {' or '.join(map(shown, self.values))}"
        elif self.others is not None:
            which = f" with any value except {' or '.join(map(shown, self.others))}"
        return f"{path}{which} is refused: {self.why}"

    def _path(self) -> Path:
        return join(self.scope, (*self.keys, EACH) if self.items else self.keys)

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (self._path(),) if side is self.side else ()

    def owned_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # it only reads
        """None: it only reads the field."""
        return ()
