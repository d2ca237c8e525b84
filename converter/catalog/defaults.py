"""Values that a newer server fills in and that mean what an older release does anyway: losing one changes nothing.

Kubernetes' API conventions demand that the default of an added field keeps the behaviour of before. The constant
defaults are in the catalog's file, from Kubernetes' own defaulting functions (``tools/catalog/field_defaults.py``). The
table below has those that depend on the rest of the object, each with its source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.kube import EACH, Each, Named

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """NormalizeDataSources, pkg/api/persistentvolumeclaim/util.go: a copy of dataSource."""
    return value is not None and value == holder.get("dataSource")


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


_CONDITIONAL: Final[Mapping[tuple[str, str], Callable[[Json, _Holder], bool]]] = {
    ("CSIDriverSpec", "volumeLifecycleModes"): _only_persistent,
    ("Container", "resizePolicy"): _resizes_without_restart,
    ("JobSpec", "podReplacementPolicy"): _replaces_as_before,
    ("PersistentVolumeClaimSpec", "dataSourceRef"): _same_source,
    ("PodSpec", "preemptionPolicy"): _preempts,
    ("SecurityContext", "procMount"): _default_mount,
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
            return isinstance(holder, Mapping) and known.decide(value, holder)
        return self._is_default(known.holder, known.name, value)

    def _find_default(self, gvk: GroupVersionKind, path: Path) -> _Default | None:
        """Find the default of a field; None if it has none."""
        name = path[-1] if path else None
        if not isinstance(name, str) or name not in self._catalog.field_names:
            return None
        holder = self._holder_type(gvk, path)
        if holder is None or name not in holder.fields:
            return None
        base = _BASE.fullmatch(holder.name)
        decide = _CONDITIONAL.get((base["base"] if base is not None else holder.name, name))
        known = decide is not None or name in self._catalog.defaults.get(holder.name, {})
        return _Default(holder, name, decide) if known else None

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
        """Whether a value is what servers fill in; where that is an object, whether all in it is."""
        default = self._catalog.defaults.get(holder.name, {}).get(name, _NONE)
        if default is _NONE:
            return False
        if default != {} or not isinstance(value, Mapping):
            return type(value) is type(default) and bool(value == default)
        field = holder.fields.get(name)
        inner = field.target if field is not None else None
        if inner is None:
            return not value
        return all(self._is_default(inner, key, below) for key, below in value.items() if below is not None)


_NONE: Final = object()


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
