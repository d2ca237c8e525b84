"""Ends the processes of a run when the program that started them is gone, however it went.

Run as a program of its own, which imports nothing of the harness. It reads lines from its standard input, which
only the harness holds: ``+123`` names a process group to guard, ``-123`` lets it go. When the input ends, the
harness is gone (a kill -9 included), and what is still guarded is ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_GRACE = 3.0


def main() -> None:
    """Guard until the input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for number in (signal.SIGTERM, signal.SIGKILL):
        groups = {group for group in groups if _send(group, number)}
        if groups and number is signal.SIGTERM:
            time.sleep(_GRACE)


def _send(group: int, number: signal.Signals) -> bool:
    """Send a signal to a process group; False if nobody is in it any more."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
