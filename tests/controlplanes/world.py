"""What every part of a run needs to know: its folder and processes, ports, keys, etcd and binaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.controlplanes import build, toolchain
from tests.controlplanes.client import Client
from tests.controlplanes.etcd import Etcd
from tests.controlplanes.names import Names
from tests.controlplanes.pki import Pki
from tests.controlplanes.places import Places
from tests.controlplanes.ports import Ports
from tests.controlplanes.processes import Run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class World:
    """One run: an etcd, a set of keys, and the processes that use them. ``World.open`` makes one.

    Attributes:
        places: where binaries are.
        run: the folder and the processes.
        ports: gives out free ports.
        pki: the keys.
        etcd: serves all API servers of the run, each under its own prefix.
        names: what its API servers know Services by; None if they only know the machine's names.
        bind: the address on which API servers listen. It includes 127.0.0.1.
    """

    places: Places
    run: Run
    ports: Ports
    pki: Pki
    etcd: Etcd
    names: Names | None = None
    bind: str = "127.0.0.1"
    _clients: list[Client] = field(default_factory=list, repr=False)

    @classmethod
    def open(cls, purpose: str, places: Places | None = None, bind: str = "127.0.0.1") -> World:
        """Make the folder and the keys, and start etcd (building nothing).

        Args:
            purpose: of the run, for its folder's name.
            places: where binaries are; None means as the environment says.
            bind: the address on which API servers listen.

        Raises:
            HarnessError: etcd cannot be found, fetched or started.
        """
        places = places or Places.from_environment()
        program = toolchain.etcd(places)
        run = Run(places.new_run(purpose))
        try:
            ports = Ports(places.cache)
            etcd = Etcd(run, ports, program)
            world = cls(places, run, ports, Pki(run.folder / "pki"), etcd, bind=bind)
            etcd.wait()
        except BaseException:
            run.close()
            raise
        return world

    def know_names(self) -> Names:
        """Give the API servers that start from now on names of their own, for Services that are on this machine."""
        if self.names is None:
            self.names = Names(self.run.folder)
        return self.names

    def binary(self, program: str, version: str) -> Path:
        """Return a binary, building it if need be."""
        return build.binary(self.places, f"{program}-{version}")

    def client(self, port: int) -> Client:
        """Return an administrator's client for a server of the run; the run closes it at its end."""
        client = Client(port, self.pki.authority.certificate, pair=self.pki.admin)
        self._clients.append(client)
        return client

    def close(self, *, keep: bool) -> None:
        """Stop everything; delete the folder unless its logs are wanted."""
        for client in self._clients:
            client.close()
        if keep:
            self.run.close()
        else:
            self.run.remove()
        self.ports.close()
