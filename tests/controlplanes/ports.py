"""Free ports on 127.0.0.1 that stay ours: no other harness on the machine takes them meanwhile."""

from __future__ import annotations

import fcntl
import random
import socket
from typing import IO, TYPE_CHECKING

from tests.controlplanes.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

#: Below the range that the kernel gives to outgoing connections, and above most services.
_RANGE = range(20000, 30000)


class Ports:
    """Gives out ports and holds a lock on each, so that a stopped server finds its port free again."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "locks" / "ports"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._held: list[IO[str]] = []

    def take(self) -> int:
        """Return a port that nobody listens on and no other harness holds.

        Raises:
            HarnessError: all of the range are taken.
        """
        for port in random.sample(_RANGE, len(_RANGE)):
            file = (self._folder / str(port)).open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            if _is_free(port):
                self._held.append(file)
                return port
            file.close()
        raise HarnessError(f"no port of {_RANGE.start}-{_RANGE.stop} is free: stop what listens there")

    def close(self) -> None:
        """Give all ports back."""
        while self._held:
            self._held.pop().close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
