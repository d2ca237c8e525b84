"""What steps cannot say about OpenKruise: texts of several values, conditions, numbers in maps, a name as a selector.

Sources: github.com/openkruise/kruise v1.9.0, apis/apps/v1alpha1/{containerrecreaterequest,sidecarset,uniteddeployment}_
conversion.go and apis/policy/v1alpha1/podunavailablebudget_conversion.go.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from converter.kube import copy_json
from converter.rules.functions.go_json import OMIT, Field, Struct, dump, int32, list_of, load, text
from converter.rules.functions.registry import register
from converter.rules.lens import (
    RESTATED,
    LensError,
    Note,
    Notes,
    drop_foreign,
    ensure_object,
    get_object,
    prune_empty,
    wrong_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Json, Path

_ANNOTATIONS: Final = ("metadata", "annotations")
_STRAY: Final = "is only an annotation in this version; the conversion would turn it into a field"

_STATUSES: Final = "crr.apps.kruise.io/sync-container-statuses"
_UNREADY: Final = "crr.apps.kruise.io/unready-acquired"
_GRACE: Final = "PreRecreateGrace"
_GRACE_MESSAGE: Final = "Pod has been forced to not-ready for unreadyGracePeriodSeconds drain"
_ONE_CONDITION: Final = "v1alpha1 has the time of the condition PreRecreateGrace only, as an annotation"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)

_OPERATIONS: Final = "kruise.io/pub-protect-operations"
_KNOWN_OPERATIONS: Final = frozenset({"DELETE", "UPDATE", "EVICT", "RESIZE"})

_NAME_LABEL: Final = "kubernetes.io/metadata.name"


def _flag(value: Json, path: Path) -> Json:
    if type(value) is not bool:
        raise wrong_type(path, "true or false", value)
    return value


_STATUS: Final = Struct(
    (
        Field("name", text, ""),
        Field("ready", _flag, zero=False),
        Field("restartCount", int32, 0),
        Field("containerID", text, OMIT, empty=True),
    )
)
"""ContainerRecreateRequestSyncContainerStatus."""


def _take(node: dict[str, Any], name: str) -> str | None:
    """Get an annotation that is a text and not empty."""
    found = (get_object(node, _ANNOTATIONS) or {}).get(name)
    return found if type(found) is str and found else None


def _remove(node: dict[str, Any], name: str) -> None:
    """Remove an annotation, and the annotations if it was the last one."""
    annotations = get_object(node, _ANNOTATIONS)
    if annotations is not None and annotations.pop(name, None) is not None:
        prune_empty(node, _ANNOTATIONS)


def _replace(
    node: dict[str, Any], name: str, written: str | None, notes: Notes, *, read: Callable[[str], Json]
) -> None:
    """Write an annotation; one that was there and that the other version would read is removed and noted."""
    stray = _take(node, name)
    if stray is not None and (written is not None or read(stray) is not None):
        _remove(node, name)
        notes.append(Note((*_ANNOTATIONS, name), stray, RESTATED if stray == written else _STRAY))
    if written is not None:
        ensure_object(node, _ANNOTATIONS)[name] = written


def _read_statuses(found: str) -> list[Json] | None:
    """Read the containers' status from an annotation; None if it cannot be read."""
    try:
        given = load(found)
        if type(given) is not list:
            return None
        return [_STATUS.write(_STATUS.read(one if one is not None else {}), ()) for one in given]
    except (ValueError, LensError):
        return None


def _utc(found: Json) -> str | None:
    """Write a time of RFC 3339 in UTC and whole seconds, as Go does; None if it is not one."""
    if type(found) is not str or not _TIME.fullmatch(found):
        return None
    try:
        return datetime.fromisoformat(found).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def _recreate_to_status(node: dict[str, Any], notes: Notes) -> None:
    """Read the annotations of a ContainerRecreateRequest into its status; what cannot be read stays."""
    status = get_object(node, ("status",))
    if status is not None:
        for name in ("containerStatusSnapshot", "conditions"):
            drop_foreign(status, name, ("status", name), notes)
    given = _take(node, _STATUSES)
    statuses = None if given is None else _read_statuses(given)
    if statuses is not None:
        _remove(node, _STATUSES)
        ensure_object(node, ("status",))["containerStatusSnapshot"] = statuses
    time = _utc(_take(node, _UNREADY))
    if time is not None:
        _remove(node, _UNREADY)
        ensure_object(node, ("status",))["conditions"] = [_condition(time)]


def _condition(time: str) -> dict[str, Json]:
    return {
        "type": _GRACE,
        "status": "True",
        "lastTransitionTime": time,
        "reason": _GRACE,
        "message": _GRACE_MESSAGE,
    }


def _recreate_to_annotations(node: dict[str, Any], notes: Notes) -> None:
    """Write two fields of a ContainerRecreateRequest's status as annotations."""
    status = get_object(node, ("status",)) or {}
    path = ("status", "containerStatusSnapshot")
    snapshot = status.pop("containerStatusSnapshot", None)
    written = None if snapshot is None else list_of(_STATUS.write)(snapshot, path)
    _replace(node, _STATUSES, None if written is None else dump(written), notes, read=_read_statuses)
    _replace(node, _UNREADY, _time_of(status, notes), notes, read=_utc)


def _time_of(status: dict[str, Any], notes: Notes) -> str | None:
    """Take the conditions away; return the time of the first one that says a Pod was made unready."""
    path, conditions = ("status", "conditions"), status.pop("conditions", None)
    found: str | None = None
    if conditions is None:
        return None
    if type(conditions) is not list:
        raise wrong_type(path, "a list", conditions)
    for index, one in enumerate(conditions):
        if type(one) is not dict:
            raise wrong_type((*path, index), "an object", one)
        time = (
            _utc(one.get("lastTransitionTime")) if one.get("type") == _GRACE and one.get("status") == "True" else None
        )
        if found is not None or time is None:
            notes.append(Note((*path, index), one, _ONE_CONDITION))
            continue
        found = time
        if one != _condition(time):
            is_restated = {**one, "lastTransitionTime": time} == _condition(time)
            notes.append(Note((*path, index), one, RESTATED if is_restated else _ONE_CONDITION))
    return found


def _read_operations(found: str) -> list[str] | None:
    """Read operations that are separated by commas; None if there are none, or unknown ones."""
    names = [name.strip() for name in found.split(",") if name.strip()]
    return names if names and set(names) <= _KNOWN_OPERATIONS else None


def _operations_to_field(node: dict[str, Any], notes: Notes) -> None:
    spec = get_object(node, ("spec",))
    if spec is not None:
        drop_foreign(spec, "protectOperations", ("spec", "protectOperations"), notes)
    given = _take(node, _OPERATIONS)
    names = None if given is None else _read_operations(given)
    if names is not None:
        _remove(node, _OPERATIONS)
        ensure_object(node, ("spec",))["protectOperations"] = names


def _operations_to_annotation(node: dict[str, Any], notes: Notes) -> None:
    """Write the operations as an annotation. Without them, v1beta1 reads the annotation, too, so it stays."""
    spec = get_object(node, ("spec",)) or {}
    names = spec.pop("protectOperations", None)
    if not names:
        left = _take(node, _OPERATIONS)
        if left is not None and _read_operations(left) is not None:
            notes.append(Note((*_ANNOTATIONS, _OPERATIONS), left, RESTATED))
        return
    checked = list_of(text)(names, ("spec", "protectOperations"))
    _replace(node, _OPERATIONS, ",".join(map(str, checked)), notes, read=_read_operations)


def _namespace_to_selector(node: dict[str, Any], notes: Notes) -> None:
    """Write the name of a namespace as a selector; v1alpha1 ignores its own selector next to a name."""
    spec = get_object(node, ("spec",))
    name = None if spec is None else spec.pop("namespace", None)
    if spec is None or name is None or name == "":
        return
    if type(name) is not str:
        raise wrong_type(("spec", "namespace"), "a string", name)
    notes.append(Note(("spec", "namespace"), name, RESTATED))
    ignored = spec.get("namespaceSelector")
    if ignored is not None:
        notes.append(Note(("spec", "namespaceSelector"), ignored, "v1alpha1 ignores it next to a namespace"))
    spec["namespaceSelector"] = {"matchLabels": {_NAME_LABEL: name}}


def _keep_selector(node: dict[str, Any], notes: Notes) -> None:
    spec = get_object(node, ("spec",))
    if spec is not None:
        drop_foreign(spec, "namespace", ("spec", "namespace"), notes)


_SUBSETS: Final = ("status", "subsetStatuses")
_MAPS: Final = (("replicas", ("subsetReplicas",)), ("partition", ("updateStatus", "currentPartitions")))
_IN_MAP: Final = "the map of v1alpha1 has another number for this subset, and counts"


def _subsets(status: dict[str, Any]) -> list[dict[str, Any]]:
    """Get the subsets of a UnitedDeployment's status; a missing list is empty.

    Raises:
        LensError: it is not a list of objects.
    """
    found = status.get("subsetStatuses")
    if found is None:
        return []
    if type(found) is not list:
        raise wrong_type(_SUBSETS, "a list", found)
    for index, one in enumerate(found):
        if type(one) is not dict:
            raise wrong_type((*_SUBSETS, index), "an object", one)
        if one.get("name") is not None and type(one["name"]) is not str:
            raise wrong_type((*_SUBSETS, index, "name"), "a string", one["name"])
    return found


def _maps_to_subsets(node: dict[str, Any], notes: Notes) -> None:
    """Write the numbers of both maps into the list of subsets; subsets that only a map has are added by name."""
    status = get_object(node, ("status",))
    if status is None:
        return
    drop_foreign(status, "updatedRevision", ("status", "updatedRevision"), notes)
    subsets = list(_subsets(status))
    known = len(subsets)
    places = {one.get("name"): at for at, one in reversed([*enumerate(subsets)])}  # the first of a name counts
    for field, keys in _MAPS:
        for name, number in sorted((get_object(status, keys) or {}).items()):
            at = places.setdefault(name, len(subsets))
            if at == len(subsets):
                subsets.append({"name": name})
            before = subsets[at].pop(field, None)
            if before is not None and before != number:
                notes.append(Note((*_SUBSETS, at, field), before, _IN_MAP))
            if number != 0:
                subsets[at][field] = copy_json(number)
    update = get_object(status, ("updateStatus",)) or {}
    revision = update.get("updatedRevision")
    status.pop("subsetReplicas", None)
    status.pop("updateStatus", None)
    if revision is not None and revision != "":
        status["updatedRevision"] = revision
    if subsets:
        status["subsetStatuses"] = subsets[:known] + sorted(subsets[known:], key=lambda one: str(one["name"]))


def _subsets_to_maps(node: dict[str, Any], notes: Notes) -> None:
    """Write the numbers of the subsets into maps, too, where v1alpha1 reports them."""
    status = get_object(node, ("status",))
    if status is None:
        return
    for name in ("subsetReplicas", "updateStatus"):
        drop_foreign(status, name, ("status", name), notes)
    subsets, revision = _subsets(status), status.pop("updatedRevision", None)
    numbers = {
        field: {one["name"]: copy_json(one.get(field) or 0) for one in subsets if one.get("name")} for field, _ in _MAPS
    }
    if numbers["replicas"]:
        status["subsetReplicas"] = numbers["replicas"]
    update: dict[str, Any] = {}
    if revision:
        update["updatedRevision"] = revision
    if numbers["partition"]:
        update["currentPartitions"] = numbers["partition"]
    if update:
        status["updateStatus"] = update


register(
    "openkruise-recreate-annotations",
    "v1alpha1 has the containers' status and the time at which a Pod was made unready in annotations; v1beta1 has them "
    "in the status",
    to_left=_recreate_to_status,
    to_right=_recreate_to_annotations,
    left_fields=("status.containerStatusSnapshot", "status.conditions"),
    losses_right=1,
)
register(
    "openkruise-protect-operations",
    "the operations that a PodUnavailableBudget protects are an annotation in v1alpha1, separated by commas",
    to_left=_operations_to_field,
    to_right=_operations_to_annotation,
    left_fields=("spec.protectOperations",),
)
register(
    "openkruise-sidecarset-namespace",
    "v1alpha1 can name one namespace, and ignores the selector then; v1beta1 selects it by the label with its name",
    to_left=_namespace_to_selector,
    to_right=_keep_selector,
    left_fields=("spec.namespaceSelector",),
    right_fields=("spec.namespace", "spec.namespaceSelector"),
    losses_left=1,
)
register(
    "openkruise-united-subsets",
    "v1alpha1 reports the replicas and partitions of subsets in maps, too; v1beta1 reports them in the list of subsets",
    to_left=_maps_to_subsets,
    to_right=_subsets_to_maps,
    left_fields=("status.subsetStatuses", "status.updatedRevision"),
    right_fields=("status.subsetReplicas", "status.subsetStatuses", "status.updateStatus"),
    losses_left=1,
)
