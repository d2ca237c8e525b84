"""Runs the commands of a build, with their output in a log."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.controlplanes.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log, for a message."""
    if not log.exists():
        return "(no log)"
    with log.open(errors="replace") as file:
        return "".join(deque(file, maxlen=lines))


@dataclass
class Shell:
    """Runs commands one after the other, for one build.

    Attributes:
        what: what is being built, for messages.
        log: where output goes; commands that are asked for their output write only stderr there.
        folder: the working directory.
        variables: added to the environment.
    """

    what: str
    log: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str | Path, variables: Mapping[str, str] | None = None) -> float:
        """Run a command and return the seconds it took.

        Raises:
            BuildError: it failed.
        """
        start = time.monotonic()
        with self.log.open("ab") as log:
            log.write(f"$ {shlex.join(map(str, command))}\n".encode())
            log.flush()
            code = subprocess.call(
                [str(part) for part in command],
                cwd=self.folder,
                env=self._environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if code:
            raise BuildError(self.what, shlex.join(map(str, command)), self.log, tail(self.log))
        return time.monotonic() - start

    def output(self, *command: str | Path) -> str:
        """Run a command and return what it printed.

        Raises:
            BuildError: it failed.
        """
        with self.log.open("ab") as log:
            log.write(f"$ {shlex.join(map(str, command))}\n".encode())
            log.flush()
            done = subprocess.run(
                [str(part) for part in command],
                cwd=self.folder,
                env=self._environment(None),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                check=False,
            )
        if done.returncode:
            raise BuildError(self.what, shlex.join(map(str, command)), self.log, tail(self.log))
        return done.stdout.decode()

    def _environment(self, variables: Mapping[str, str] | None) -> dict[str, str]:
        return {**os.environ, **self.variables, **(variables or {})}


def lower_priority(command: Sequence[str | Path]) -> list[str | Path]:
    """Prefix a command so that a person at the machine does not feel it."""
    return ["nice", "-n", "10", *command]
