"""A set of plain API servers of several releases, each started when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.controlplanes.apiserver import ApiServer
from tests.controlplanes.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.controlplanes.places import Places

#: What the integration tests compare the converter with.
RELEASES = ("1.16", "1.20", "1.24", "1.30", "1.36")


class ApiServers:
    """API servers by release: ``servers["1.20"]`` starts v1.20 or returns the one that runs.

    Attributes:
        world: the run they belong to.
    """

    def __init__(self, world: World, runtime_config: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> None:
        """Start none yet; ``runtime_config`` and ``flags`` are passed to each (``ApiServer`` says how)."""
        self.world = world
        self._runtime_config = runtime_config
        self._flags = flags
        self._running: dict[str, ApiServer] = {}

    @classmethod
    def open(
        cls, places: Places | None = None, runtime_config: tuple[str, ...] = (), flags: tuple[str, ...] = ()
    ) -> ApiServers:
        """Make a run for them, with an etcd."""
        return cls(World.open("apiservers", places), runtime_config, flags)

    def __getitem__(self, release: str) -> ApiServer:
        """Return the server of a release, ready.

        Raises:
            UnknownBinaryError: the table of pins does not have the release.
            HarnessError: it cannot be built or started.
        """
        return self.start(release)[release]

    def start(self, *releases: str) -> Mapping[str, ApiServer]:
        """Start several at once, which is quicker than one after the other, and return them ready."""
        for release in releases:
            if release not in self._running:
                name = f"apiserver-{release}"
                self._running[release] = ApiServer(
                    self.world, release, name, runtime_config=self._runtime_config, flags=self._flags
                )
        return {release: self._running[release].wait() for release in releases}

    def __iter__(self) -> Iterator[ApiServer]:
        """Go over those that run."""
        return iter(self._running.values())

    def close(self, *, keep: bool) -> None:
        """Stop them all; the folder with their logs goes, unless ``keep``."""
        self.world.close(keep=keep)
