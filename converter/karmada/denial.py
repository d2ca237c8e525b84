"""The part of a denial that programs read: Karmada repeats the message of a denied Work in an Event on its binding.

`render_denial` puts it in front of the text for people, and `denied_clusters` finds it again, however Karmada and the
API server wrap or join messages. A text cannot imitate it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_START: Final = "(clusters="
_TOKEN: Final = re.compile(r"\(clusters=(?P<names>[^()\s]*)\)")


def render_denial(clusters: Iterable[str], text: str) -> str:
    """Write the message of a denial.

    Args:
        clusters: the clusters that the object is denied for.
        text: the reason, for people; may be any text.
    """
    return f"{_START}{','.join(sorted(clusters))}) {text.replace(_START, '( clusters=')}"


def denied_clusters(message: str) -> frozenset[str]:
    """Name the clusters in every denial that a message repeats."""
    names = (name for found in _TOKEN.finditer(message) for name in found["names"].split(","))
    return frozenset(name for name in names if name)
