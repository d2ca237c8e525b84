"""Where the harness keeps things: the cache of built binaries and the directories of runs."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE = "CONVERTER_TEST_CACHE"
ASSETS_VARIABLE = "CONVERTER_TEST_ASSETS"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The directories of one user of the harness.

    Attributes:
        cache: holds what is built, outside of the repository.
        assets: a directory of ready binaries that is looked into first; None if there is none.
        runs: parent of the directories that hold logs, keys and kubeconfigs of running control planes.
    """

    cache: Path
    assets: Path | None
    runs: Path

    @classmethod
    def from_environment(cls) -> Places:
        """Read ``CONVERTER_TEST_CACHE``, ``CONVERTER_TEST_ASSETS`` and ``XDG_CACHE_HOME``."""
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        cache = Path(os.environ.get(CACHE_VARIABLE) or home / "karmada-api-version-converter")
        assets = os.environ.get(ASSETS_VARIABLE)
        return cls(
            cache=cache.expanduser().resolve(),
            assets=Path(assets).expanduser().resolve() if assets else None,
            runs=REPOSITORY / ".run",
        )

    @property
    def ready(self) -> Path:
        """Where finished binaries and files lie, in the same layout as ``assets``."""
        return self.cache / "ready"

    def find(self, name: str) -> Path | None:
        """Return the path of a finished binary or directory, from the assets or the cache; None if absent."""
        for folder in (self.assets, self.ready):
            if folder is not None and (folder / name).exists():
                return folder / name
        return None

    def log(self, name: str) -> Path:
        """Return the file that a build's output goes to."""
        folder = self.cache / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def new_run(self, purpose: str) -> Path:
        """Make a directory for one run, named by purpose and time, and readable only by its owner."""
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        run = self.runs / f"{purpose}-{stamp}-{os.getpid()}"
        run.mkdir(parents=True, mode=0o700)
        return run

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock that other processes of this machine see; it dies with its holder."""
        folder = self.cache / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
