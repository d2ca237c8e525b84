"""Selects the version of a manifest for a cluster: its own, one that a route leads to, or none."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from converter.errors import NoRouteError

if TYPE_CHECKING:
    from converter.clusters import Cluster
    from converter.conversion import Route
    from converter.library import Converter


class Availability(Enum):
    """Whether a cluster can have a kind."""

    SERVED = "served"
    CONVERTIBLE = "convertible"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class VersionChoice(NamedTuple):
    """The answer for one kind in one version and one cluster.

    Attributes:
        reach: whether the cluster can have it: as it is; converted; certainly not; or, because not everything is
            known of what it serves, perhaps.
        route: the way to the version that it gets, where it is converted.
        why: a sentence for people, without the cluster's name, if the kind is not available.
    """

    reach: Availability
    route: Route | None = None
    why: str = ""


_SERVED = VersionChoice(Availability.SERVED)


def choose(api_version: str, kind: str, cluster: Cluster, converter: Converter) -> VersionChoice:
    """Choose the version of a kind for a cluster: the one it has, else the cheapest to reach of those served."""
    versions = cluster.versions_of(kind)
    if api_version in versions:
        return _SERVED
    reason = ""
    if versions:
        try:
            return VersionChoice(Availability.CONVERTIBLE, converter.route(kind, api_version, versions))
        except NoRouteError as error:
            reason = error.reason
    reach = Availability.UNREACHABLE if cluster.complete else Availability.UNKNOWN
    return VersionChoice(reach, None, _why_not(api_version, kind, versions, reason, certain=cluster.complete))


def _why_not(api_version: str, kind: str, versions: tuple[str, ...], reason: str, *, certain: bool) -> str:
    if not versions:
        if certain:
            return f"the cluster does not serve {api_version} {kind}, nor any other version of that kind"
        return f"whether the cluster serves {api_version} {kind} is not known, nor any other version of that kind"
    listed = ", ".join(versions)
    route = f"and that cannot be converted: {reason}" if reason else "and no rule converts between them"
    if certain:
        return f"the cluster does not serve {api_version} {kind}, but {listed}, {route}"
    return f"whether the cluster serves {api_version} {kind} is not known; it serves {listed}, {route}"
