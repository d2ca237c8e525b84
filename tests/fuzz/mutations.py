"""Breaks files that an administrator writes: changes of the text, and of the values in it, from a seed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.yaml import dump

if TYPE_CHECKING:
    import random

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 10**30, 1.5, 1e300, "", " ", "x", "*", "[*]", "a b", "a..b", ".a", "a[", "a[0]",
    "a[name=b]", '["', "**", "**.**.a", "kind", "apiVersion", "metadata", "metadata.name", "metadata.namespace",
    "spec", "left", "right", "v1", "a/b/c", f"v1.{'9' * 5000}", f"v{'9' * 5000}", f"a/v{'9' * 5000}", "\u2028",
    "\U0001d4b3", "x" * 3000, "[*]" * 21, ".".join("a" * 130), [], [[]], [None], [1, 1], {}, {"": ""},
    {"a": {"b": []}}, {"path": "a"}, {"left": 1, "right": None}, {"in": "a", "steps": []}, [{"call": "x"}],
)  # fmt: skip
"""Values that no reader may trip over, wherever they are."""

_PIECES = (
    '!!int ""', "!!float x", "!!bool maybe", "!!null x", "!!binary '!'", "!!timestamp x", "!!set {a}", "!x y", "&a",
    "*a", "<<: {}", "<<: 1", "? ", ": ", "- ", "-", "{", "}", "[", "]", '"', "'", "|", ">", "#", "%TAG ! x", "---",
    "...", "\t", "\0", "\x07", "\ufeff", "\ud7ff", "~", ".inf", "0x", "1e999", "0b2", "12:30", "=", "\n", "\n\n",
    "  ", "\\", "\\x4", "@",
)  # fmt: skip
"""Pieces of text that mean something to a reader of YAML."""


_KEYS = ("", "x", "path", "in", "when", "side", "kind", "steps", "left", "a[*].b", "metadata.name")


class Mutation(NamedTuple):
    """A broken file.

    Attributes:
        text: the file.
        how: what was done, for a failing test.
    """

    text: str
    how: str


def mutate(rng: random.Random, text: str, documents: list[Any]) -> Mutation:
    """Break one file in one to three places.

    Args:
        rng: decides what is done.
        text: the file.
        documents: its documents.
    """
    steps = rng.choice((1, 1, 1, 2, 3))
    if rng.random() < 0.4:
        done = []
        for _ in range(steps):
            text, how = _change_text(rng, text)
            done.append(how)
        return Mutation(text, ", ".join(done))
    changed = copy.deepcopy(documents)
    done = [change_value(rng, changed) for _ in range(steps)]
    return Mutation("".join(f"---\n{dump(document)}" for document in changed), ", ".join(done))


def _change_text(rng: random.Random, text: str) -> tuple[str, str]:
    at = rng.randrange(len(text) + 1)
    match rng.randrange(5):
        case 0:
            piece = rng.choice(_PIECES)
            return text[:at] + piece + text[at:], f"insert {piece!r} at {at}"
        case 1:
            end = at + rng.randint(1, 30)
            return text[:at] + text[end:], f"delete {at}:{end}"
        case 2:
            lines = text.split("\n")
            line = rng.randrange(len(lines))
            lines.insert(rng.randrange(len(lines) + 1), lines[line])
            return "\n".join(lines), f"repeat line {line + 1}"
        case 3:
            lines = text.split("\n")
            line = rng.randrange(len(lines))
            key, colon, _ = lines[line].partition(":")
            piece = rng.choice(_PIECES)
            lines[line] = f"{key}{colon} {piece}"
            return "\n".join(lines), f"line {line + 1} becomes {piece!r}"
        case _:
            return text[:at], f"end at {at}"


def change_value(rng: random.Random, documents: list[Any]) -> str:
    """Break one value of some documents in place; returns what was done."""
    holder: Any = documents
    key: Any = rng.randrange(len(documents))
    where = [key]
    while isinstance(holder[key], (dict, list)) and holder[key] and rng.random() < 0.85:
        holder = holder[key]
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        where.append(key)
    match rng.randrange(6):
        case 0 if len(where) > 1:
            del holder[key]
            return f"delete {where}"
        case 1 if isinstance(holder, dict):
            other = rng.choice(
                ["", "x", "path", "in", "when", "side", "kind", "steps", "left", "a[*].b", "metadata.name"]
            )
            holder[other] = holder.pop(key)
            return f"{where} becomes key {other!r}"
        case 2 if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
            return f"repeat {where}"
        case 3:
            holder[key] = [holder[key]]
            return f"{where} in a list"
        case 4:
            holder[key] = {rng.choice(["a", "in", "rename", "default"]): holder[key]}
            return f"{where} in a mapping"
        case _:
            value = rng.choice(ODD_VALUES)
            holder[key] = copy.deepcopy(value)
            return f"{where} becomes {value!r:.60}"
