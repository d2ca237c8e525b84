"""Reads and changes the command line of a Go program that parses its flags with pflag, as Karmada's programs do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Iterable


class FlagsError(ConverterError):
    """A command line that is not a list of flags.

    Attributes:
        word: the word that is not a flag.
    """

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(f"the command line has {word!r} where a flag such as --v=2 should be")


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of a command line, in its order; immutable.

    A flag can be written ``--name=value``, ``--name value`` or, for true, ``--name``. Each dash can be missing in
    front of a letter (``-v=2``), and ``_`` means ``-``, as in component-base's flag sets.

    Attributes:
        items: names and values; the value is None where the command line has none.
    """

    items: tuple[tuple[str, str | None], ...]

    @classmethod
    def read(cls, words: Iterable[str]) -> Flags:
        """Read a command line without its program.

        Raises:
            FlagsError: a word is neither a flag nor the value of one.
        """
        items: list[tuple[str, str | None]] = []
        for word in words:
            if word.startswith("-") and word.strip("-"):
                name, separator, value = word.lstrip("-").partition("=")
                items.append((name.replace("_", "-"), value if separator else None))
            elif items and items[-1][1] is None and not word.startswith("-"):
                items[-1] = (items[-1][0], word)
            else:
                raise FlagsError(word)
        return cls(tuple(items))

    def values(self, name: str) -> list[str]:
        """Return the values of a flag that can be repeated; empty if it is not there."""
        return [value or "" for found, value in self.items if found == name]

    def get(self, name: str, default: str = "") -> str:
        """Return the value of a flag: its last one counts."""
        return ([default, *self.values(name)])[-1]

    def with_value(self, name: str, value: str) -> Flags:
        """Set a flag, in its place or at the end."""
        index = next((at for at, item in enumerate(self.items) if item[0] == name), len(self.items))
        others = self.without(name).items
        before = sum(item[0] != name for item in self.items[:index])
        return Flags((*others[:before], (name, value), *others[before:]))

    def without(self, *names: str) -> Flags:
        """Leave flags out."""
        return Flags(tuple(item for item in self.items if item[0] not in names))

    def words(self) -> list[str]:
        """Write the command line, with ``=`` before each value."""
        return [f"--{name}" if value is None else f"--{name}={value}" for name, value in self.items]
