"""Flux: fields that its newer versions write in another form.

Sources: fluxcd/helm-controller/api v1.2.0 (v2beta2/helmrelease_types.go), source-controller/api v1.4.1
(v1beta1/artifact_types.go, v1beta2/helmchart_types.go), kustomize-controller/api v1.4.0
(v1beta2/kustomization_types.go).
"""

from __future__ import annotations

import json
from typing import Any, Final

from converter.rules.functions.registry import register
from converter.rules.lens import RESTATED, Note, Notes, drop_foreign, wrong_type

_FILE: Final = "valuesFile"
_FILES: Final = "valuesFiles"
_PATCHES: Final = "patches"
_MERGE: Final = "patchesStrategicMerge"
_OPERATIONS: Final = "patchesJson6902"
_SHA256: Final = "sha256:"


def _list(node: dict[str, Any], name: str) -> list[Any]:
    """Get a list; empty if it is missing or null.

    Raises:
        LensError: it is not a list.
    """
    value = node.get(name)
    if value is None:
        return []
    if type(value) is not list:
        raise wrong_type((name,), "a list", value)
    return value


def _merge_file(node: dict[str, Any], notes: Notes) -> None:
    """Put the one file before the others, as Flux merges them."""
    file = node.get(_FILE)
    if file is None or file == "":
        node.pop(_FILE, None)
        return
    if type(file) is not str:
        raise wrong_type((_FILE,), "a string", file)
    files = _list(node, _FILES)
    del node[_FILE]
    notes.append(Note((_FILE,), file, RESTATED))
    if files:
        notes.append(Note((_FILES,), files, RESTATED))
    node[_FILES] = [file, *files]


def _keep_files(node: dict[str, Any], notes: Notes) -> None:
    drop_foreign(node, _FILE, (_FILE,), notes)


def _merge_patches(node: dict[str, Any], notes: Notes) -> None:
    """Write all patches as texts in one list, in the order in which kustomize applies them."""
    merges, patches, operations = (_list(node, name) for name in (_MERGE, _PATCHES, _OPERATIONS))
    if merges or operations:
        notes.extend(
            Note((name,), node[name], RESTATED)
            for name in (_MERGE, _PATCHES, _OPERATIONS)
            if node.get(name) is not None
        )
        made = [{"patch": _text(patch)} for patch in merges]
        node[_PATCHES] = [*made, *patches, *(_targeted(patch, index) for index, patch in enumerate(operations))]
    for name in (_MERGE, _OPERATIONS):
        node.pop(name, None)


def _targeted(patch: Any, index: int) -> dict[str, Any]:
    if type(patch) is not dict:
        raise wrong_type((_OPERATIONS, index), "an object", patch)
    return {**patch, "patch": _text(patch.get("patch"))}


def _text(patch: Any) -> str:
    return json.dumps(patch, sort_keys=True, ensure_ascii=False)


def _keep_patches(node: dict[str, Any], notes: Notes) -> None:
    for name in (_MERGE, _OPERATIONS):
        drop_foreign(node, name, (name,), notes)


def _to_digest(node: dict[str, Any], notes: Notes) -> None:
    drop_foreign(node, "digest", ("digest",), notes)
    checksum = node.pop("checksum", None)
    if checksum is None or checksum == "":
        return
    if type(checksum) is not str:
        raise wrong_type(("checksum",), "a string", checksum)
    node["digest"] = _SHA256 + checksum


def _to_checksum(node: dict[str, Any], notes: Notes) -> None:
    drop_foreign(node, "checksum", ("checksum",), notes)
    digest = node.pop("digest", None)
    if digest is None or digest == "":
        return
    if type(digest) is not str:
        raise wrong_type(("digest",), "a string", digest)
    if digest.startswith(_SHA256):
        node["checksum"] = digest.removeprefix(_SHA256)
    else:
        notes.append(Note(("digest",), digest, "v1beta1 has checksums of SHA-256 only"))


register(
    "flux-values-file",
    "valuesFile is the first of valuesFiles in newer versions: Flux merges it before them",
    to_left=_merge_file,
    to_right=_keep_files,
    left_fields=[_FILES],
    right_fields=[_FILE, _FILES],
)
register(
    "flux-patches",
    "patchesStrategicMerge and patchesJson6902 are texts in patches in newer versions, in the order in which kustomize "
    "applies them",
    to_left=_merge_patches,
    to_right=_keep_patches,
    left_fields=[_PATCHES],
    right_fields=[_MERGE, _PATCHES, _OPERATIONS],
)
register(
    "flux-artifact-checksum",
    "the SHA-256 checksum of an artifact is a digest with the name of its algorithm in newer versions",
    to_left=_to_digest,
    to_right=_to_checksum,
    left_fields=["digest"],
    right_fields=["checksum"],
    losses_right=1,
)
