"""A real API server with a project's CRDs: what it accepts, and what it makes of an object in another version."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from converter.errors import ManifestError
from converter.kube import parse_path
from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.controlplanes.client import Client, Json

_OK: Final = 200
_NOT_FOUND: Final = 404
_UNPROCESSABLE: Final = 422
_MENDINGS: Final = 12
"""How often an object is mended before it is given up."""
_STRICT: Final = {"dryRun": "All", "fieldValidation": "Strict"}
_CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def install(client: Client, manifests: Iterable[Json]) -> None:
    """Create CRDs, one for each version, which stores it; wait until they are served. Replace those of other projects.

    Each has all versions and no conversion webhook. A server drops fields that the stored version lacks, so objects of
    each version need a CRD that stores just that; a group of its own, ``v1.cert-manager.io``, makes room for it.
    """
    served: dict[str, str] = {}
    for manifest in manifests:
        spec = manifest["spec"]
        for stored in [version["name"] for version in spec["versions"]]:
            group = f"{stored}.{spec['group']}"
            versions = [
                {"name": one["name"], "schema": one["schema"], "served": True, "storage": one["name"] == stored}
                for one in spec["versions"]
            ]
            made = {
                "group": group,
                "scope": spec["scope"],
                "names": {**spec["names"], "categories": []},
                "versions": versions,
            }
            plural = spec["names"]["plural"]
            name, objects = f"{plural}.{group}", f"/apis/{group}/{stored}/{plural}"
            annotations = {"api-approved.kubernetes.io": "https://github.com/kubernetes/enhancements"}
            _uninstall(client, f"{_CRDS}/{name}", objects)
            client.raw(
                "POST", _CRDS, {**manifest, "metadata": {"name": name, "annotations": annotations}, "spec": made}
            )
            served[f"{_CRDS}/{name}"] = objects
    for path, objects in served.items():
        wait_until(path, partial(_established, client, path))
        # The handler of the objects reads CRDs from a cache of its own, which is behind for a moment.
        wait_until(objects, partial(_answers, client, objects, _OK))


def _uninstall(client: Client, path: str, objects: str) -> None:
    if client.request("DELETE", path).status != _NOT_FOUND:
        for gone in (path, objects):
            wait_until(f"{gone} to be gone", partial(_answers, client, gone, _NOT_FOUND))


def _answers(client: Client, path: str, status: int) -> bool:
    return client.request("GET", path).status == status


def stored_as(api_version: str) -> str:
    """Return the version below the group that `install` makes for it."""
    group, version = api_version.split("/")
    return f"{version}.{group}/{version}"


def _established(client: Client, path: str) -> bool:
    status = client.raw("GET", path).get("status") or {}
    return any(one["type"] == "Established" and one["status"] == "True" for one in status.get("conditions") or ())


def refusal(client: Client, manifest: Json) -> str:
    """Say why the server does not take a manifest, or would drop fields of it; empty if it takes it whole."""
    try:
        _post(client, manifest)
    except ApiError as error:
        return str(error)
    return ""


def accepted(client: Client, manifest: Json) -> Json | None:
    """Return what the server stores of a manifest without the fields that it refuses; None if it takes nothing."""
    made = copy.deepcopy(manifest)
    for _ in range(_MENDINGS):
        try:
            stored = _post(client, made)
        except ApiError as error:
            details = error.body.get("details") or {} if isinstance(error.body, dict) else {}
            if error.status != _UNPROCESSABLE or not _mend(made, details.get("causes") or ()):
                return None
        else:
            return {**stored, "apiVersion": manifest["apiVersion"], "metadata": manifest["metadata"]}
    return None


def served(client: Client, manifests: Sequence[Json], version: str) -> list[Json]:
    """Store manifests of one kind, and return what the server serves of each in another version, in order."""
    kind, own = manifests[0]["kind"], stored_as(manifests[0]["apiVersion"])
    namespace = manifests[0]["metadata"].get("namespace")
    for manifest in manifests:
        client.create({**manifest, "apiVersion": own})
    other = f"{own.split('/', maxsplit=1)[0]}/{version.rpartition('/')[2]}"
    made = {one["metadata"]["name"]: one for one in client.list(other, kind, namespace)}
    client.raw("DELETE", client.path(own, kind, None, namespace))
    return [{**made[one["metadata"]["name"]], "apiVersion": version, "metadata": one["metadata"]} for one in manifests]


def _post(client: Client, manifest: Json) -> Json:
    own = stored_as(manifest["apiVersion"])
    path = client.path(own, manifest["kind"], None, manifest["metadata"].get("namespace"))
    answer: Json = client.raw("POST", path, {**manifest, "apiVersion": own}, query=_STRICT)
    return answer


def _mend(manifest: Json, causes: Iterable[dict[str, Any]]) -> bool:
    """Remove what the server refuses; say whether anything was removed."""
    mended = False
    for cause in causes:
        try:
            path = parse_path(_plain(cause.get("field", "")))
        except ManifestError:
            continue
        cut = path[:-1] if cause.get("reason") == "FieldValueRequired" else path
        mended |= _remove(manifest, cut)
    return mended


def _plain(field: str) -> str:
    return field.strip("'").removeprefix("<nil>.").removesuffix(" in body")


def _remove(manifest: Json, path: tuple[Any, ...]) -> bool:
    """Remove the value at a path, or the nearest one around it that exists; the spec itself stays."""
    node: Any = manifest
    holders: list[tuple[Any, Any]] = []
    for segment in path:
        key = int(segment) if isinstance(node, list) and str(segment).isdigit() else segment
        if not (isinstance(node, dict) and key in node) and not (isinstance(node, list) and isinstance(key, int)):
            break
        if isinstance(node, list) and not -1 < key < len(node):
            break
        holders.append((node, key))
        node = node[key]
    if not holders:
        return False
    holder, key = holders[-1]
    if len(holders) == 1 and isinstance(holder[key], dict) and holder[key]:
        holder, key = holder[key], max(holder[key])
    del holder[key]
    return True
