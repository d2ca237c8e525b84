"""Finds the group/versions that the control plane must know for the fleet, although it does not serve them itself."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from converter.client import ApiError
from converter.client.collections import API_SERVICES
from converter.client.gather import gather_each
from converter.controllers.apiservices import LABEL
from converter.discovery import named_resources
from converter.kube import GroupVersionKind
from converter.works.version_selection import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from converter.catalog import Catalog
    from converter.client import ApiServer
    from converter.clusters import Cluster, Fleet, FleetView
    from converter.controllers.apiservices import GroupVersion
    from converter.discovery import Named
    from converter.engine import Engine

_log = logging.getLogger(__name__)

_NATIVE_SECONDS = 300.0
"""How long the control plane's own versions stay cached while neither the fleet nor the rules change. They change with
the control plane's release and its CRDs."""


@dataclass(slots=True)
class NeededVersions:
    """Knows which group/versions the fleet needs now.

    Attributes:
        server: the control plane.
        converter: returns the rules in use.
        fleet: the clusters.
        catalog: names the resources of built-in kinds.
        in_use: returns the apiVersions that converted manifests have now.
    """

    server: ApiServer
    converter: Callable[[], Engine]
    fleet: FleetView
    catalog: Catalog
    in_use: Callable[[], Iterable[str]]
    _native: dict[str, frozenset[str]] = field(default_factory=dict)
    _native_until: float = 0.0
    _native_for: tuple[Engine, Fleet] | None = None
    _resources: tuple[Named, ...] = ()
    _resources_of: Engine | None = None

    async def __call__(self) -> dict[GroupVersion, tuple[Named, ...]]:
        """Find them, each with its resources.

        Raises:
            ApiError: the control plane's own versions could not be read.
        """
        converter, fleet = self.converter(), self.fleet.current
        now = asyncio.get_running_loop().time()
        if now >= self._native_until or self._native_for != (converter, fleet):
            self._native = await native_versions(self.server)
            self._native_until = now + _NATIVE_SECONDS
            self._native_for = (converter, fleet)
        if self._resources_of is not converter:
            self._resources = await asyncio.to_thread(named_resources, converter.book, self.catalog)
            self._resources_of = converter
        resources = self._resources
        needed = needed_versions(converter, fleet.values(), self._native, resources, self.in_use())
        return {
            (group, version): tuple(one for one in resources if (one.gvk.group, one.gvk.version) == (group, version))
            for group, version in sorted(needed)
        }


def needed_versions(
    converter: Engine,
    clusters: Iterable[Cluster],
    native: Mapping[str, frozenset[str]],
    resources: Iterable[Named],
    in_use: Iterable[str] = (),
) -> frozenset[GroupVersion]:
    """Find each group/version that a conversion leads to and the control plane does not serve.

    A version counts only if a Work can get it: from a version that the control plane serves, for a cluster that lacks
    that version. So a fleet whose members serve the same versions as the control plane needs none.

    Args:
        converter: the rules in use.
        clusters: the fleet.
        native: for each kind, the apiVersions that the control plane serves itself.
        resources: what rules name; nothing else can be registered.
        in_use: apiVersions that converted manifests have now. They stay as long as a Work has them.
    """
    named = {resource.gvk for resource in resources}
    served = {version for versions in native.values() for version in versions}
    wanted: set[GroupVersionKind] = set()
    for cluster in clusters:
        for kind in cluster.served:
            for source in native.get(kind, frozenset()):
                route = choose(source, kind, cluster, converter).route  # as admission does
                if route is not None:
                    wanted.add(GroupVersionKind.of(route.target, kind))
    found = {(gvk.group, gvk.version) for gvk in wanted & named}
    found |= {(gvk.group, gvk.version) for gvk in named if gvk.api_version in set(in_use)}
    return frozenset((group, version) for group, version in found if f"{group}/{version}" not in served)


async def native_versions(server: ApiServer) -> dict[str, frozenset[str]]:
    """Read from discovery which apiVersions of each kind the control plane serves itself.

    Versions that we registered are left out, and so are versions whose server does not answer.

    Raises:
        ApiError: the APIServices could not be read.
    """
    services = msgspec.json.decode(await server.get(API_SERVICES.path()))["items"]
    versions = [
        f"{service['spec']['group']}/{service['spec']['version']}"
        for service in services
        if (service["metadata"].get("labels") or {}).get(LABEL) != "true" and service["spec"].get("group")
    ]
    found: dict[str, set[str]] = {}
    answers = await gather_each(partial(_kinds_of, server), versions)  # a rule waits for all of them
    for version, kinds in zip(versions, answers, strict=True):
        for kind in kinds:
            found.setdefault(kind, set()).add(version)
    return {kind: frozenset(versions) for kind, versions in found.items()}


async def _kinds_of(server: ApiServer, api_version: str) -> list[str]:
    """Read the kinds of a version; none if its server does not answer."""
    try:
        resources = msgspec.json.decode(await server.get(f"/apis/{api_version}"))["resources"]
    except ApiError as error:
        _log.warning("discovery of %s failed: %s", api_version, error)
        return []
    return [resource["kind"] for resource in resources if "/" not in resource["name"]]
