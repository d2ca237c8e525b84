"""Texts and values to compare kubectl's YAML with ours: the same ones for the same seed."""

from __future__ import annotations

import random
import re
import string
from typing import Any

_WORDS = r"""
y Y yes Yes YES n N no No NO on On ON off Off OFF true True TRUE false False FALSE yEs tRue null Null NULL nULL ~
= << < .nan .NaN .NAN .inf .Inf .INF +.inf -.inf -.INF +.Inf .iNf nan inf Inf Infinity 0 00 007 08 09 0o17 0o8 0O7
0x1F 0X1f 0xg 0b101 0B1 0b2 0b-1 0b+1 -0b1 -0b-1 +0x1 -0x8000000000000000 0x8000000000000000 9223372036854775807
9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616
+18446744073709551615 0xFFFFFFFFFFFFFFFF 0x1FFFFFFFFFFFFFFFF 1e3 1E3 1e+3 1e-3 1.e3 .5 .5e3 .5E-3 5. 1. -.5 +.5 .
.. ... - -- + +- 1_000 1__0 _1 1_ 0_7 0x_1 ._5 .5_0 .5__0 .5_ 1_0.5_0 1e1_0 .5e1_0 1e999 -1e999 .5e999 1e-999 1e20
1e21 1e22 123456789012345678901234 1.2345678901234567e20 0.1 100000 1000000 1234567.5 0.0001 0.00001 12:30
12:30:45 1:2 190:20:30.15 2001-01-01 2001-1-1 2001-13-01 2001-02-30 2024-02-29 2023-02-29 2001-12-14T21:59:43Z
2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43.10-05:00 2001-12-14 2001-1-2T3:4:5Z 20010-01-01 100m 1Gi 1.5Gi v1
1.2.3 10.0.0.1 a:b a: :a a#b http://x/y?z=1 @a `a %a !a &a *a |a >a ,a [a {a ]a }a ?a -a 'a' "a" a'b a"b 1e 1e+ e3
0e0 -0 +0 -0.0 0.0 0xe 0b 0x 0o 1,000 1+1 --- ---a ...
""".split()  # noqa: SIM905  words are easier to read without quotes
_NUMBERISH = "0123456789012345+-._eExXbBoO:_TtZz"
_TAGS = (*[""] * 40, "!!int ", "!!float ", "!!str ", "!!bool ", "!!null ", "!!timestamp ", "!!binary ", "!x ", "! ")
_SIMPLE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9./_+-]*(?::[A-Za-z0-9./_+-]+)*")
_ODD = "\t\u0085\u00a0\u2028\u2029\ufeff\u00e9\u4e2d\U0001f600\x07\x00\x1b\x7f\r\ufffe"


def scalar(source: random.Random) -> str:
    """Make one short text: a word of the table, a number or nearly one, or a few odd characters."""
    way = source.random()
    if way < 0.2:
        return source.choice(_WORDS)
    if way < 0.35:
        word = list(source.choice(_WORDS))
        word.insert(source.randint(0, len(word)), source.choice(_NUMBERISH + string.punctuation))
        return "".join(word)
    if way < 0.7:
        return "".join(source.choice(_NUMBERISH) for _ in range(source.randint(1, 8)))
    if way < 0.8:
        return (
            "".join(source.choice("0123456789") for _ in range(source.choice((4, 4, 4, 5))))
            + "-"
            + "-".join(str(source.randint(0, 40)) for _ in range(2))
            + source.choice(("", "", "T1:2:3Z", " 10:20:30", "T25:00:00Z", "T01:02:03+04:05", "t01:02:03.5Z"))
        )
    if way < 0.9:
        return repr(source.choice((source.uniform(-1e3, 1e3), source.uniform(0, 1) * 10 ** source.randint(-30, 30))))
    alphabet = string.ascii_letters + string.punctuation + string.digits + "   "
    return "".join(source.choice(alphabet) for _ in range(source.randint(0, 12)))


def scalar_documents(seed: int, count: int) -> list[str]:
    """Make documents of one scalar each: as an item, as a value, as a key, in a flow list, with a tag or without."""
    source = random.Random(seed)
    forms = ("- {}\n", "a: {}\n", "{}: 1\n", "[{}]\n", "- {}\n- {}\n", "a: {} # {}\n", '"a" : {}\n')
    found = []
    for _ in range(count):
        text, tag = scalar(source), source.choice(_TAGS)
        if source.random() < 0.1:
            text = source.choice((f'"{text}"', f"'{text}'"))
        made = source.choice(forms).replace("{}", tag + text)
        found.append(f" {made}" if made.startswith("---") else made)  # these are about scalars, not about separators
    return found


def written_text(source: random.Random) -> str:
    """Make a string to be written: any scalar, with odd characters, blanks and line breaks now and then."""
    text = scalar(source)
    for _ in range(source.choice((0, 0, 0, 1, 2, 5))):
        at = source.randint(0, len(text))
        text = (
            text[:at]
            + source.choice([*_ODD, "\n", "\n\n", " ", "  ", ": ", " #", "- ", "\\", "\n ", " \n"])
            + text[at:]
        )
    if source.random() < 0.01:
        text *= 60
    return text


def value(source: random.Random, depth: int = 4) -> Any:
    """Make a value of JSON."""
    way = source.random()
    if depth and way < 0.3:
        return {written_text(source): value(source, depth - 1) for _ in range(source.randint(0, 4))}
    if depth and way < 0.5:
        return [value(source, depth - 1) for _ in range(source.randint(0, 4))]
    if way < 0.85:
        return written_text(source)
    number = source.choice(
        (
            source.randint(-9, 99),
            source.randint(-(2**63), 2**64 - 1),
            source.uniform(-1, 1) * 10 ** source.randint(-30, 30),
        )
    )
    return source.choice((None, True, False, number, number))


def document(source: random.Random) -> str:
    """Write a document in many styles: blocks, flows, quotes, comments, anchors, merges, separators."""
    return _Writer(source).document()


def mutated(source: random.Random, text: str) -> str:
    """Change a few characters of a document."""
    for _ in range(source.randint(1, 3)):
        at = source.randint(0, len(text))
        cut = source.randint(0, 2)
        text = (
            text[:at]
            + source.choice([*"\n :-#?[]{},&*!|>'\"%@`~\t", "", "\n---\n", "\n...\n", ": ", "- ", "<<: "])
            + text[at + cut :]
        )
    return text


def documents(seed: int, count: int) -> list[str]:
    """Make streams of documents: as written, and half of them changed."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        text = document(source)
        if source.random() < 0.25:
            text = (
                source.choice(("---\n", "--- # x\n", "", "# c\n---\n"))
                + text
                + source.choice(("---\n", "--- \n", "---\r\n", "---x\n", "...\n", "\n---\n\n---\n"))
                + document(source)
            )
        if source.random() < 0.15:
            text = text.replace("\n", "\r\n")
        if source.random() < 0.05:
            text = "\ufeff" + text
        found.append(mutated(source, text) if number % 2 else text)
    return found


class _Writer:
    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.anchors: list[str] = []

    def document(self) -> str:
        if self.source.random() < 0.15:
            return self.json(3) + self.source.choice(("\n", "", self.json(2), "\n" + self.json(2), "\n---\na: 1\n"))
        return self.mapping(0, 4)

    def json(self, depth: int) -> str:
        blank = self.source.choice(("", " ", "\n\t", "\n  "))
        items = [
            f'"{self.source.choice("abcdef")}{number}":{blank}{self.json_value(depth - 1)}'
            for number in range(self.source.randint(0, 3))
        ]
        return "{" + blank + f",{blank}".join(items) + "}"

    def json_value(self, depth: int) -> str:
        if depth > 0 and self.source.random() < 0.4:
            return self.json(depth)
        return self.source.choice(
            ("1", "-0", "1.0", "1e3", '"x"', '"\\u00e9"', "null", "true", "[1, 2]", "[]", '"a\\tb"')
        )

    def key(self) -> str:
        key = self.source.choice((*"abcdefgh", "name", "y", "1", "1.5", "true", '"q"', "'q'", "a b", "on", "? k\n"))
        return key if "?" not in key else "k"

    def text(self) -> str:
        text = self.source.choice(
            (
                scalar(self.source),
                "12",
                "1.50",
                "yes",
                "2001-01-01",
                "v1",
                "100m",
                "abc",
                "some words",
                "x: y",
                "12:30",
                "it's",
                'say "x"',
            )
        )
        way = self.source.random()
        if not _SIMPLE.fullmatch(text) and self.source.random() < 0.95:
            way /= 3  # quoted; else few documents would be valid
        if way < 0.2:
            return "'" + text.replace("'", "''") + "'"
        if way < 0.4:
            return (
                '"'
                + text.replace("\\", "\\\\").replace('"', '\\"')
                + self.source.choice(("", "\\n", "\\u00e9", "\\x41"))
                + '"'
            )
        return text

    def block_text(self, indent: int) -> str:
        head = self.source.choice(("|", ">", "|-", ">-", "|+", ">+", "|2", ">1-"))
        lines = [
            self.source.choice(("line", "  more", "", "a: b", "# no comment", "\tx"))
            for _ in range(self.source.randint(1, 4))
        ]
        pad = " " * (indent + 2)
        return head + "\n" + "\n".join(pad + line if line else "" for line in lines)

    def flow(self, depth: int) -> str:
        if depth <= 0 or self.source.random() < 0.5:
            return self.text()
        items = range(self.source.randint(0, 3))
        if self.source.random() < 0.5:
            return "[" + ", ".join(self.flow(depth - 1) for _ in items) + "]"
        return "{" + ", ".join(f"{self.key()}: {self.flow(depth - 1)}" for _ in items) + "}"

    def value(self, indent: int, depth: int) -> str:
        way = self.source.random()
        prefix = ""
        if self.source.random() < 0.1:
            name = f"x{len(self.anchors)}"
            self.anchors.append(name)
            prefix = f"&{name} "
        if self.anchors and way < 0.08:
            return f" *{self.source.choice(self.anchors)}"
        if depth <= 0 or way < 0.4:
            return f" {prefix}{self.text()}{self.source.choice(('', '', ' # note'))}"
        if way < 0.55:
            return f" {prefix}{self.flow(2)}"
        if way < 0.65:
            return f" {prefix}{self.block_text(indent)}"
        if way < 0.85:
            return f" {prefix}\n" + self.mapping(indent + 2, depth - 1).rstrip("\n")
        return f" {prefix}\n" + self.sequence(indent + self.source.choice((0, 2)), depth - 1).rstrip("\n")

    def mapping(self, indent: int, depth: int) -> str:
        pad = " " * indent
        lines: list[str] = []
        used: set[str] = set()
        for _ in range(self.source.randint(1, 4)):
            key = self.key()
            if key in used and self.source.random() < 0.95:
                key = f"k{len(used)}"
            used.add(key)
            if self.source.random() < 0.05 and self.anchors:
                sources = self.source.choice(
                    (f"*{self.source.choice(self.anchors)}", f"[*{self.anchors[0]}, {{m: 1}}]", "{m: 2}")
                )
                lines.append(f"{pad}<<: {sources}")
            elif self.source.random() < 0.05:
                lines.append(f"{pad}? {key}\n{pad}:{self.value(indent, depth)}")
            else:
                lines.append(f"{pad}{key}:{self.value(indent, depth)}")
            if self.source.random() < 0.1:
                lines.append(self.source.choice(("", f"{pad}# comment", "   ")))
        return "\n".join(lines) + "\n"

    def sequence(self, indent: int, depth: int) -> str:
        pad = " " * indent
        lines = []
        for _ in range(self.source.randint(1, 3)):
            if depth > 0 and self.source.random() < 0.4:
                lines.append(pad + "- " + self.mapping(indent + 2, depth - 1).strip())
            else:
                lines.append(pad + "-" + self.value(indent, depth))
        return "\n".join(lines) + "\n"
