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
    """The state of one object of the installation.

    Attributes:
        kind: the object's kind.
        name: the object's name; ``namespace/name`` for a namespaced object.
        state: ``installed``, ``missing`` or ``different``.
        detail: the path of the first field that differs; empty unless ``different``.
    """

    kind: str
    name: str
    state: str
    detail: str = ""


async def install(server: ApiServer, addresses: Addresses, report: Callable[[str], None]) -> None:
    """Apply every object with server-side apply. Repeat it to upgrade or to repair an installation.

    Args:
        server: the Karmada API server.
        addresses: this installation's addresses.
        report: called with one line for each object applied.

    Raises:
        ApiError: the control plane refused a request or did not answer. Objects applied before remain; run it again to
            apply the rest.
    """
    for manifest in karmada_part(addresses):
        place = place_of(manifest)
        await server.patch(f"{place.path}?fieldManager={FIELD_MANAGER}&force=true", manifest, _APPLY)
        report(f"applied {manifest['kind']} {_name(manifest)}")


async def uninstall(server: ApiServer, addresses: Addresses, report: Callable[[str], None]) -> None:
    """Delete every object, the webhooks first, so that the API server stops calling processes that go away.

    The namespace stays, because other components use it.

    Args:
        server: the Karmada API server.
        addresses: this installation's addresses.
        report: called with one line for each object.

    Raises:
        ApiError: the control plane refused a request or did not answer. Run it again to delete the rest.
    """
    for manifest in reversed(karmada_part(addresses)):
        if manifest["kind"] == "Namespace":
            continue
        place = place_of(manifest)
        try:
            found = msgspec.json.decode(await server.get(place.path))
            await server.delete(place.path, uid=found["metadata"]["uid"])
            report(f"removed {manifest['kind']} {_name(manifest)}")
        except NotFoundError:
            report(f"not found: {manifest['kind']} {_name(manifest)}")


async def check(server: ApiServer, addresses: Addresses) -> list[Finding]:
    """Compare every object with the one that ``install`` would apply.

    Raises:
        ApiError: the control plane refused a request or did not answer.
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
    """Return the path of the first wanted field that an object lacks or has with another value.

    Fields that a server adds do not count.
    """
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
    """Set the certificates by which the control plane verifies the webhooks. Writes only if they differ.

    Args:
        server: the Karmada API server.
        ca_bundle: the PEM certificates, in base64.

    Raises:
        ApiError: the control plane refused a request or did not answer.
    """
    path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
    try:
        found = msgspec.json.decode(await server.get(path))
    except NotFoundError:  # not installed (yet): nothing calls the webhooks
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
