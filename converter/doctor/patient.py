"""What the checks look at: the API servers, the place of the installation, and how commands for them are written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import Collection, NotFoundError, RejectedError, each_item
from converter.client.clock import Now, utc_now
from converter.client.rule_objects import read_engine
from converter.clusters import Cluster
from converter.clusters.watched import CLUSTERS
from converter.install.host_removal import helm_release

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.engine import Engine
    from converter.kube import Manifest


class Access(NamedTuple):
    """How an administrator selected an API server.

    Attributes:
        file: the kubeconfig; empty if none was given.
        context: the context in it; empty for its current one.
    """

    file: str = ""
    context: str = ""


COMPONENTS: Final = frozenset({"admission", "controller", "discovery"})
"""The processes that run the converter's image."""

_AS_KUBECTL: Final = Access()

UNKNOWN_KUBECONFIG: Final = "karmada.config"
"""Karmada's kubeconfig in commands of kubectl, where the administrator gave none."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Writes commands that an administrator can paste.

    Attributes:
        karmada: how Karmada was selected; without a file, it was found in the host cluster.
        host: how the host cluster was selected; without a file, as kubectl does it.
        namespace: the namespace of the installation.
        release: the Helm release that the host part belongs to; empty if `converter install` made it.
    """

    karmada: Access = _AS_KUBECTL
    host: Access = _AS_KUBECTL
    namespace: str = "karmada-system"
    release: str = ""

    def install(self) -> tuple[str, ...]:
        """Write the command that applies every object again, as the installation was made."""
        if self.release:
            access = _options("--kubeconfig", "--kube-context", self.host)
            place = ("--namespace", self.namespace, "--reset-then-reuse-values")
            return ("helm", "upgrade", self.release, "deploy/chart", *access, *place)
        return self.converter("install")

    def converter(self, command: str, *, host: bool = True) -> tuple[str, ...]:
        """Write a command of the converter.

        Args:
            command: its name.
            host: whether it needs the host cluster as well.
        """
        selection = _options("--karmada-kubeconfig", "--karmada-context", self.karmada)
        if host or not self.karmada.file:
            selection += _options("--kubeconfig", "--context", self.host)
        return ("converter", command, *selection, "--namespace", self.namespace)

    def on_karmada(self, *arguments: str) -> tuple[str, ...]:
        """Write a kubectl command for Karmada."""
        access = self.karmada._replace(file=self.karmada.file or UNKNOWN_KUBECONFIG)
        return ("kubectl", *_options("--kubeconfig", "--context", access), *arguments)

    def on_host(self, *arguments: str) -> tuple[str, ...]:
        """Write a kubectl command for the namespace in the host cluster."""
        return ("kubectl", *_options("--kubeconfig", "--context", self.host), "-n", self.namespace, *arguments)

    def restart(self, *deployments: str) -> tuple[str, ...]:
        """Write the command that restarts Deployments of the host cluster."""
        return self.on_host("rollout", "restart", "deployment", *deployments)


def _options(file: str, context: str, access: Access) -> tuple[str, ...]:
    pairs = ((file, access.file), (context, access.context))
    return tuple(word for name, value in pairs if value for word in (name, value))


async def with_origin(commands: Commands, host: ApiServer) -> Commands:
    """Complete commands by how the host part was installed; without access to it, they stay as they are.

    Raises:
        ApiError: the API server did not answer.
    """
    try:
        release = await helm_release(host, commands.namespace)
    except RejectedError:
        return commands
    return replace(commands, release=release.name) if release is not None else commands


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
        rules: the rules that the control plane uses; None to read them.
    """

    karmada: ApiServer
    host: ApiServer | None
    namespace: str
    commands: Commands
    scheduler_name: str = "apiconverter"
    now: Now = utc_now
    rules: Engine | None = None
    _clusters: asyncio.Future[list[Manifest]] | None = field(default=None, init=False)

    async def engine(self) -> Engine:
        """Return the shipped rules, with the rule objects of the control plane; read once.

        Raises:
            ApiError: a request failed.
        """
        if self.rules is None:
            self.rules = await read_engine(self.karmada)
        return self.rules

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
