"""Durations and quantities as Kubernetes writes them: reads them exactly, and writes them as its own libraries do.

Sources: Go's time.ParseDuration and Duration.String; k8s.io/apimachinery/pkg/api/resource/{quantity,suffix}.go.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from converter.kube.manifest import Json

DURATION_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""The units of a duration, in nanoseconds; ``µs`` is read as ``us``."""

MAX_DURATION: Final = 2**63 - 1
"""The longest duration of Go, in nanoseconds: 292 years."""

_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")

QUANTITY_UNITS: Final = {
    **{suffix: Fraction(1000) ** (power - 3) for power, suffix in enumerate(_DECIMAL)},
    **{suffix: Fraction(1024) ** power for power, suffix in enumerate(_BINARY)},
}
"""The suffixes of a quantity, with their factors; the empty suffix is 1."""

_LONGEST: Final = 64
"""Characters of an amount: no number that a server accepts is longer."""

_EXPONENT: Final = 27
_PART = re.compile(r"(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)")
_QUANTITY = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|[KMGTPE]i)?)", re.ASCII)


def parse_duration(text: str) -> int | None:
    """Parse a duration of Go, such as ``1h30m``.

    Returns:
        The nanoseconds; None if Go would not read the text.
    """
    if len(text) > _LONGEST or (not text.isascii() and not _is_micro(text)):
        return None
    sign = text[:1] if text[:1] in {"+", "-"} and text else ""
    rest = text[len(sign) :]
    if rest == "0":
        return 0
    total, at = 0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None or not (part[1] or part[2]):
            return None
        factor = DURATION_UNITS[part[3] if part[3].isascii() else "us"]
        fraction = part[2] or ""
        total += int(part[1] or 0) * factor + int(fraction or 0) * factor // 10 ** len(fraction)
        at = part.end()
    if at == 0 or total > MAX_DURATION:
        return None
    return -total if sign == "-" else total


def _is_micro(text: str) -> bool:
    return text.replace("µ", "").replace("μ", "").isascii()


def format_duration(nanoseconds: int) -> str:
    """Format a duration as Go does: ``1h30m0s``, ``1.5s``, ``0s``."""
    sign, rest = ("-" if nanoseconds < 0 else ""), abs(nanoseconds)
    if rest == 0:
        return "0s"
    for unit, name in (("us", "ns"), ("ms", "µs"), ("s", "ms")):
        if rest < DURATION_UNITS[unit]:
            return f"{sign}{_decimal(Fraction(rest, DURATION_UNITS[name.replace('µ', 'u')]))}{name}"
    hours, rest = divmod(rest, DURATION_UNITS["h"])
    minutes, rest = divmod(rest, DURATION_UNITS["m"])
    seconds = f"{_decimal(Fraction(rest, DURATION_UNITS['s']))}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _decimal(value: Fraction) -> str:
    """Write a fraction that has at most nine decimals."""
    whole, rest = divmod(value.numerator * 10**9 // value.denominator, 10**9)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


def parse_quantity(value: Json) -> Fraction | None:
    """Parse a quantity: a text such as ``500m``, ``2Gi`` or ``1e3``, or a plain number.

    Returns:
        The exact amount; None if the value is not a quantity, or beyond what Kubernetes computes with.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = value if isinstance(value, str) else repr(value)
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    sign, digits, exponent, suffix = match.groups()
    if exponent is not None and abs(int(exponent)) > _EXPONENT:
        return None
    factor = Fraction(10) ** int(exponent) if exponent is not None else QUANTITY_UNITS[suffix or ""]
    amount = Fraction(digits if not digits.startswith(".") else f"0{digits}") * factor
    return -amount if sign == "-" else amount


def format_quantity(amount: Fraction, *, binary: bool) -> str:
    """Format a quantity in its canonical form: no decimals, and the largest suffix that loses no precision.

    Args:
        amount: the amount; less than a nano is rounded up, as Kubernetes does.
        binary: whether to use the suffixes Ki, Mi and so on for 1,024 and more.
    """
    if amount == 0:
        return "0"
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    if binary and amount >= 1024:  # noqa: PLR2004  Ki
        return sign + _scaled(-(-amount.numerator // amount.denominator), 1024, _BINARY)
    nanos = amount * 10**9
    return sign + _scaled(-(-nanos.numerator // nanos.denominator), 1000, _DECIMAL)


def _scaled(number: int, base: int, suffixes: tuple[str, ...]) -> str:
    power = 0
    while number % base == 0 and power < len(suffixes) - 1:
        number //= base
        power += 1
    return f"{number}{suffixes[power]}"


def is_same_amount(one: Json, two: Json) -> bool:
    """Whether two values are texts of one duration, or of one quantity: ``5m`` and ``5m0s``, ``1024Mi`` and ``1Gi``."""
    if isinstance(one, bool) or not isinstance(one, (str, int, float)) or not isinstance(two, str):
        return False
    if isinstance(one, str):
        duration = parse_duration(one)
        if duration is not None and duration == parse_duration(two):
            return True
    amount = parse_quantity(one)
    return amount is not None and amount == parse_quantity(two)
