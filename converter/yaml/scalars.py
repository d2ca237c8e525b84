"""Types of scalars, by the table of go-yaml v2 that sigs.k8s.io/yaml uses: YAML 1.1 without base 60.

Source: go.yaml.in/yaml/v2 v2.4.3, ``resolve.go``; Go's ``strconv``; sigs.k8s.io/yaml v1.6.0, ``yaml.go``.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

PREFIX = "tag:yaml.org,2002:"
_STR, _INT, _FLOAT, _BOOL, _NULL, _TIMESTAMP, _BINARY = (
    f"{PREFIX}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "binary")
)

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

_FLOAT_FORM = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FORM = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_INTEGER_FORM = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_SIGN_INSIDE = re.compile(r"0b(?P<bin>[-+][01]+)")
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_INT64, _UINT64 = 1 << 63, 1 << 64
_LONGEST = 4_000
"""Digits of the longest integer to look at; Python refuses to convert decimals of more than 4,300."""

_SHORT = 64
"""Characters of the longest scalar that the cache holds, so that its 4,096 entries stay small."""

_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIME_FORM = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
    r"(?:[Tt](?P<h>\d{1,2}):(?P<i>\d{1,2}):(?P<s>\d{1,2})(?:[.,]\d+)?(?:Z|[-+](?P<zh>\d\d):(?P<zm>\d\d))"
    r"| (?P<h2>\d{1,2}):(?P<i2>\d{1,2}):(?P<s2>\d{1,2})(?:[.,]\d+)?)?",
    re.ASCII,
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def plain(text: str) -> Scalar:
    """Return the value of a plain scalar without a tag: a timestamp is a string."""
    return _remembered(text) if len(text) <= _SHORT else _resolve(text)


@lru_cache(maxsize=4096)
def _remembered(text: str) -> Scalar:
    return _resolve(text)


def _resolve(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _finite(text) if _POINT_FORM.fullmatch(text) else text
    if first in "0123456789+-":
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    if len(digits) > _LONGEST and _FLOAT_FORM.fullmatch(digits) is None:
        return text
    whole = _integer(digits) if len(digits) <= _LONGEST else None
    if whole is not None:
        return whole
    if _FLOAT_FORM.fullmatch(digits):
        return _finite(text)
    inside = _SIGN_INSIDE.fullmatch(digits)
    if inside:  # go-yaml passes what follows 0b to strconv.ParseInt, which takes a sign
        number = int(inside["bin"], 2)
        return number if -_INT64 <= number < _INT64 else text
    return text


def _integer(digits: str) -> int | None:
    found = _INTEGER_FORM.fullmatch(digits)
    if found is None:
        return None
    base = found.lastgroup or "dec"
    number = int(found[base], _BASES[base])
    if found["sign"] == "-":
        return -number if number <= _INT64 else None
    limit = _INT64 if found["sign"] else _UINT64  # strconv.ParseUint takes no sign
    return number if number < limit else None


def _finite(text: str) -> float | str:
    """Parse a float; a number out of range stays a string, as strconv.ParseFloat makes it an error."""
    number = float(text.replace("_", ""))
    return number if math.isfinite(number) else text


def tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar with an explicit tag; an unknown tag gives a string.

    Raises:
        UnicodeDecodeError: the bytes of a binary value are not UTF-8.
        ValueError: the text does not have that type.
    """
    if tag == _BINARY:
        return _binary(text)
    if tag == _STR or tag not in (_INT, _FLOAT, _BOOL, _NULL, _TIMESTAMP):
        return text
    if tag == _TIMESTAMP and is_timestamp(text):
        return text
    value = plain(text)
    if tag == _FLOAT and type(value) is int and value < _INT64:
        return float(value)
    if tag != _type(value):
        raise ValueError(f"the value is not of type {tag.removeprefix(PREFIX)}")
    return value


def _type(value: Scalar) -> str:
    names: dict[type, str] = {bool: _BOOL, int: _INT, float: _FLOAT, str: _STR}
    return names.get(type(value), _NULL)


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except binascii.Error:
        raise ValueError("a !!binary value must be base64") from None
    return data.decode("utf-8")


def is_timestamp(text: str) -> bool:
    """Whether go-yaml takes a plain scalar for a timestamp."""
    found = _TIME_FORM.fullmatch(text)
    if found is None:
        return False
    year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
    if not 1 <= month <= len(_DAYS) or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month == 2 and day == 29 and not leap:  # noqa: PLR2004  the 29th of February
        return False
    hour, minute, second = (int(found[name] or found[f"{name}2"] or 0) for name in "his")
    zone_hour, zone_minute = int(found["zh"] or 0), int(found["zm"] or 0)
    return hour < 24 and minute < 60 and second < 60 and zone_hour <= 24 and zone_minute <= 60  # noqa: PLR2004  a day


def json_number(value: float) -> int | float:
    """Return a float as it comes out of Go's JSON: an integer if it has no fraction and is below 1e21.

    Raises:
        ValueError: infinity, or not a number; JSON has neither.
    """
    if not math.isfinite(value):
        raise ValueError("JSON has no infinity and no NaN")
    if value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004  encoding/json writes an exponent from here on
        return int(Decimal(repr(value)))
    return value


def key_text(value: Scalar) -> str:
    """Return a mapping's key as sigs.k8s.io/yaml converts it to a string.

    Raises:
        ValueError: a null, or an integer of 64 bits without a sign, which sigs.k8s.io/yaml refuses.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_key(value)
    if value is None or value >= _INT64:
        raise ValueError(f"{'null' if value is None else 'such a value'} cannot be a key")
    return str(value)


def _float_key(value: float) -> str:
    """Write a float as Go's ``strconv.FormatFloat(value, 'g', -1, 32)`` does."""
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if not math.isfinite(single):
        return ".nan" if math.isnan(single) else ".inf" if single > 0 else "-.inf"
    text = next(
        text for text in (f"{single:.{places}e}" for places in range(17))
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single
    )  # fmt: skip
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if -4 <= power < 6:  # noqa: PLR2004  %g writes no exponent from 1e-4 to 1e+6
        digits = len(mantissa.lstrip("-").replace(".", ""))
        return f"{float(text):.{max(digits - 1 - power, 0)}f}"
    return f"{mantissa}e{power:+03d}"


def reads_as_text(text: str) -> bool:
    """Whether a plain scalar stays a string for every reader: go-yaml, and readers of YAML 1.1 with base 60."""
    return (
        isinstance(plain(text), str)
        and text not in ("<<", "=")
        and not is_timestamp(text)
        and not _BASE_60.fullmatch(text)
    )
