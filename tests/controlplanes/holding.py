"""Keeps a run alive for a developer: in the foreground until Ctrl-C, or detached until ``down``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.controlplanes.errors import ProcessError
from tests.controlplanes.places import REPOSITORY, Places
from tests.controlplanes.shell import tail
from tests.controlplanes.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.controlplanes.processes import Run
    from tests.controlplanes.world import World

_HOLDER = "holder.pid"
_READY = "Ctrl-C, or `python -m tests.controlplanes down`, stops it"
_START_SECONDS = 3600  # the first start builds
_STOP_SECONDS = 60


class Holdable(Protocol):
    """A fleet or a set of servers."""

    world: World

    def close(self, *, keep: bool) -> None:
        """Stop everything."""


@contextmanager
def held(what: Holdable) -> Iterator[None]:
    """Close it at the end; its folder stays only after an error. SIGTERM ends it as Ctrl-C does."""
    holder = what.world.run.folder / _HOLDER
    holder.write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, _interrupt)
    keep = True
    try:
        yield
        keep = False
    except KeyboardInterrupt:
        keep = False
    finally:
        what.close(keep=keep)
        holder.unlink(missing_ok=True)


def wait(run: Run) -> None:
    """Say how to stop it, and wait for that.

    Raises:
        ProcessError: a process ended by itself.
    """
    print(_READY, flush=True)
    while True:
        time.sleep(1)
        run.check()


def detach(arguments: Sequence[str]) -> None:
    """Start the same command in the background, wait until it is ready, and print what it printed.

    Raises:
        ProcessError: it failed.
        NotReadyError: it did not become ready within an hour.
    """
    places = Places.from_environment()
    places.runs.mkdir(exist_ok=True)
    log = places.runs / "detached.log"
    with log.open("wb") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.controlplanes", *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )

    def is_ready() -> bool:
        code = child.poll()
        if code is not None:
            raise ProcessError("the detached run", code, log, tail(log))
        return _READY in log.read_text()

    wait_until("the detached run", is_ready, _START_SECONDS)
    print(log.read_text(), end="")


def stop_all(places: Places) -> int:
    """Stop every run of this checkout that someone holds; return how many."""
    holders = [path for path in places.runs.glob(f"*/{_HOLDER}") if _is_ours(int(path.read_text()))]
    for path in holders:
        os.kill(int(path.read_text()), signal.SIGTERM)
    wait_until("the end of the runs", lambda: not any(path.exists() for path in holders), _STOP_SECONDS)
    return len(holders)


def _is_ours(pid: int) -> bool:
    """Whether a process is a holder: its number may have become another's since it was written down."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"tests.controlplanes" in command


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
