"""Compares what kubectl's libraries read with what converter.yaml reads."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from converter.yaml import (
    AmbiguousError,
    BinaryError,
    DuplicateKeyError,
    TooDeepError,
    TrailingContentError,
    YamlError,
    load_all,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STRICTER = (AmbiguousError, BinaryError, DuplicateKeyError, TooDeepError, TrailingContentError)
"""What converter.yaml refuses on purpose, where kubectl drops a value silently or goes deeper."""


def ask(oracle: Path, texts: Iterable[str], *, stream: bool) -> list[dict[str, Any]]:
    """Have the oracle read each text; its answers, in order."""
    asked = "".join(json.dumps({"text": text, "stream": stream}) + "\n" for text in texts)
    done = subprocess.run([oracle], input=asked.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def same(one: Any, other: Any) -> bool:
    """Compare two values of JSON; 1 is 1.0, as Go writes it, but not true; keys may have any order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and bool not in {type(one), type(other)}:
        return one == other if type(one) is type(other) else float(one) == float(other)
    return type(one) is type(other) and one == other


def verdict(text: str, answer: dict[str, Any], *, stream: bool) -> str:
    """Say how a reading compares: ``same``, ``refused`` by both, ``stricter``, or what is wrong."""
    error, strict = answer.get("error"), answer.get("strict")
    wanted = [value for value in answer.get("json", []) if value is not None]
    try:
        found = load_all(text)
    except YamlError as problem:
        if error or isinstance(problem, STRICTER) or strict:
            return "refused" if error else "stricter"
        return f"refused here: {problem}; there: {wanted}"
    if error:
        return f"refused there: {error}; here: {found}"
    if strict and not stream and "<<" not in text:
        return f"a duplicate is missed: {strict}"
    return "same" if same(found, wanted) else f"here: {found}; there: {wanted}"
