"""What a release refuses because it drops something: a union without a member, and the like.

Servers drop a field first and validate what is left. So a manifest that is valid where the field is known can be
refused where it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from converter.catalog import Release, value_at
from converter.refusals.checks import field
from converter.refusals.model import Found, Refusal, RefusalReason
from converter.refusals.traffic import is_checked
from converter.refusals.unions import Unions, is_last

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.catalog import Catalog
    from converter.kube import GroupVersionKind, Manifest, Path

_TEMPLATES_VALIDATED: Final = Release(1, 35)
"""The first release that is known to validate all of a StatefulSet's templates (ValidateStatefulSet)."""

_SPECIAL: Final = frozenset({"maxSurge", "restartPolicy", "stopSignal"})
"""Fields that are not members of a union, and whose loss can make a manifest invalid."""

_FOR_SIDECARS: Final = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")


class Dropped(NamedTuple):
    """A field that a release drops.

    Attributes:
        path: its place.
        known: whether the release knows the field, and drops it all the same: its feature gate is off.
        schema: its place in the type: the path with ``[*]`` for every index, and for every key of a map.
    """

    path: Path
    known: bool
    schema: Path


class DroppedMembers:
    """Finds what the loss of a field makes invalid."""

    def __init__(self, catalog: Catalog) -> None:
        self._unions = Unions(catalog)

    def may_be_needed(self, gvk: GroupVersionKind, schema: Path) -> bool:
        """Whether the loss of a field can make a manifest invalid.

        Args:
            gvk: the manifest's group, version and kind.
            schema: the field's place in the type.
        """
        return schema[-1] in _SPECIAL or self._unions.of(gvk, schema) is not None

    def find(
        self, manifest: Manifest, gvk: GroupVersionKind, release: Release, dropped: Iterable[Dropped]
    ) -> list[Found]:
        """List the dropped fields without which a release refuses a manifest.

        Args:
            manifest: the manifest, in the version that the server gets.
            gvk: its group, version and kind.
            release: the server's release.
            dropped: all fields that it drops.
        """
        fields = [*dropped]
        candidates = [one for one in fields if one.path[-1] in _SPECIAL or self.may_be_needed(gvk, one.schema)]
        if not candidates:
            return []
        lost: dict[Path, set[str]] = {}
        for one in fields:
            lost.setdefault(one.path[:-1], set()).add(str(one.path[-1]))
        found = []
        for one in candidates:
            refusal = self._refusal(manifest, gvk, one, lost[one.path[:-1]])
            if refusal is not None:
                if is_of_pods(gvk.kind, one.path, release):
                    refusal = Refusal(refusal.reason, refusal.demand, refusal.mend, of_pods=True)
                found.append(Found(one.path, value_at(manifest, one.path), refusal))
        return found

    def _refusal(self, manifest: Manifest, gvk: GroupVersionKind, one: Dropped, lost: set[str]) -> Refusal | None:
        path, holder = one.path, value_at(manifest, one.path[:-1])
        unchecked = gvk.kind == "Ingress" and not is_checked(value_at(manifest, path[:3]), gvk.api_version)
        members = self._unions.of(gvk, one.schema) if not unchecked else None
        if members is not None and is_last(members, holder, lost) and not members.may_be_empty(known=one.known):
            demand = f"it drops {path[-1]}, and demands a {members.noun}"
            return Refusal(RefusalReason.NO_MEMBER_LEFT, demand, f"use another {members.noun} for this cluster")
        surges = gvk.kind == "DaemonSet" and path[-2:] == ("rollingUpdate", "maxSurge")
        if surges and field(holder, "maxUnavailable") in (0, "0", "0%"):
            demand = "it drops maxSurge, and maxUnavailable cannot be 0 without it"
            return Refusal(RefusalReason.NO_ROLLING_UPDATE, demand, "set maxUnavailable for this cluster")
        if path[-1] == "restartPolicy" and path[-3:-2] == ("initContainers",):
            has = [name for name in _FOR_SIDECARS if field(holder, name) is not None and name not in lost]
            if has:
                demand = f"it drops restartPolicy, and an init container that ends cannot have {' and '.join(has)}"
                return Refusal(RefusalReason.NO_SIDECAR, demand, "make it one of the containers for this cluster")
        if path[-2:] == ("lifecycle", "stopSignal") and path[-4:-3] == ("initContainers",) and not one.known:
            container = value_at(manifest, path[:-2])
            if field(container, "restartPolicy") != "Always":
                demand = "it drops stopSignal, and an init container that ends cannot have a lifecycle"
                return Refusal(RefusalReason.INIT_LIFECYCLE, demand, "take the lifecycle out for this cluster")
        return None


def is_of_pods(kind: str, path: Path, release: Release) -> bool:
    """Whether a server takes an object with an invalid value there, and refuses the Pods or claims made of it."""
    inside = path[:2] in (("spec", "template"), ("spec", "volumeClaimTemplates"))
    return kind == "StatefulSet" and inside and release < _TEMPLATES_VALIDATED
