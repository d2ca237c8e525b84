"""Applies the habits to the texts of a file, and honours allowances.

An allowance is a comment on the line, or on the line above: ``prose: allow P006: the reason``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tools.prose.habits import BAD_ALLOWANCE, HABITS, LONGEST_SENTENCE, TOO_LONG, Habit
from tools.prose.sources import Text, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ALLOWANCE = re.compile(r"(?:#|<!--)\s*prose: allow (P\d{3})(?::[ ]*(.*?))?\s*(?:-->)?\s*$", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?:;])(?:\*\*|\)|\"|”)?\s+|\n\s*\n")
_WORD = re.compile(r"\w[\w'./:%*+-]*")


class Finding(NamedTuple):
    """A habit in a text."""

    line: int
    habit: Habit
    found: str

    def __str__(self) -> str:
        """Name the rule, the words, the reason and the suggestion."""
        return f"{self.habit.id} “{self.found}” {self.habit.reason}; write: {self.habit.instead}"


def check(path: Path, source: str) -> list[Finding]:
    """Find every habit in a file that no allowance covers, in the order of lines."""
    allowed = {(source.count("\n", 0, match.start()) + 1, match[1]): match for match in _ALLOWANCE.finditer(source)}
    findings, used = [], set()
    for finding in {found for text in texts_of(path, source) for found in _findings(text)}:
        covers = {(line, finding.habit.id) for line in (finding.line, finding.line - 1)} & allowed.keys()
        used |= covers
        if not covers:
            findings.append(finding)
    for place, match in allowed.items():
        if place not in used or not match[2]:
            findings.append(Finding(place[0], BAD_ALLOWANCE, match[0].strip()))
    return sorted(findings, key=lambda finding: (finding.line, finding.habit.id, finding.found))


def _findings(text: Text) -> Iterator[Finding]:
    for habit in HABITS:
        for match in habit.pattern.finditer(text.text):
            line = text.line + text.text.count("\n", 0, match.start())
            yield Finding(line, habit, " ".join(match[0].split()))
    if not text.prose:
        return
    position = 0
    for sentence in _SENTENCE.split(text.text):
        position = text.text.index(sentence, position)
        words = _WORD.findall(sentence)
        if len(words) > LONGEST_SENTENCE:
            line = text.line + text.text.count("\n", 0, position + len(sentence) - len(sentence.lstrip()))
            yield Finding(line, TOO_LONG, f"{len(words)} words: {' '.join(words[:6])} …")
        position += len(sentence)
