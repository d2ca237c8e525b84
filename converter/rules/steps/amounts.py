"""Steps for amounts that one version writes as a text and the other as a number: ``duration`` and ``quantity``."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from converter.kube import Json, Path, format_path
from converter.kube.amounts import (
    DURATION_UNITS,
    MAX_DURATION,
    QUANTITY_UNITS,
    format_duration,
    format_quantity,
    parse_duration,
    parse_quantity,
)
from converter.rules.lens import LensError, Note, Notes, Side, wrong_type
from converter.rules.steps.reshape import Reshape

_MOST: Final = 2**63 - 1
"""The largest number that a field of Kubernetes holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Reshape):
    """An amount that is a text in one version (``side``), and a number of some unit in the other.

    Attributes:
        side: the version with the text.
        unit: the unit of the number.
        fractions: whether the number can have decimals; if not, it is rounded toward zero.
    """

    side: Side
    unit: str
    fractions: bool = False

    @abstractmethod
    def read(self, value: Json, path: Path) -> Fraction:
        """Parse a text.

        Returns:
            The number of units.

        Raises:
            LensError: it is not such a text.
        """

    @abstractmethod
    def write(self, number: Fraction, path: Path) -> str:
        """Format a number of units.

        Raises:
            LensError: it is too large.
        """

    def reshape(self, value: Json, toward: Side, path: Path, notes: Notes) -> Json:
        """Write the amount in the other form; a note says what is rounded."""
        if toward is self.side:
            return self.write(self._number(value, path), path)
        amount = self.read(value, path)
        whole = int(amount)
        if abs(whole) > _MOST:
            raise LensError(path, "is too large for a number")
        if amount == whole:
            return whole
        number: int | float = float(amount) if self.fractions else whole
        if Fraction(repr(number)) != amount:
            text = f"the other version has a number of {self.unit or 'units'}; it is rounded to {number}"
            notes.append(Note(path, value, text))
        return number

    def _number(self, value: Json, path: Path) -> Fraction:
        if type(value) is not int and not (self.fractions and type(value) is float):
            raise wrong_type(path, "a number" if self.fractions else "an integer", value)
        if not -_MOST <= value <= _MOST:
            raise LensError(path, "is too large for a number")
        return Fraction(repr(value))

    def describe(self, toward: Side) -> str:
        """Say which form becomes which."""
        old, new = format_path(self.field(toward.other)), format_path(self.field(toward))
        number = f"a number of {self.unit or 'units'}"
        return f"{old}, {number}, becomes the text {new}" if toward is self.side else f"{old} becomes {new}, {number}"

    def losses(self, toward: Side) -> int:
        """One toward a number without decimals."""
        return 0 if toward is self.side or self.fractions else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration(Amount):
    """A duration: a text such as 1h30m in one version, a number in the other."""

    def read(self, value: Json, path: Path) -> Fraction:
        """Parse a duration of Go."""
        if type(value) is not str:
            raise wrong_type(path, "a duration", value)
        nanoseconds = parse_duration(value)
        if nanoseconds is None:
            raise LensError(path, "must be a duration, such as 30s or 1h30m")
        return Fraction(nanoseconds, DURATION_UNITS[self.unit])

    def write(self, number: Fraction, path: Path) -> str:
        """Format as Go does; fractions of a nanosecond are cut."""
        nanoseconds = int(number * DURATION_UNITS[self.unit])
        if abs(nanoseconds) > MAX_DURATION:
            raise LensError(path, "is longer than a duration can be: 292 years")
        return format_duration(nanoseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity(Amount):
    """A quantity: a text such as 500m or 2Gi in one version, a number in the other."""

    def read(self, value: Json, path: Path) -> Fraction:
        """Parse a quantity; Kubernetes accepts a plain number, too."""
        if type(value) not in (str, int, float):
            raise wrong_type(path, "a quantity", value)
        amount = parse_quantity(value)
        if amount is None:
            raise LensError(path, "must be a quantity, such as 500m or 2Gi")
        return amount / QUANTITY_UNITS[self.unit]

    def write(self, number: Fraction, path: Path) -> str:  # noqa: ARG002  every number is a quantity
        """Format in the canonical form, with the family of suffixes of the unit."""
        return format_quantity(number * QUANTITY_UNITS[self.unit], binary=self.unit.endswith("i"))
