"""The annotation for people: one line a value that a cluster cannot hold, as many as there is room for.

What a conversion lost is told when it happens, and only remembered afterwards, in this annotation; what a release
drops is found anew each time. So the former come first: where lines have to be left out, it is those that can be told
again, and the same Work gets the same lines however often it is looked at. How many of the former were left out is
remembered, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from converter.losses import told_by_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIMIT: Final = 16 << 10
"""Bytes of the annotation."""

_MORE: Final = re.compile(r"and (?P<count>\d+) more(?P<remembered> that conversions lost)?")
_LONGEST_MORE: Final = 64


def read_lines(text: str | None) -> tuple[list[str], int]:
    """Read what `write_lines` wrote.

    Returns:
        The lines, and how many more that conversions lost had no room.
    """
    lines: list[str] = []
    more = 0
    for line in (text or "").splitlines():
        counted = _MORE.fullmatch(line)
        if counted is None:
            lines.append(line)
        elif counted["remembered"]:
            more = int(counted["count"])
    return lines, more


def write_lines(lines: Iterable[str], more: int = 0) -> str | None:
    """Join lines, up to a limit; the same line once.

    Args:
        lines: in the order of the manifests.
        more: how many more a conversion lost that nobody can tell any more.

    Returns:
        None where there is nothing to tell.
    """
    unique = list(dict.fromkeys(lines))
    if not unique and not more:
        return None
    told: list[str] = []
    remembered = [line for line in unique if not told_by_release(line)]
    left = _add(told, remembered, LIMIT - 2 * _LONGEST_MORE)
    more += len(remembered) - len(told)
    if more:
        told.append(f"and {more} more that conversions lost")
    before = len(told)
    anew = [line for line in unique if told_by_release(line)]
    _add(told, anew, left)
    if len(told) - before < len(anew):
        told.append(f"and {len(anew) - (len(told) - before)} more")
    return "\n".join(told)


def _add(told: list[str], lines: Sequence[str], left: int) -> int:
    """Add lines while there is room; how many bytes are left."""
    for line in lines:
        size = len(line.encode()) + 1
        if size > left:
            break
        left -= size
        told.append(line)
    return left
