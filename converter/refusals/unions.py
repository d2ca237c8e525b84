"""Unions of which one member has to be set: a release that drops the only one refuses the manifest.

Kubernetes' documents do not say which types these are. They are named here, each with the check that demands a member;
the members come from the catalog, so that those of later releases are found too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from converter.kube import EACH, Each

if TYPE_CHECKING:
    from collections.abc import Collection

    from converter.catalog import Catalog, FieldType
    from converter.kube import GroupVersionKind, Json, Path

_BASE: Final = re.compile(r"[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?(?P<base>[A-Z]\w*)")


class _Union(NamedTuple):
    """How the members of a union differ from other fields.

    Attributes:
        noun: what it is, for people.
        scalars: members that are not objects.
        others: objects that are not members.
        filled_in: whether a server fills a member in where it knows none that was sent.
        taken_off: whether a server takes the union off if the only member is one that it knows behind a gate.
    """

    noun: str
    scalars: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    filled_in: bool = False
    taken_off: bool = False


_HANDLER: Final = _Union("handler")
REQUIRED: Final = {
    "Probe": _HANDLER,  # validateHandler, pkg/apis/core/validation/validation.go
    "Handler": _HANDLER,
    "LifecycleHandler": _Union("handler", taken_off=True),  # dropPodLifecycleSleepAction, pkg/api/pod/util.go
    "EnvVarSource": _Union("source"),  # validateEnvVarValueFrom
    "Volume": _Union("source", filled_in=True),  # validateVolumeSource; SetDefaults_Volume fills in emptyDir
    "PersistentVolumeSpec": _Union("source", others=frozenset({"claimRef", "nodeAffinity"})),
    "IngressBackend": _Union("backend", scalars=frozenset({"serviceName"})),  # validateIngressBackend
    "MetricSpec": _Union("metric"),  # validateMetricSpec, pkg/apis/autoscaling/validation/validation.go
    "PodResourceClaim": _Union("claim", scalars=frozenset({"resourceClaimName", "resourceClaimTemplateName"})),
    "PodFailurePolicyRule": _Union("requirement", scalars=frozenset({"onPodConditions"})),
    "DeviceRequest": _Union("request", scalars=frozenset({"firstAvailable"})),
}
"""By the name of the type without its version."""


class Members(NamedTuple):
    """The members of one union.

    Attributes:
        noun: what the union is, for people.
        names: the names of its fields that are members.
        filled_in: see `_Union`.
        taken_off: see `_Union`.
    """

    noun: str
    names: frozenset[str]
    filled_in: bool
    taken_off: bool

    def may_be_empty(self, *, known: bool) -> bool:
        """Whether a server accepts the union without a member.

        Args:
            known: whether it knows the member that was sent, and drops it because of a gate.
        """
        return self.taken_off if known else self.filled_in


class Unions:
    """Finds the union that a field is a member of; answers are cached, and the cache is bounded."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.of = lru_cache(maxsize=4096)(self._of)

    def _of(self, gvk: GroupVersionKind, path: Path) -> Members | None:
        """Return the union that a field is a member of; None if it is not one that demands a member.

        Args:
            gvk: the group, version and kind of the manifest.
            path: the field, with ``[*]`` for items of lists.
        """
        name = path[-1] if path else None
        holder = self._holder(gvk, path)
        target = holder.target if holder is not None and not holder.loose else None
        base = _BASE.fullmatch(target.name) if target is not None else None
        union = REQUIRED.get(base["base"]) if base is not None else None
        if union is None or target is None or not isinstance(name, str):
            return None
        objects = {key for key, field in target.fields.items() if field.kind == "object"}
        names = frozenset((objects - union.others) | union.scalars)
        return Members(union.noun, names, union.filled_in, union.taken_off) if name in names else None

    def _holder(self, gvk: GroupVersionKind, path: Path) -> FieldType | None:
        for release in reversed(self._catalog.releases_of(gvk)):
            root = self._catalog.type_of(release, gvk)
            if root is not None and root.field_at(path) is not None:
                return root.field_at(path[:-1])
        return None


def is_last(members: Members, holder: Json, lost: Collection[str]) -> bool:
    """Whether nothing is left of a union.

    Args:
        members: the union.
        holder: the object that has its fields.
        lost: the names of the fields that are dropped from it.
    """
    if not isinstance(holder, dict):
        return False
    return not any(holder.get(name) is not None for name in members.names if name not in lost)


def of_any_item(path: Path) -> Path:
    """Replace the index of each list item by ``[*]``."""
    return tuple(segment if isinstance(segment, str | Each) else EACH for segment in path)
