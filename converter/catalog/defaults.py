"""Values that mean what an older release does anyway: losing one changes nothing.

Kubernetes' API conventions demand that the default of an added field keeps the behaviour of before. The constant
defaults are in the catalog's file, from Kubernetes' own defaulting functions (``tools/catalog/field_defaults.py``). The
table below has those that depend on the rest of the object, each with its source. `converter.catalog.unset` has the
values that no server fills in, and that mean the same as leaving a field out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.catalog.unset import NO_VALUE, is_collection, unset_value
from converter.kube import EACH, Each, Named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter.catalog.lookup import Catalog
    from converter.catalog.types import FieldType, ObjectType
    from converter.kube import GroupVersionKind, Json, Path, Segment

_BASE = re.compile(r"[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?(?P<base>[A-Z]\w*)")
_Holder = Mapping[str, Any]


def _replaces_as_before(value: Json, holder: _Holder) -> bool:
    """SetDefaults_Job, pkg/apis/batch/v1/defaults.go."""
    return bool(value == ("Failed" if holder.get("podFailurePolicy") is not None else "TerminatingOrFailed"))


def _single_stack(value: Json, _: _Holder) -> bool:
    """initIPFamilyFields, pkg/registry/core/service/storage/alloc.go: a Service that names no family."""
    return bool(value == "SingleStack")


def _only_ipv4(value: Json, holder: _Holder) -> bool:
    """The same: one family, that of the cluster; a Service that asks for IPv6 may get another one without the field."""
    return value == ["IPv4"] and holder.get("ipFamilyPolicy") in {None, "SingleStack"}


def _same_address(value: Json, holder: _Holder) -> bool:
    """NormalizeClusterIPs, pkg/registry/core/service/strategy.go: the list of one is the same as clusterIP."""
    return isinstance(value, list) and value == [holder.get("clusterIP")]


def _same_source(value: Json, holder: _Holder) -> bool:
    """NormalizeDataSources, pkg/api/persistentvolumeclaim/util.go: a copy of dataSource.

    Of other kinds, a server that drops the copy drops dataSource, too.
    """
    kind = value.get("kind") if isinstance(value, Mapping) else None
    return kind in {"PersistentVolumeClaim", "VolumeSnapshot"} and value == holder.get("dataSource")


def _preempts(value: Json, _: _Holder) -> bool:
    """plugin/pkg/admission/priority/admission.go: what the admission plugin writes into every Pod."""
    return bool(value == "PreemptLowerPriority")


def _resizes_without_restart(value: Json, _: _Holder) -> bool:
    """setDefaultResizePolicy, pkg/apis/core/v1/defaults.go (v1.27 to v1.32)."""
    policies = [entry.get("restartPolicy") if isinstance(entry, Mapping) else None for entry in _items(value)]
    return bool(policies) and all(policy == "NotRequired" for policy in policies)


def _only_persistent(value: Json, _: _Holder) -> bool:
    """SetDefaults_CSIDriver, pkg/apis/storage/v1/defaults.go."""
    return bool(value == ["Persistent"])


def _default_mount(value: Json, _: _Holder) -> bool:
    """SetDefaults_SecurityContext, pkg/apis/core/v1/defaults.go."""
    return bool(value == "Default")


def _as_ready(value: Json, holder: _Holder) -> bool:
    """EndpointConditions, staging/src/k8s.io/api/discovery/v1/types.go: without it, ready counts, by default true."""
    return bool(value is (holder.get("ready") is not False))


def _in_topology(value: Json, holder: _Holder) -> bool:
    """The same, v1beta1: the node's name is in the topology, too, and releases without nodeName read it there."""
    topology = holder.get("topology")
    return isinstance(topology, Mapping) and value is not None and topology.get("kubernetes.io/hostname") == value


def _unconfined(value: Json, _: _Holder) -> bool:
    """pkg/kubelet/kuberuntime/helpers.go up to v1.18: what runs without a profile is unconfined."""
    return bool(value == {"type": "Unconfined"})


_CONDITIONAL: Final[Mapping[tuple[str, str], Callable[[Json, _Holder], bool]]] = {
    ("CSIDriverSpec", "volumeLifecycleModes"): _only_persistent,
    ("Container", "resizePolicy"): _resizes_without_restart,
    ("Endpoint", "nodeName"): _in_topology,
    ("EndpointConditions", "serving"): _as_ready,
    ("JobSpec", "podReplacementPolicy"): _replaces_as_before,
    ("PersistentVolumeClaimSpec", "dataSourceRef"): _same_source,
    ("PodSecurityContext", "seccompProfile"): _unconfined,
    ("PodSpec", "preemptionPolicy"): _preempts,
    ("SecurityContext", "procMount"): _default_mount,
    ("SecurityContext", "seccompProfile"): _unconfined,
    ("ServiceSpec", "clusterIPs"): _same_address,
    ("ServiceSpec", "ipFamilies"): _only_ipv4,
    ("ServiceSpec", "ipFamilyPolicy"): _single_stack,
}


def _items(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


class _Default(NamedTuple):
    """The default of a field: constant, or one that depends on the rest of the object."""

    holder: ObjectType
    name: str
    decide: Callable[[Json, _Holder], bool] | None


class NeutralValues:
    """Decides which values mean nothing that a release without their field does not do anyway."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._holder_type = lru_cache(maxsize=4096)(self._find_holder_type)
        self._default_of = lru_cache(maxsize=4096)(self._find_default)

    def has_default(self, gvk: GroupVersionKind, schema: Path) -> bool:
        """Whether a field has a default, so that `means_nothing_new` depends on its value.

        Args:
            gvk: the group, version and kind.
            schema: the field's place in the type.
        """
        return self._default_of(gvk, schema) is not None

    def means_nothing_new(
        self,
        gvk: GroupVersionKind,
        path: Path,
        value: Json,
        manifest: Callable[[], Mapping[str, Any]],
        schema: Path | None = None,
    ) -> bool:
        """Whether a server without a field does what the value says.

        Args:
            gvk: the manifest's group, version and kind.
            path: the field, in that version.
            value: its value.
            manifest: gives the manifest; called for defaults that depend on other fields.
            schema: the field's place in the type, by which answers are cached; None derives it from the path.
        """
        if schema is None:
            schema = tuple(EACH if isinstance(step, int | Named) else step for step in path)
        known = self._default_of(gvk, schema)
        if known is None:
            return False
        if known.decide is not None:
            holder = value_at(manifest(), path[:-1])
            if isinstance(holder, Mapping) and known.decide(value, holder):
                return True
        return self._is_default(known.holder, known.name, value)

    def _find_default(self, gvk: GroupVersionKind, path: Path) -> _Default | None:
        """Find the default of a field; None if it has none."""
        name = path[-1] if path else None
        if not isinstance(name, str) or name not in self._catalog.field_names:
            return None
        holder = self._holder_type(gvk, path)
        if holder is None or name not in holder.fields:
            return None
        decide = _CONDITIONAL.get((_base_of(holder), name))
        known = decide is not None or is_collection(holder.fields[name]) or any(self._defaults_of(holder, name))
        return _Default(holder, name, decide) if known else None

    def _defaults_of(self, holder: ObjectType, name: str) -> Iterator[tuple[Json]]:
        """List what servers fill into a field, and what means the same as leaving it out."""
        for value in (
            self._catalog.defaults.get(holder.name, {}).get(name, NO_VALUE),
            unset_value(holder.name, _base_of(holder), name),
        ):
            if value is not NO_VALUE:
                yield (value,)

    def _find_holder_type(self, gvk: GroupVersionKind, path: Path) -> ObjectType | None:
        """Find the type that has a field: of the version itself, or of another version of the kind that has it.

        None for kinds that are not Kubernetes' own.
        """
        if not self._catalog.releases_of(gvk):
            return None
        others = (other for other in self._catalog.kinds() if other.kind == gvk.kind and other != gvk)
        found = (self._holder_in(version, path) for version in (gvk, *others))
        return next((holder for holder in found if holder is not None), None)

    def _holder_in(self, gvk: GroupVersionKind, path: Path) -> ObjectType | None:
        for release in reversed(self._catalog.releases_of(gvk)):
            root = self._catalog.type_of(release, gvk)
            if root is None or root.field_at(path) is None:
                continue
            holder: FieldType | None = root.field_at(path[:-1])
            return holder.target if holder is not None and not holder.loose else None
        return None

    def _is_default(self, holder: ObjectType, name: str, value: Json) -> bool:
        """Whether a value is what servers fill in, or means the same; where that is an object, whether all in it is."""
        field = holder.fields.get(name)
        if field is not None and is_collection(field) and isinstance(value, list | dict) and not value:
            return True
        return any(self._equals(value, default, field) for (default,) in self._defaults_of(holder, name))

    def _equals(self, value: Json, default: Json, field: FieldType | None) -> bool:
        if default != {} or not isinstance(value, Mapping):
            return type(value) is type(default) and bool(value == default)
        inner = field.target if field is not None else None
        if inner is None:
            return not value
        return all(self._is_default(inner, key, below) for key, below in value.items() if below is not None)


def _base_of(holder: ObjectType) -> str:
    """Return the name of a type without its version."""
    base = _BASE.fullmatch(holder.name)
    return base["base"] if base is not None else holder.name


def value_at(node: Any, path: Path) -> Any:
    """Follow a path of keys, indexes and names; None where it leads nowhere."""
    for segment in path:
        node = _step(node, segment)
    return node


def _step(node: Any, segment: Segment) -> Any:
    if isinstance(segment, Each):
        return None
    if isinstance(segment, Named):
        named = (item for item in _items(node) if isinstance(item, Mapping) and item.get("name") == segment.name)
        return next(named, None)
    if isinstance(segment, int):
        return node[segment] if isinstance(node, list) and segment < len(node) else None
    return node.get(segment) if isinstance(node, Mapping) else None
