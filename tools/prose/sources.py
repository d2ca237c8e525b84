"""Finds the texts that people read: Markdown, Python's docstrings, comments and messages, texts in YAML."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Text(NamedTuple):
    """A passage to check.

    Attributes:
        line: where it begins, from 1.
        text: the passage; it has as many lines as the source.
        prose: whether its sentences have a limit of length.
    """

    line: int
    text: str
    prose: bool


_FENCE = re.compile(r"^ {0,6}(`{3,}|~{3,}).*?^ {0,6}\1`*\s*?$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)(?: {4}(?![-*\d]).*\n)+")
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", re.DOTALL)
_BREAK = re.compile(r"^\s*$|^(?=\s*(?:[-*+]|\d+\.)\s)|^(?=#)|^(?=\s*\|)|(?<=\|)[ \t]*$", re.MULTILINE)
_YAML_TEXT = re.compile(r"^(\s*(?:- )?(?:why|description|summary|unconvertible|message|title):\s*)(.*)$")
_COMMENT = re.compile(r"(?:^|\s)#(?!!)(.*)$")
_PYTHON, _HASH_COMMENTS = {".py"}, {".yaml", ".yml", ".toml"}


def texts_of(path: Path, source: str) -> Iterator[Text]:
    """Find the texts of a file by its kind; a kind that is not known has none."""
    if path.suffix == ".md":
        yield from _markdown(source)
    elif path.suffix in _PYTHON:
        yield from _python(source)
    elif path.suffix in _HASH_COMMENTS or path.name in {"Makefile", "Dockerfile"}:
        yield from _hash_comments(source)


def _blank(match: re.Match[str]) -> str:
    """Remove what is not prose, and keep its line ends."""
    return "\n" * match[0].count("\n")


def _keep_lines(match: re.Match[str], word: str) -> str:
    return word + "\n" * match[0].count("\n")


def _markdown(source: str) -> Iterator[Text]:
    text = _HTML_COMMENT.sub(_blank, _FENCE.sub(_blank, source))
    text = _INDENTED.sub(_blank, text)
    text = _CODE.sub(lambda match: _keep_lines(match, "CODE"), text)
    text = _LINK.sub(lambda match: match[1] + "\n" * (match[0].count("\n") - match[1].count("\n")), text)
    starts = sorted({0, len(text), *(match.start() for match in _BREAK.finditer(text))})
    for start, end in pairwise(starts):
        passage = text[start:end]
        line = text.count("\n", 0, start) + 1
        if passage.lstrip().startswith("|"):
            for cell in passage.split("|"):
                yield Text(line, cell, prose=True)
        elif passage.strip():
            yield Text(line, passage, prose=True)


def _python(source: str) -> Iterator[Text]:
    tree = ast.parse(source)
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in ast.walk(node))
            parts = (str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield Text(node.lineno, "".join(parts), prose=False)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield Text(node.lineno, _without_code(node.value), prose=False)
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1 and block:
                yield Text(first, "\n".join(block), prose=False)
                block = []
            first, last = first if block else token.start[0], token.start[0]
            block.append(token.string.lstrip("# "))
    if block:
        yield Text(first, "\n".join(block), prose=False)


def _without_code(text: str) -> str:
    return _CODE.sub(lambda match: _keep_lines(match, "CODE"), text)


def _hash_comments(source: str) -> Iterator[Text]:
    block: list[str] = []
    first = 0
    for number, line in enumerate([*source.splitlines(), ""], 1):
        comment = _COMMENT.search(line)
        if comment and (not block or line.lstrip().startswith("#")):
            first = first if block else number
            block.append(_without_code(comment[1]))
            continue
        if block:
            yield Text(first, "\n".join(block), prose=False)
            block = []
        if comment:
            first, block = number, [_without_code(comment[1])]
        found = _YAML_TEXT.match(line)
        if found:
            yield Text(number, found[2], prose=False)
