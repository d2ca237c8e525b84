"""Conversions, losses and denials of each of the last minutes, for the chart; bounded, each viewer sees their own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

CONVERSIONS: Final = "conversions"
LOSSES: Final = "losses"
DENIED: Final = "denials"
COUNTED: Final = (CONVERSIONS, LOSSES, DENIED)
"""What is counted."""

MINUTES: Final = 60
"""How many minutes are remembered, with the present one."""

MOST_SCOPES: Final = 1000
"""Scopes of one minute that are counted apart. What others have is shown to viewers of everything alone."""

Scope = tuple[str, ...] | None


class Minute(NamedTuple):
    """What a viewer sees of one minute.

    Attributes:
        at: its beginning, in seconds since the epoch.
        counts: the numbers, in the order of `COUNTED`.
    """

    at: int
    counts: tuple[int, ...]


class Rates:
    """Counts happenings by minute and by the namespaces that a viewer must see."""

    def __init__(self) -> None:
        self._minutes: dict[int, Counter[tuple[Scope, str]]] = {}

    def add(self, at: float, scope: Scope, counted: str) -> None:
        """Count one.

        Args:
            at: the time, in seconds since the epoch.
            scope: the namespaces that a viewer must see; None for viewers of everything.
            counted: one of `COUNTED`; anything else is not counted.
        """
        if counted not in COUNTED:
            return
        number = int(at // 60)
        minute = self._minutes.get(number)
        if minute is None:
            minute = self._minutes[number] = Counter()
            while len(self._minutes) > MINUTES:
                del self._minutes[min(self._minutes)]
        if (scope, counted) not in minute and len(minute) >= MOST_SCOPES * len(COUNTED):
            scope = None
        minute[scope, counted] += 1

    def seen(self, now: float, sees: Callable[[Scope], bool]) -> list[Minute]:
        """Return the last minutes, the oldest first, the present one last.

        Args:
            now: the time, in seconds since the epoch.
            sees: whether the viewer sees what a scope has.
        """
        present = int(now // 60)
        found = []
        for number in range(present - MINUTES + 1, present + 1):
            sums = dict.fromkeys(COUNTED, 0)
            for (scope, counted), count in self._minutes.get(number, {}).items():
                if sees(scope):
                    sums[counted] += count
            found.append(Minute(number * 60, tuple(sums.values())))
        return found
