"""Names of Services for processes of a run: each gets an ``/etc/hosts`` of the run, in a mount namespace of its own.

Needs root, as kubelets do. Addresses are in 127.0.0.0/8, so nothing leaves the machine.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.controlplanes.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCRIPT = 'mount --bind "$0" /etc/hosts && exec "$@"'


class Names:
    """The names and addresses of one run.

    Attributes:
        file: the hosts file; processes see changes.
    """

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            raise HarnessError("Pods on this machine need root and util-linux's unshare")
        self.file = folder / "hosts"
        self.file.write_text(Path("/etc/hosts").read_text())
        self._network = f"127.{random.randrange(2, 255)}.{random.randrange(256)}"
        self._used = 0
        self._known: dict[str, str] = {}

    def address(self) -> str:
        """Return an address that nothing else of the run has."""
        self._used += 1
        if self._used > 254:
            raise HarnessError("a run has 254 addresses for Pods and Services")
        return f"{self._network}.{self._used}"

    def name(self, *names: str, to: str = "") -> str:
        """Give names an address, a new one by default, or return the one that they have."""
        known = self._known.get(names[0])
        if known is None:
            known = self._known.setdefault(names[0], to or self.address())
            with self.file.open("a") as file:
                file.write(f"{known} {' '.join(names)}\n")
        return known

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return a command that runs another one with these names; it becomes the same process."""
        return [*unshared(_SCRIPT), self.file, *command]


def unshared(script: str) -> list[str | Path]:
    """Return the start of a command line: a shell script in a mount namespace of its own; its arguments follow."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]


def works() -> bool:
    """Whether this machine allows it."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run([*map(str, unshared("true"))], check=False, capture_output=True).returncode == 0
