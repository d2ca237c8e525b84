"""Finds and deletes what an earlier release applied and this one does not have any more."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import ApiServer, Collection, NotFoundError, each_item
from converter.install.manifests import FIELD_MANAGER, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.kube import Manifest

_SELECTOR: Final = "app.kubernetes.io/name=karmada-api-version-converter"

_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION: Final = "/apis/admissionregistration.k8s.io/v1"

KARMADA_KINDS: Final = {
    "MutatingWebhookConfiguration": Collection(_ADMISSION, "mutatingwebhookconfigurations", namespaced=False),
    "ValidatingWebhookConfiguration": Collection(_ADMISSION, "validatingwebhookconfigurations", namespaced=False),
    "ValidatingAdmissionPolicyBinding": Collection(_ADMISSION, "validatingadmissionpolicybindings", namespaced=False),
    "ValidatingAdmissionPolicy": Collection(_ADMISSION, "validatingadmissionpolicies", namespaced=False),
    "ResourceInterpreterCustomization": Collection(
        "/apis/config.karmada.io/v1alpha1", "resourceinterpretercustomizations", namespaced=False
    ),
    "ClusterRoleBinding": Collection(_RBAC, "clusterrolebindings", namespaced=False),
    "ClusterRole": Collection(_RBAC, "clusterroles", namespaced=False),
    "RoleBinding": Collection(_RBAC, "rolebindings"),
    "Role": Collection(_RBAC, "roles"),
    "Service": Collection("/api/v1", "services"),
    "ServiceAccount": Collection("/api/v1", "serviceaccounts"),
}
"""The kinds that a release may have applied to Karmada, in the order to delete them."""

HOST_KINDS: Final = {
    "Deployment": Collection("/apis/apps/v1", "deployments"),
    "PodDisruptionBudget": Collection("/apis/policy/v1", "poddisruptionbudgets"),
    "Service": Collection("/api/v1", "services"),
    "RoleBinding": Collection(_RBAC, "rolebindings"),
    "Role": Collection(_RBAC, "roles"),
    "ServiceAccount": Collection("/api/v1", "serviceaccounts"),
}
"""The kinds that a release may have applied to the host cluster. Secrets are kept: they hold keys."""

KEPT: Final = frozenset({("Deployment", "converter-scheduler")})
"""Never deleted: bindings may name this scheduler, and no other would schedule them. `converter uninstall` does it."""


class Stale(NamedTuple):
    """An object of an earlier release.

    Attributes:
        kind: its kind.
        name: its name; ``namespace/name`` for a namespaced object.
        path: its path.
        uid: its uid.
    """

    kind: str
    name: str
    path: str
    uid: str


async def find_stale(
    server: ApiServer, kinds: dict[str, Collection], namespace: str, wanted: Iterable[Manifest]
) -> list[Stale]:
    """Find the objects that an installer applied and that are not wanted any more, in the order to delete them.

    Only objects with the converter's label count whose fields an installer manages: others are somebody else's, such as
    NetworkPolicies that an administrator applied with kustomize.

    Args:
        server: the API server.
        kinds: the kinds to look at.
        namespace: the namespace of the installation; others are left alone.
        wanted: the objects of this release.

    Raises:
        ApiError: the API server refused a request, or did not answer.
    """
    paths = {place_of(manifest).path for manifest in wanted}
    found = []
    for kind, collection in kinds.items():
        with contextlib.suppress(NotFoundError):  # the API server is too old for the kind
            async for raw in each_item(server, collection, namespace, _SELECTOR):
                item = msgspec.json.decode(raw)
                metadata = item["metadata"]
                path = collection.object_path(metadata.get("namespace", ""), metadata["name"])
                if path not in paths and is_applied(item) and (kind, metadata["name"]) not in KEPT:
                    scope = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
                    found.append(Stale(kind, scope + metadata["name"], path, metadata["uid"]))
    return found


async def delete_stale(server: ApiServer, stale: Iterable[Stale]) -> None:
    """Delete such objects; one that is gone already counts as deleted.

    Raises:
        ApiError: the API server refused a request, or did not answer.
    """
    for one in stale:
        with contextlib.suppress(NotFoundError):
            await server.delete(one.path, uid=one.uid)


def is_applied(manifest: Manifest) -> bool:
    """Whether an installer applied an object, with server-side apply."""
    managers = manifest["metadata"].get("managedFields") or ()
    return any(one.get("manager") == FIELD_MANAGER and one.get("operation") == "Apply" for one in managers)
