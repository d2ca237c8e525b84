"""Splits the text of a YAML stream into its documents, so that one can change and the others keep their bytes."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_START: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_BARE_START: Final = re.compile(r"---[ \t]*(?:#[^\n]*)?(?:\n|$)")


class Part(NamedTuple):
    """One document of a stream; the texts of all parts are the stream.

    Attributes:
        head: the line that begins it, if it has one with nothing but a comment.
        body: the rest.
    """

    head: str
    body: str


def split_documents(text: str) -> Iterator[Part]:
    """Split a stream at the lines that begin with ``---``."""
    starts = [match.start() for match in _START.finditer(text)]
    bounds = [0, *(start for start in starts if start > 0), len(text)]
    for first, last in itertools.pairwise(bounds):
        part = text[first:last]
        head = _BARE_START.match(part)
        yield Part(head[0], part[head.end() :]) if head else Part("", part)
