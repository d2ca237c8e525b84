"""Applies what changes between two texts to a third one, which differs from the first in blanks only.

The lines that do not change keep their bytes. Comments of lines that go stay.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMMENT: Final = re.compile(r"^\s*#")
_LONG: Final = 2_000
"""Lines of two texts that are matched one by one."""

_DASHES: Final = re.compile(r"( *)(?:- +)*")


def patch_lines(text: str, before: str, after: str) -> str:
    """Apply the difference of two texts to a text that reads like the first one."""
    lines, old, new = (each.splitlines(keepends=True) for each in (text, before, after))
    place = _alignment(lines, old)
    made: list[str] = []
    at = 0
    for first, last, start, end in _changes(old, new):
        low, high = max(place[first], at), max(place[last], at)
        made += lines[at:low]
        shift = _Shift(old, lines, place)
        fitted = [shift.fit(line, first, last) for line in new[start:end]]
        made += _keep_comments(lines[low:high], fitted)
        at = high
    return "".join([*made, *lines[at:]])


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """List the ranges of lines that differ, without a look at those that both begin and end with."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    matcher = _matcher(old[start : len(old) - end], new[start : len(new) - end])
    for tag, first, last, begin, stop in matcher.get_opcodes():
        if tag != "equal":
            yield first + start, last + start, begin + start, stop + start


def _matcher(one: Sequence[str], two: Sequence[str]) -> SequenceMatcher[str]:
    """Match lines; in long texts, lines that are there often match nothing, or it would take minutes."""
    return SequenceMatcher(None, one, two, autojunk=len(one) + len(two) > _LONG)


class _Shift:
    """Moves lines that ruamel wrote to the columns of the text around them."""

    def __init__(self, old: Sequence[str], lines: Sequence[str], place: Sequence[int]) -> None:
        self.old = old
        self.lines = lines
        self.place = place

    def fit(self, line: str, first: int, last: int) -> str:
        """Move one line.

        Args:
            line: the line.
            first: the first line of ruamel's text that it replaces.
            last: the line after those.
        """
        content = line.lstrip(" ")
        column = len(line) - len(content)
        for index in (*range(last - 1, first - 1, -1), *range(first - 1, -1, -1)):
            place = self.place[index]
            if not self.old[index].strip() or _COMMENT.match(self.old[index]):
                continue
            if "".join(self.old[index].split()) != "".join(
                self.lines[place].split() if place < len(self.lines) else ""
            ):
                continue
            starts, inner = _columns(self.old[index])
            own_starts, own_inner = _columns(self.lines[place])
            if column >= inner:
                return " " * (own_inner + column - inner) + content
            if column >= starts:
                return " " * (own_starts + column - starts) + content
        return line


def _columns(line: str) -> tuple[int, int]:
    """Return where a line begins, and where what is behind its dashes does."""
    match = _DASHES.match(line)
    assert match is not None  # it matches everything
    return len(match[1]), match.end()


def _alignment(lines: Sequence[str], old: Sequence[str]) -> list[int]:
    """Find for each line of what ruamel wrote, and for the end, its line in the text."""
    first, second = (["".join(line.split()) for line in each] for each in (old, lines))
    if first == second:  # the usual case
        return list(range(len(old) + 1))
    place = [-1] * (len(old) + 1)
    for block in _matcher(first, second).get_matching_blocks():
        for offset in range(block.size):
            place[block.a + offset] = block.b + offset
    place[len(old)] = len(lines)
    for index in range(len(old) - 1, -1, -1):
        if place[index] < 0:
            place[index] = place[index + 1]
    return place


def _keep_comments(gone: Sequence[str], came: Sequence[str]) -> list[str]:
    """Put the comments of removed lines around the lines that come, unless these have them.

    Comments at the end belong to what follows, and stay there.
    """
    end = len(gone)
    while end > 0 and (not gone[end - 1].strip() or _COMMENT.match(gone[end - 1])):
        end -= 1
    there = "".join(came)
    tail = [line for line in gone[end:] if not line.strip() or line.strip() not in there]
    margin = came[0][: len(came[0]) - len(came[0].lstrip())] if came else None
    lost = []
    for line in gone[:end]:
        comment = _comment_of(line)
        if comment and comment not in there:
            own = line[: len(line) - len(line.lstrip())]
            lost.append(f"{own if margin is None else margin}{comment}\n")
    return [*lost, *came, *(tail if any(line.strip() for line in tail) else ())]


def _comment_of(line: str) -> str:
    """Return the comment of a line; empty if it has none."""
    if _COMMENT.match(line):
        return line.strip()
    match = re.search(r"""\s(#(?![^"]*"$)[^'"]*)$""", line.rstrip("\n"))
    return match[1].strip() if match else ""


def with_comments(text: str, after: str) -> str:
    """Put every comment line that a text lost before it."""
    comments = [_comment_of(line) for line in text.splitlines()]
    return "".join([*(f"{comment}\n" for comment in comments if comment and comment not in after), after])
