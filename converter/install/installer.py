"""Applies, checks and removes the Karmada part of the installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import ApiServer, NotFoundError
from converter.install.manifests import FIELD_MANAGER, WEBHOOKS, Addresses, karmada_part, place_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Manifest

_APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    """One object of the installation as it stands.

    Attributes:
        kind: its kind.
        name: its name, with the namespace in front where it has one.
        state: ``installed``, ``missing`` or ``different``.
        detail: what differs; empty where nothing does.
    """

    kind: str
    name: str
    state: str
    detail: str = ""


async def install(server: ApiServer, addresses: Addresses, tell: Callable[[str], None]) -> None:
    """Apply every object (server-side apply): safe to repeat, and the way to upgrade.

    Raises:
        ApiError: the control plane refused or did not answer; what was applied before stays, and running it again
            goes on from there.
    """
    for manifest in karmada_part(addresses):
        place = place_of(manifest)
        await server.patch(f"{place.path}?fieldManager={FIELD_MANAGER}&force=true", manifest, _APPLY)
        tell(f"applied {manifest['kind']} {_name(manifest)}")


async def uninstall(server: ApiServer, addresses: Addresses, tell: Callable[[str], None]) -> None:
    """Remove every object, the webhooks first, so that nothing calls what is going away.

    The namespace stays: others live in it.

    Raises:
        ApiError: the control plane refused or did not answer; running it again goes on from there.
    """
    for manifest in reversed(karmada_part(addresses)):
        if manifest["kind"] == "Namespace":
            continue
        place = place_of(manifest)
        try:
            found = msgspec.json.decode(await server.get(place.path))
            await server.delete(place.path, uid=found["metadata"]["uid"])
            tell(f"removed {manifest['kind']} {_name(manifest)}")
        except NotFoundError:
            tell(f"not there: {manifest['kind']} {_name(manifest)}")


async def check(server: ApiServer, addresses: Addresses) -> list[Finding]:
    """Compare every object with what an installation would apply.

    Raises:
        ApiError: the control plane refused or did not answer.
    """
    findings = []
    for manifest in karmada_part(addresses):
        place = place_of(manifest)
        try:
            found = msgspec.json.decode(await server.get(place.path))
        except NotFoundError:
            findings.append(Finding(manifest["kind"], _name(manifest), "missing"))
            continue
        detail = _difference(manifest, found)
        findings.append(Finding(manifest["kind"], _name(manifest), "different" if detail else "installed", detail))
    return findings


def _name(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _difference(wanted: Any, found: Any, path: str = "") -> str:
    """Name the first place where an object lacks what is wanted; what a server adds does not count."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            detail = _difference(value, found.get(key), f"{path}.{key}".lstrip("."))
            if detail:
                return detail
        return ""
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        details = (
            _difference(one, two, f"{path}[{i}]") for i, (one, two) in enumerate(zip(wanted, found, strict=True))
        )
        return next((detail for detail in details if detail), "")
    return "" if wanted == found else path


async def trust(server: ApiServer, ca_bundle: str) -> None:
    """Have the control plane trust these certificates in calls to the webhooks; writes only what differs.

    Args:
        server: the Karmada API server.
        ca_bundle: base64 text of the PEM certificates.

    Raises:
        ApiError: the control plane refused or did not answer.
    """
    path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
    try:
        found = msgspec.json.decode(await server.get(path))
    except NotFoundError:  # not installed (yet): there is nothing to call us
        return
    webhooks = found["webhooks"]
    if all(webhook["clientConfig"].get("caBundle") == ca_bundle for webhook in webhooks):
        return
    patch: list[dict[str, Any]] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": found["metadata"]["resourceVersion"]}
    ]
    patch += [
        {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": ca_bundle}
        for index in range(len(webhooks))
    ]
    await server.patch(path, patch, "application/json-patch+json")
