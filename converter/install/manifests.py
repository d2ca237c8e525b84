"""The Karmada part of the installation as data: read from ``deploy/karmada``, with this installation's addresses.

There is one source: what `converter install` applies is what kustomize builds from the same folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from converter.client import Collection
from converter.errors import ConverterError
from converter.kube import Manifest, split_api_version

if TYPE_CHECKING:
    from collections.abc import Iterator

KARMADA_PART = Path(__file__).resolve().parent.parent.parent / "deploy" / "karmada"
"""Beside the package: the same relative place in a checkout and when installed."""

FIELD_MANAGER = "converter-install"

WEBHOOKS = "apiconverter"
"""The name of the webhook configuration."""

_DEFAULT_ADDRESS = "https://converter-admission.karmada-system.svc:443"

_RESOURCES = {
    "ClusterRole": ("clusterroles", False),
    "ClusterRoleBinding": ("clusterrolebindings", False),
    "MutatingWebhookConfiguration": ("mutatingwebhookconfigurations", False),
    "Namespace": ("namespaces", False),
    "ResourceInterpreterCustomization": ("resourceinterpretercustomizations", False),
    "Role": ("roles", True),
    "RoleBinding": ("rolebindings", True),
    "Service": ("services", True),
}


class InstallationError(ConverterError):
    """The installation's own files are not as they should be; the package is damaged."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the Karmada API server finds the converter.

    Attributes:
        webhooks: base URL of the admission process, ``https://HOST:PORT``.
        discovery_host: DNS name that leads to the discovery process.
        ca_bundle: base64 text of the PEM certificates that both are checked against; empty leaves them out, for
            the controller to fill in.
        namespace: the namespace in Karmada that holds the Service and the Roles.
    """

    webhooks: str = _DEFAULT_ADDRESS
    discovery_host: str = "converter-discovery.karmada-system.svc"
    ca_bundle: str = ""
    namespace: str = "karmada-system"


class Place(NamedTuple):
    """Where an object stands on an API server."""

    collection: Collection
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """The object's path."""
        return self.collection.object_path(self.namespace, self.name)


def place_of(manifest: Manifest) -> Place:
    """Find where one of our own objects stands.

    Raises:
        InstallationError: its kind is none that an installation has.
    """
    kind, metadata = manifest["kind"], manifest["metadata"]
    if kind not in _RESOURCES:
        raise InstallationError(f"deploy/karmada has a {kind}, which the installer does not know")
    plural, namespaced = _RESOURCES[kind]
    group, version = split_api_version(manifest["apiVersion"])
    prefix = f"/apis/{group}/{version}" if group else f"/api/{version}"
    namespace = metadata.get("namespace", "") if namespaced else ""
    return Place(Collection(prefix, plural, namespaced), namespace, metadata["name"])


def karmada_part(addresses: Addresses) -> list[Manifest]:
    """Read every object of the Karmada part, in the order to apply them: whatever others need comes first.

    Raises:
        InstallationError: a file is missing or cannot be read.
    """
    manifests = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": addresses.namespace}}]
    manifests += [_addressed(manifest, addresses) for manifest in _read(KARMADA_PART)]
    order = ("Namespace", "Service", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")
    last = len(order)
    return sorted(manifests, key=lambda item: order.index(item["kind"]) if item["kind"] in order else last)


def _read(folder: Path) -> Iterator[Manifest]:
    try:
        kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
        labels = {key: value for entry in kustomization["labels"] for key, value in entry["pairs"].items()}
        for name in kustomization["resources"]:
            for manifest in yaml.safe_load_all((folder / name).read_text(encoding="utf-8")):
                manifest["metadata"].setdefault("labels", {}).update(labels)
                yield manifest
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InstallationError(f"{folder} cannot be read: {error}; reinstall the package") from error


def _addressed(manifest: Manifest, addresses: Addresses) -> Manifest:
    if manifest["metadata"].get("namespace"):
        manifest["metadata"]["namespace"] = addresses.namespace
    if manifest["kind"] == "Service":
        manifest["spec"]["externalName"] = addresses.discovery_host
    for webhook in manifest.get("webhooks", ()):
        config: dict[str, Any] = webhook["clientConfig"]
        config["url"] = config["url"].replace(_DEFAULT_ADDRESS, addresses.webhooks.rstrip("/"))
        if addresses.ca_bundle:
            config["caBundle"] = addresses.ca_bundle
    return manifest
