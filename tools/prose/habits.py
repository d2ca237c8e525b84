"""The rules: each names a habit, says why it is one, and suggests what to write."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Habit(NamedTuple):
    """A way of writing that readers stumble over.

    Attributes:
        id: as allowances name it.
        pattern: what to look for, in any case; white space matches line ends.
        reason: why it is a habit to drop.
        instead: what to write.
    """

    id: str
    pattern: re.Pattern[str]
    reason: str
    instead: str


def _habit(number: str, pattern: str, reason: str, instead: str) -> Habit:
    return Habit(number, re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE), reason, instead)


_DOUBLE = "has to be read twice"
_TRANSLATED = "reads like a translation"
_OLD = "is out of use"

HABITS: Final = (
    _habit(
        "P001", r"(?<!there\s)\b(?:is|are|was|were|be) no (?!longer\b|more\b|fewer\b|less\b)\w+", _DOUBLE, "is not a …"
    ),
    _habit("P002", r"\b(?:can|cannot|could|to) be had\b", _TRANSLATED, "is available, is not available"),
    _habit("P003", r"\btold\b|\btells? (?:of|that|what|which|how|whether)\b", _TRANSLATED, "reported, logged, shown"),
    _habit("P004", r"\banew\b", _OLD, "again"),
    _habit("P005", r"\b(?:speaks?|spoke|spoken) of\b", _TRANSLATED, "names, lists, describes"),
    _habit("P006", r"\b(?:stands?|stood)\b(?!-)", "things do not stand anywhere", "is, exists, is stored in"),
    _habit("P007", r"\b(?:what|all that|which) is kept\b|\bis kept of\b", "needs the glossary", "conversion data"),
    _habit("P008", r"\bnews\b", "means the newspaper", "changes"),
    _habit("P009", r"\bbesides?\b", "means next to, or looks like it", "in addition to, with, next to"),
    _habit("P010", r"\bof those that hold\b", _DOUBLE, "name them"),
    _habit("P011", r"\bfor ever\b", _OLD, "forever"),
    _habit("P012", r"\b(?:goes|go|went) before\b", _TRANSLATED, "overrides, takes precedence over"),
    _habit("P013", r"\bwithout a word\b", _TRANSLATED, "silently"),
    _habit("P014", r"\b(?:is|are|was|be) looked (?:at|into|for)\b", _TRANSLATED, "is checked, is inspected"),
    _habit("P015", r"\b(?:goes|go|went) on\b", _TRANSLATED, "continues"),
    _habit("P016", r"\blies? (?:in|at|there|below|next)\b", "things do not lie anywhere", "is in"),
    _habit("P017", r"\bsh(?:elf|elves|elving|elved)\b", "needs the glossary", "overflow object"),
    _habit("P018", r"\bjudg(?:e|es|ed|ing|ement)\b", "sounds like a court", "check, compare, decide"),
    _habit("P019", r"\bbe it (?:a|an|the|in|by|with)\b", _OLD, "even with, whether"),
    _habit("P020", r"\b(?:is|are) good for (?:a|\d)", _TRANSLATED, "is valid for"),
    _habit("P021", r"\bhas to be\b(?= (?:told|known|said))", _TRANSLATED, "must be"),
    _habit("P022", r"\b(?:upon|whilst|thereof|therein|hereby|wherein|hence)\b", _OLD, "on, while, so"),
    _habit("P023", r"\bwarn(?:s|ed)? of\b", _TRANSLATED, "warns about"),
    _habit("P024", r"\bmade something else of\b|\bmakes? nothing of\b", _TRANSLATED, "name the difference"),
)

LONGEST_SENTENCE: Final = 30
"""Words in a sentence of Markdown; twenty is the goal."""

TOO_LONG: Final = Habit("P100", re.compile(r"(?!)"), "a tired reader loses the start", "split the sentence")
BAD_ALLOWANCE: Final = Habit("P101", re.compile(r"(?!)"), "an allowance has a reason and is used", "fix or remove it")
