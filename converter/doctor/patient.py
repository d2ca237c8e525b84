"""What the checks look at: the API servers, the place of the installation, and how commands for them are written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from converter.client import Collection, NotFoundError, each_item
from converter.client.clock import Now, utc_now
from converter.clusters import Cluster
from converter.clusters.watched import CLUSTERS
from converter.engine import Engine

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.kube import Manifest


@dataclass(frozen=True, slots=True)
class Commands:
    """Writes commands that an administrator can paste.

    Attributes:
        karmada: the kubeconfig of Karmada, as it was given.
        host: the kubeconfig of the host cluster, as it was given; empty for kubectl's own.
        namespace: the namespace of the installation.
    """

    karmada: str = "karmada.config"
    host: str = ""
    namespace: str = "karmada-system"

    def converter(self, command: str, *, host: bool = True) -> tuple[str, ...]:
        """Write a command of the converter.

        Args:
            command: its name.
            host: whether it needs the host cluster as well.
        """
        config = ("--kubeconfig", self.host) if host and self.host else ()
        return ("converter", command, "--karmada-kubeconfig", self.karmada, *config, "--namespace", self.namespace)

    def on_karmada(self, *arguments: str) -> tuple[str, ...]:
        """Write a kubectl command for Karmada."""
        return ("kubectl", "--kubeconfig", self.karmada, *arguments)

    def on_host(self, *arguments: str) -> tuple[str, ...]:
        """Write a kubectl command for the namespace in the host cluster."""
        config = ("--kubeconfig", self.host) if self.host else ()
        return ("kubectl", *config, "-n", self.namespace, *arguments)

    def restart(self, *deployments: str) -> tuple[str, ...]:
        """Write the command that restarts Deployments of the host cluster."""
        return self.on_host("rollout", "restart", "deployment", *deployments)


@dataclass
class Patient:
    """One installation.

    Attributes:
        karmada: the Karmada API server.
        host: the host cluster's API server; None to check Karmada only.
        namespace: the namespace of the installation, on both.
        commands: writes commands.
        scheduler_name: the name of the converter's scheduler; empty if Karmada's own does its work.
        now: the wall clock.
    """

    karmada: ApiServer
    host: ApiServer | None
    namespace: str
    commands: Commands
    scheduler_name: str = "apiconverter"
    now: Now = utc_now
    _clusters: asyncio.Future[list[Manifest]] | None = field(default=None, init=False)

    @cached_property
    def engine(self) -> Engine:
        """The shipped rules."""
        return Engine.from_rules()

    async def clusters(self) -> list[Manifest]:
        """Return all Clusters, as they are stored; read once.

        Raises:
            ApiError: a request failed.
        """
        if self._clusters is None:
            self._clusters = asyncio.ensure_future(listed(self.karmada, CLUSTERS))
        return await self._clusters

    async def members(self) -> list[Cluster]:
        """Return what is known of each cluster's versions.

        Raises:
            ApiError: a request failed.
        """
        return [Cluster.from_karmada(cluster) for cluster in await self.clusters()]


async def listed(server: ApiServer, collection: Collection, namespace: str = "", selector: str = "") -> list[Manifest]:
    """Read a whole collection; an empty list if the API server does not serve it.

    Raises:
        ApiError: a request failed.
    """
    try:
        return [msgspec.json.decode(raw) async for raw in each_item(server, collection, namespace, selector)]
    except NotFoundError:
        return []


async def found(server: ApiServer, path: str) -> Manifest | None:
    """Read one object; None if there is none.

    Raises:
        ApiError: the request failed.
    """
    try:
        thing: Manifest = msgspec.json.decode(await server.get(path))
    except NotFoundError:
        return None
    return thing
