"""The errors of the harness; every message says where to look next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class HarnessError(Exception):
    """Base of every error the harness raises on purpose."""


class UnknownBinaryError(HarnessError):
    """A name that the table of pins does not hold.

    Attributes:
        name: the name that was asked for.
        known: the names there are.
    """

    def __init__(self, name: str, known: list[str]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"there is no {name!r}; the table in tests/controlplanes/pins.py has {', '.join(known)}")


class BuildError(HarnessError):
    """A command of a build failed.

    Attributes:
        what: what was being built.
        command: the command, as one would type it.
        log: the file that holds its output.
    """

    def __init__(self, what: str, command: str, log: Path, tail: str) -> None:
        self.what = what
        self.command = command
        self.log = log
        super().__init__(f"building {what} failed at `{command}`; the whole log is {log}. It ends:\n{tail}")


class ProcessError(HarnessError):
    """A process of a control plane ended by itself.

    Attributes:
        name: the process's name in the run directory.
        code: its exit code (negative: the signal).
        log: the file that holds its output.
    """

    def __init__(self, name: str, code: int, log: Path, tail: str) -> None:
        self.name = name
        self.code = code
        self.log = log
        super().__init__(f"{name} ended with code {code}; its log is {log}. It ends:\n{tail}")


class NotReadyError(HarnessError):
    """A wait for a condition timed out.

    Attributes:
        what: what was waited for.
        seconds: how long.
        last: what was seen last.
    """

    def __init__(self, what: str, seconds: float, last: str) -> None:
        self.what = what
        self.seconds = seconds
        self.last = last
        super().__init__(f"{what} did not come within {seconds:.0f} s; last seen: {last}")
