"""Selects the version of a kind that a cluster gets: the one that was sent, another one by conversion, or none."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING

import msgspec

from converter.errors import NoRouteError

if TYPE_CHECKING:
    from converter.clusters import Cluster
    from converter.conversion import CompiledRoute
    from converter.engine import Engine


class Availability(Enum):
    """Whether a kind is available on a cluster."""

    SERVED = "served"
    CONVERTIBLE = "convertible"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Unavailability(StrEnum):
    """Why no version of a kind is available, as far as is known of what the cluster serves."""

    KIND_NOT_SERVED = "KindNotServed"
    """The cluster serves no version of the kind."""
    NO_RULE = "NoRule"
    """The cluster serves other versions, and no rule leads to one of them."""
    RULED_OUT = "RuledOut"
    """The cluster serves other versions, and a rule file says that a conversion to them is impossible."""


class VersionChoice(msgspec.Struct, frozen=True):
    """The choice for one kind, one version and one cluster.

    Attributes:
        availability: whether the cluster serves the version, or another one that rules lead to. If neither is true, it
            is unreachable, or unknown if not all is known of what the cluster serves.
        route: the conversion; None if there is none.
        reason: why the kind is not available; None if it is.
        served: the versions of the kind that the cluster serves, if the kind is not available.
        why: the reason for people, without the cluster's name; empty if the kind is available.
    """

    availability: Availability
    route: CompiledRoute | None = None
    reason: Unavailability | None = None
    served: tuple[str, ...] = ()
    why: str = ""


_SERVED = VersionChoice(Availability.SERVED)


def choose(api_version: str, kind: str, cluster: Cluster, converter: Engine) -> VersionChoice:
    """Choose a version: the one that was sent if the cluster serves it, else the cheapest to convert to."""
    versions = cluster.served.get(kind, ())
    if api_version in versions:
        return _SERVED
    reason, words = Unavailability.KIND_NOT_SERVED, ""
    if versions:
        try:
            return VersionChoice(Availability.CONVERTIBLE, converter.route(kind, api_version, versions))
        except NoRouteError as error:
            words = error.reason
            reason = Unavailability.RULED_OUT if words else Unavailability.NO_RULE
    availability = Availability.UNREACHABLE if cluster.complete else Availability.UNKNOWN
    why = _why_not(api_version, kind, versions, words, certain=cluster.complete)
    return VersionChoice(availability, None, reason, versions, why)


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
