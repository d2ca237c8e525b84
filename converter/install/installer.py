"""Applies, checks and removes the Karmada part of the installation."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import ApiServer, NotFoundError, find_object
from converter.install.apply import Applier, Change, Step, full_name, is_served, owners
from converter.install.dashboard import has_dashboard
from converter.install.installed import MARK
from converter.install.interpreters import CUSTOMIZATIONS, InterpreterInstaller, names_of
from converter.install.manifests import (
    CRD,
    OPTIONAL_KINDS,
    WEBHOOKS,
    Addresses,
    karmada_part,
    place_of,
    rights_by_choice,
)
from converter.karmada.interpreters import CUSTOMIZATION, without
from converter.karmada.names import MIRROR_LABEL
from converter.kube import first_difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from converter.kube import Manifest


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one object of the installation.

    Attributes:
        kind: the object's kind.
        name: the object's name; ``namespace/name`` for a namespaced object.
        state: ``installed``; ``theirs`` where a user's interpreter handles at least one operation of ours; ``missing``,
            ``different``, or ``refused``; ``unserved`` where the API server is too old for an optional object.
        detail: the path of the first field that differs; the operations of users and their interpreters; why Karmada
            refused it; or what the API server must be.
    """

    kind: str
    name: str
    state: str
    detail: str = ""


async def install(server: ApiServer, addresses: Addresses, report: Callable[[str], None]) -> list[Finding]:
    """Apply every object with server-side apply. Repeat it to upgrade or to repair an installation.

    An interpreter leaves out the operations that a user's interpreter handles. One that Karmada refuses is left out.

    Args:
        server: the Karmada API server.
        addresses: this installation's addresses.
        report: called with one line for each object applied.

    Returns:
        The interpreters that are not applied completely, as ``theirs`` or ``refused``; the optional objects that the
        API server does not serve, as ``unserved``.

    Raises:
        ApiError: the control plane refused another object, or did not answer. Objects applied before remain; run it
            again to apply the rest.
    """
    manifests = karmada_part(addresses)

    def tell(step: Step) -> None:
        if step.change not in {Change.REFUSED, Change.UNSERVED}:
            report(f"applied {step.kind} {step.name}")

    return findings_of(await Applier(server, manifests).apply(manifests, tell))


def findings_of(steps: Iterable[Step]) -> list[Finding]:
    """Report the interpreters that are not applied completely, and the optional objects that are not served."""
    findings = []
    for step in steps:
        if step.theirs:
            findings.append(Finding(step.kind, step.name, "theirs", step.theirs))
        elif step.change in {Change.REFUSED, Change.UNSERVED}:
            findings.append(Finding(step.kind, step.name, step.change.value, step.detail))
    return findings


async def uninstall(server: ApiServer, addresses: Addresses, report: Callable[[str], None]) -> None:
    """Delete every object, the webhooks first, so that the API server stops calling processes that go away.

    The namespace stays, because other components use it. So do the CRDs of rules that have objects, and the object that
    says which namespace it is: `forget` deletes that one at the very end.

    Args:
        server: the Karmada API server.
        addresses: this installation's addresses.
        report: called with one line for each object.

    Raises:
        ApiError: the control plane refused a request or did not answer. Run it again to delete the rest.
    """
    dashboard = await has_dashboard(server, addresses.namespace)
    by_choice = rights_by_choice(addresses)
    for manifest in [*reversed(karmada_part(replace(addresses, dashboard=dashboard))), *by_choice]:
        place = place_of(manifest)
        if manifest["kind"] == "Namespace" or place.path == MARK:
            continue
        if manifest["kind"] == CRD and await _holds_rules(server, manifest):
            report(
                f"kept {CRD} {full_name(manifest)}, because it has objects: they are yours; delete it to delete them"
            )
            continue
        try:
            found = msgspec.json.decode(await server.get(place.path))
            await server.delete(place.path, uid=found["metadata"]["uid"])
            report(f"removed {manifest['kind']} {full_name(manifest)}")
        except NotFoundError:
            if manifest not in by_choice:
                report(f"not found: {manifest['kind']} {full_name(manifest)}")
    for name in await _remove_mirrors(server):
        report(f"removed {CUSTOMIZATION} {name}")


async def forget(server: ApiServer, report: Callable[[str], None]) -> None:
    """Delete the last object of an installation, which says in which namespace it was.

    Raises:
        ApiError: the control plane refused a request or did not answer.
    """
    found = await find_object(server, MARK)
    if found is not None:
        await server.delete(MARK, uid=found["metadata"]["uid"])
        report(f"removed ClusterRoleBinding {found['metadata']['name']}")


async def _holds_rules(server: ApiServer, crd: Manifest) -> bool:
    """Whether a CRD has objects, which go with it."""
    spec = crd["spec"]
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
    try:
        return bool(msgspec.json.decode(await server.get(path, {"limit": "1"}))["items"])
    except NotFoundError:
        return False


async def _remove_mirrors(server: ApiServer) -> list[str]:
    try:
        answer = await server.get(CUSTOMIZATIONS.path(), {"labelSelector": f"{MIRROR_LABEL}=true"})
    except NotFoundError:  # no Karmada
        return []
    mirrors = {item["metadata"]["name"]: item["metadata"]["uid"] for item in msgspec.json.decode(answer)["items"]}
    for name, uid in sorted(mirrors.items()):
        with contextlib.suppress(NotFoundError):  # the user's went, and the garbage collector was first
            await server.delete(CUSTOMIZATIONS.object_path("", name), uid=uid)
    return sorted(mirrors)


async def check(server: ApiServer, addresses: Addresses) -> list[Finding]:
    """Compare every object with the one that ``install`` would apply.

    Raises:
        ApiError: the control plane refused a request or did not answer.
    """
    manifests = karmada_part(addresses)
    interpreters = InterpreterInstaller(server, names_of(manifests))
    findings = []
    for manifest in manifests:
        missing = await interpreters.left_out(manifest) if manifest["kind"] == CUSTOMIZATION else {}
        try:
            found = msgspec.json.decode(await server.get(place_of(manifest).path))
        except NotFoundError:
            findings.append(await _missed(server, manifest, missing))
            continue
        detail = first_difference(without(manifest, missing) if missing else manifest, found)
        state = "different" if detail else "theirs" if missing else "installed"
        findings.append(Finding(manifest["kind"], full_name(manifest), state, detail or owners(missing)))
    return findings


async def _missed(server: ApiServer, manifest: Manifest, left_out: Mapping[str, str]) -> Finding:
    """Find out whether an object that is not there should be there."""
    if manifest["kind"] in OPTIONAL_KINDS and not await is_served(server, manifest):
        return _unserved(manifest)
    if left_out and not without(manifest, left_out)["spec"]["customizations"]:  # nothing of it is left to do
        return Finding(manifest["kind"], full_name(manifest), "theirs", owners(left_out))
    return Finding(manifest["kind"], full_name(manifest), "missing")


def _unserved(manifest: Manifest) -> Finding:
    return Finding(manifest["kind"], full_name(manifest), "unserved", "the API server is older than v1.30")


async def trust(server: ApiServer, ca_bundle: str) -> None:
    """Set the certificates by which the control plane verifies the webhooks. Writes only if they differ.

    Args:
        server: the Karmada API server.
        ca_bundle: the PEM certificates, in base64.

    Raises:
        ApiError: the control plane refused a request or did not answer.
    """
    for plural in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        await _trust(server, f"/apis/admissionregistration.k8s.io/v1/{plural}/{WEBHOOKS}", ca_bundle)


async def _trust(server: ApiServer, path: str, ca_bundle: str) -> None:
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
