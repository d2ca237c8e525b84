"""Processes of a run: each with its log, in a group of its own, ended whatever happens to the harness."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from tests.controlplanes.errors import ProcessError
from tests.controlplanes.shell import tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

_GRACE = 10.0
#: For all processes of a run together at its end, when nothing that they hold is wanted any more.
_FAREWELL = 4.0
_GUARDIAN = Path(__file__).with_name("guardian.py")


class Process:
    """One program, which can be started, stopped, killed, frozen and started again with the same arguments.

    Attributes:
        name: its name in the run: the log is ``<name>.log``.
        command: program and arguments; may be changed between a stop and a start.
        variables: added to the environment.
        log: its output, over all its starts.
    """

    def __init__(
        self, run: Run, name: str, command: Sequence[str | Path], variables: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.variables = dict(variables or {})
        self.log = run.folder / f"{name}.log"
        self._run = run
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child and self._child.poll() is None else None

    @property
    def memory(self) -> int:
        """Resident memory in bytes, 0 while it does not run."""
        if self.pid is None:
            return 0
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def start(self) -> None:
        """Start it; does nothing while it runs."""
        if self.pid is not None:
            return
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                env={**os.environ, **self.variables},
                cwd=self._run.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._run.guard(self._child.pid)

    def stop(self, grace: float = _GRACE) -> None:
        """Ask it to end, and kill it when it has not after ``grace`` seconds."""
        self._end(signal.SIGTERM, grace)

    def kill(self) -> None:
        """Kill it: nothing is flushed or said goodbye to."""
        self._end(signal.SIGKILL, _GRACE)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop it with SIGSTOP, as if the machine hung; ``thaw`` continues it."""
        _signal(self._child, signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue a frozen process."""
        _signal(self._child, signal.SIGCONT)

    def check(self) -> None:
        """Raise if it ended by itself.

        Raises:
            ProcessError: it did, with the end of its log.
        """
        if self._child is not None and (code := self._child.poll()) is not None:
            raise ProcessError(self.name, code, self.log, tail(self.log))

    def log_text(self) -> str:
        """Return all it has written."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _end(self, number: signal.Signals, grace: float) -> None:
        # First, so that `check` in another thread does not take this end for one that came by itself.
        child, self._child = self._child, None
        if child is None:
            return
        _signal(child, signal.SIGCONT)
        _signal(child, number)
        try:
            child.wait(grace)
        except subprocess.TimeoutExpired:
            _signal(child, signal.SIGKILL)
            child.wait()
        self._run.release(child.pid)


def _signal(child: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    """Send a signal to the whole group, while its leader runs: after that its number may be another's."""
    if child is not None and child.poll() is None:
        os.killpg(child.pid, number)


class Run:
    """A directory for one run, and the processes that live in it; use it as a context manager.

    Attributes:
        folder: holds logs, keys, kubeconfigs and data.
        processes: in the order of their making; they are stopped in the other order.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.processes: list[Process] = []
        self._guardian: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def process(self, name: str, command: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> Process:
        """Make a process of this run and start it."""
        process = Process(self, name, command, variables)
        self.processes.append(process)
        process.start()
        return process

    def guard(self, group: int) -> None:
        """Have a process group ended when the harness is gone."""
        print(f"+{group}", file=self._line(), flush=True)

    def release(self, group: int) -> None:
        """Forget a process group: its number may become another's."""
        print(f"-{group}", file=self._line(), flush=True)

    def check(self) -> None:
        """Raise if any process that was not stopped has ended.

        Raises:
            ProcessError: the first one that has.
        """
        for process in self.processes:
            process.check()

    def memory(self) -> dict[str, int]:
        """Return the resident bytes of each process."""
        return {process.name: process.memory for process in self.processes}

    def close(self) -> None:
        """Stop all processes; safe to call twice."""
        atexit.unregister(self.close)
        living = [process for process in reversed(self.processes) if process.pid is not None]
        for process in living:
            # All get the signal at once, so that they end in parallel.
            process.thaw()
            _signal(process._child, signal.SIGTERM)
        deadline = time.monotonic() + _FAREWELL
        for process in self.processes[::-1]:
            process.stop(grace=max(0.1, deadline - time.monotonic()))
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None

    def remove(self) -> None:
        """Close, and delete the directory: for runs whose logs nobody needs."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self) -> IO[str]:
        """The line to the guardian, which is started with the first process."""
        if self._guardian is None:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", str(_GUARDIAN)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
            )
        assert self._guardian.stdin is not None
        return self._guardian.stdin
