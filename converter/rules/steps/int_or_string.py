"""The step about one field that holds a number or a name, and two fields, one for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Path, format_path
from converter.rules.codegen import scoped
from converter.rules.inline import write_join, write_split
from converter.rules.lens import (
    Lens,
    LensError,
    Notes,
    Side,
    drop_foreign,
    ensure_object,
    get_object,
    prune_empty,
    wrong_type,
)
from converter.rules.steps.base import Step, join

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class IntOrString(Step):
    """One field that holds a number or a name (``side``), and two fields, one for each, in the other version.

    ``neither`` is the number that the one field holds where there is neither number nor name.
    """

    scope: Path
    into: Keys
    number: Keys
    string: Keys
    side: Side
    neither: int | None = None

    def lens(self, toward: Side) -> Lens:
        """Compile; both fields at once are refused, and one that is in the way is dropped and noted."""
        return scoped(self.scope, self._join() if toward is self.side else self._split())

    def _is_written_out(self) -> bool:
        """Whether number and string are in one object of their own below the one with ``into``.

        Only these are written out (`converter.rules.inline`). That saves a tenth of the answer for a converted Ingress.
        """
        return len(self.into) == 1 and self.number[:-1] == self.string[:-1] and len(self.number) > 1

    def _join(self) -> Lens:
        into, (*number_parent, number), (*string_parent, string) = self.into, self.number, self.string
        *into_parent, leaf = into
        both, neither = (*number_parent, number), self.neither

        def join_them(node: dict[str, Any], notes: Notes) -> None:
            target = get_object(node, into_parent) if into_parent else node
            if target is not None:
                drop_foreign(target, leaf, into, notes)
            numbers = get_object(node, number_parent)
            strings = numbers if string_parent == number_parent else get_object(node, string_parent)
            count = None if numbers is None else numbers.pop(number, None)
            text = None if strings is None else strings.pop(string, None)
            if count and text:
                raise LensError(both, f"is set together with {string}; set only one of the two", refused=True)
            if count is not None and type(count) is not int:
                raise wrong_type(both, "an integer", count)
            if text is not None and type(text) is not str:
                raise wrong_type((*string_parent, string), "a string", text)
            if numbers is not None and not numbers:
                prune_empty(node, number_parent)
            if strings is not None and not strings and strings is not numbers:
                prune_empty(node, string_parent)
            value = text or (neither if count is None else count)
            if value is not None:
                (ensure_object(node, into_parent) if into_parent else node)[leaf] = value

        return write_join(join_them, number_parent, number, string, leaf) if self._is_written_out() else join_them

    def _split(self) -> Lens:
        (*into_parent, leaf), neither = self.into, self.neither
        (*number_parent, number), (*string_parent, string) = self.number, self.string

        def split(node: dict[str, Any], notes: Notes) -> None:
            numbers = get_object(node, number_parent)
            if numbers is not None:
                drop_foreign(numbers, number, (*number_parent, number), notes)
            strings = numbers if string_parent == number_parent else get_object(node, string_parent)
            if strings is not None:
                drop_foreign(strings, string, (*string_parent, string), notes)
            source = get_object(node, into_parent) if into_parent else node
            value = None if source is None else source.get(leaf)
            if source is None or value is None:
                return
            if type(value) not in (int, str):
                raise wrong_type((*into_parent, leaf), "an integer or a string", value)
            del source[leaf]
            if into_parent:
                prune_empty(node, into_parent)
            if value == neither:
                return
            if type(value) is int:
                ensure_object(node, number_parent)[number] = value
            else:
                ensure_object(node, string_parent)[string] = value

        return write_split(split, number_parent, number, string, leaf, neither) if self._is_written_out() else split

    def describe(self, toward: Side) -> str:
        """Say which becomes which."""
        number, string = (
            format_path(join(self.scope, self.number)),
            format_path(join(self.scope, self.string)),
        )
        into = format_path(join(self.scope, self.into))
        if toward is self.side:
            return f"{number} or {string} becomes {into}"
        return f"{into} becomes {number} where it is a number, {string} where it is a name"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The one field, or the two."""
        keys = (self.into,) if side is self.side else (self.number, self.string)
        return tuple(join(self.scope, key) for key in keys)
