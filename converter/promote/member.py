"""Reads objects of a member through Karmada's cluster proxy, in the version that the member serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from converter.client import NotFoundError, RejectedError, each_item
from converter.clusters import Cluster
from converter.clusters.watched import CLUSTERS
from converter.errors import ConverterError
from converter.promote.resources import MemberResources

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.kube import Manifest
    from converter.promote.resources import Resource

_METHOD_NOT_ALLOWED: Final = 405


class UnknownClusterError(ConverterError):
    """No cluster of that name has joined the control plane.

    Attributes:
        name: the name that was asked for.
        known: the names of the clusters that have joined.
    """

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"cluster {name} has not joined Karmada; pass one of: {', '.join(known) or 'none has joined'}")


class ProxyError(ConverterError):
    """The member refused a request through the cluster proxy.

    Attributes:
        cluster: the member's name.
    """

    def __init__(self, cluster: str, problem: str) -> None:
        self.cluster = cluster
        super().__init__(
            f"cannot read cluster {cluster} through Karmada's cluster proxy: {problem}; your user needs the verb * on "
            f"clusters/proxy {cluster}, and rights on the member (docs/how-to/promote.md)"
        )


@dataclass(frozen=True, slots=True)
class Member:
    """One member, and how to read it.

    Attributes:
        server: the control plane.
        cluster: the member as the converter knows it.
        resources: what it serves.
    """

    server: ApiServer
    cluster: Cluster
    resources: MemberResources

    @classmethod
    async def find(cls, server: ApiServer, name: str) -> Member:
        """Find a member by its name in Karmada.

        Raises:
            UnknownClusterError: it has not joined.
            ApiError: the control plane refused a request or did not answer.
        """
        try:
            found = msgspec.json.decode(await server.get(CLUSTERS.object_path("", quote(name, safe=""))))
        except NotFoundError:
            known = [msgspec.json.decode(raw)["metadata"]["name"] async for raw in each_item(server, CLUSTERS)]
            raise UnknownClusterError(name, tuple(sorted(known))) from None
        enablements = (found.get("status") or {}).get("apiEnablements") or ()
        return cls(server, Cluster.from_karmada(found), MemberResources.read(name, enablements))

    @property
    def name(self) -> str:
        """The member's name in Karmada."""
        return self.cluster.name

    async def get(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        """Read one object; None if the member does not have it.

        Raises:
            ProxyError: the member refused the request.
            ApiError: the control plane did not answer.
        """
        path = resource.collection(self._prefix).object_path(quote(namespace, safe=""), quote(name, safe=""))
        try:
            return _typed(msgspec.json.decode(await self.server.get(path)), resource)
        except NotFoundError:
            return None
        except RejectedError as error:
            raise ProxyError(self.name, error.problem) from error

    async def all(self, resource: Resource, namespace: str) -> list[Manifest]:
        """Read all objects in a namespace; none if the member does not list the kind.

        Raises:
            ProxyError: the member refused the request.
            ApiError: the control plane did not answer.
        """
        collection = resource.collection(self._prefix)
        try:
            return [
                _typed(msgspec.json.decode(raw), resource)
                async for raw in each_item(self.server, collection, quote(namespace, safe=""))
            ]
        except NotFoundError:
            return []
        except RejectedError as error:
            if error.status == _METHOD_NOT_ALLOWED:
                return []
            raise ProxyError(self.name, error.problem) from error

    @property
    def _prefix(self) -> str:
        return CLUSTERS.object_path("", quote(self.name, safe=""), "proxy")


def _typed(manifest: Manifest, resource: Resource) -> Manifest:
    """Add apiVersion and kind, which servers leave out of the items of a list."""
    return {"apiVersion": resource.gvk.api_version, "kind": resource.gvk.kind, **manifest}
