"""VolumeGroupSnapshotContent: what v1beta1 keeps of the snapshots of a group in an annotation.

Source: kubernetes-csi/external-snapshotter v8.7.0 (pkg/webhook/convert.go).
"""

from __future__ import annotations

from typing import Any, Final

from converter.rules.functions.go_json import dump, load
from converter.rules.functions.registry import register
from converter.rules.lens import RESTATED, Note, Notes, drop_foreign, ensure_object, get_object, prune_empty, wrong_type

_ANNOTATION: Final = "groupsnapshot.storage.kubernetes.io/volume-snapshot-info-list"
_ANNOTATIONS: Final = ("metadata", "annotations")
_STATUS: Final = ("status",)
_INFOS: Final = "volumeSnapshotInfoList"
_PAIRS: Final = "volumeSnapshotHandlePairList"
_ONLY_INFOS: Final = frozenset({"creationTime", "readyToUse", "restoreSize"})
_STRAY: Final = "is only an annotation in this version; v1beta1 reads it as the list"
_UNREADABLE: Final = "is not a list of snapshots"
_OTHER: Final = "differs from the list in the annotation, which counts"


def _pairs(infos: list[Any]) -> list[Any]:
    """Leave out what v1beta1 lacks.

    Raises:
        LensError: an item is not an object.
    """
    for index, info in enumerate(infos):
        if type(info) is not dict:
            raise wrong_type((*_STATUS, _INFOS, index), "an object", info)
    return [{name: value for name, value in info.items() if name not in _ONLY_INFOS} for info in infos]


def _take(status: dict[str, Any], name: str) -> list[Any] | None:
    """Take a list away; None if it is missing or null.

    Raises:
        LensError: it is not a list.
    """
    found = status.pop(name, None)
    if found is not None and type(found) is not list:
        raise wrong_type((*_STATUS, name), "a list", found)
    return found


def _to_pairs(node: dict[str, Any], notes: Notes) -> None:
    annotations = get_object(node, _ANNOTATIONS)
    if annotations is not None and _ANNOTATION in annotations:
        notes.append(Note((*_ANNOTATIONS, _ANNOTATION), annotations.pop(_ANNOTATION), _STRAY))
        prune_empty(node, _ANNOTATIONS)
    status = get_object(node, _STATUS)
    if status is None:
        return
    drop_foreign(status, _PAIRS, (*_STATUS, _PAIRS), notes)
    infos = _take(status, _INFOS)
    if infos is not None:
        status[_PAIRS] = _pairs(infos)
        ensure_object(node, _ANNOTATIONS)[_ANNOTATION] = dump(infos, sort_keys=True)


def _to_infos(node: dict[str, Any], notes: Notes) -> None:
    status = get_object(node, _STATUS)
    if status is not None:
        drop_foreign(status, _INFOS, (*_STATUS, _INFOS), notes)
    infos = _read(node, notes)
    pairs = None if status is None else _take(status, _PAIRS)
    if infos is None:
        infos = pairs
    elif pairs is not None and pairs != _pairs(infos):
        notes.append(Note((*_STATUS, _PAIRS), pairs, _OTHER))
    if infos is not None:
        ensure_object(node, _STATUS)[_INFOS] = infos


def _read(node: dict[str, Any], notes: Notes) -> list[Any] | None:
    """Take the annotation away and read it; None if it is missing, or is not a list of objects."""
    annotations = get_object(node, _ANNOTATIONS)
    if annotations is None or _ANNOTATION not in annotations:
        return None
    given = annotations.pop(_ANNOTATION)
    prune_empty(node, _ANNOTATIONS)
    try:
        found = load(given) if type(given) is str else None
    except ValueError:
        found = None
    if type(found) is list and all(type(info) is dict for info in found):
        if dump(found, sort_keys=True) != given:
            notes.append(Note((*_ANNOTATIONS, _ANNOTATION), given, RESTATED))
        return found
    notes.append(Note((*_ANNOTATIONS, _ANNOTATION), given, _UNREADABLE))
    return None


register(
    "volumegroupsnapshotcontent-infos",
    "v1beta1 lists the handles of a group's snapshots only, and has the whole list as JSON in an annotation",
    to_right=_to_pairs,
    to_left=_to_infos,
    left_fields=[f"status.{_INFOS}"],
    right_fields=[f"status.{_PAIRS}"],
)
