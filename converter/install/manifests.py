"""Reads the Karmada part of the installation from ``deploy/karmada`` and fills in this installation's addresses.

``converter install`` and kustomize read the same folder, so both apply the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.client import Collection
from converter.errors import ConverterError
from converter.kube import Manifest, split_api_version
from converter.package_data import data_folder
from converter.yaml import YamlError, load, load_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

KARMADA_PART = data_folder("deploy") / "karmada"
"""The folder with the objects that ``converter install`` applies to the Karmada API server."""

FIELD_MANAGER = "converter-install"

DASHBOARD = data_folder("deploy") / "dashboard"
"""The folder with the objects of the dashboard for both API servers, which are optional."""

MEMBER_SCHEMAS = data_folder("deploy") / "member-schemas"
"""The folder with the rights for ``--member-schemas``, which are optional."""

WEBHOOKS = "apiconverter"
"""The name of the webhook configuration."""

DEFAULT_NAMESPACE = "karmada-system"
"""The namespace in Karmada of the shipped files."""

FORMAT_ANNOTATION = "apiconverter.dev/data-format"
"""On the webhook configuration: the format in which the installed release stores conversion data in Works."""

FORMAT = 1
"""The format that this release writes, and the newest that it reads. A change of it needs a note on downgrades."""

_DEFAULT_ADDRESS = "https://converter-admission.karmada-system.svc:443"

_RESOURCES = {
    "ClusterRole": ("clusterroles", False),
    "ClusterRoleBinding": ("clusterrolebindings", False),
    "CustomResourceDefinition": ("customresourcedefinitions", False),
    "Deployment": ("deployments", True),
    "MutatingWebhookConfiguration": ("mutatingwebhookconfigurations", False),
    "Namespace": ("namespaces", False),
    "PodDisruptionBudget": ("poddisruptionbudgets", True),
    "ResourceInterpreterCustomization": ("resourceinterpretercustomizations", False),
    "Role": ("roles", True),
    "RoleBinding": ("rolebindings", True),
    "Secret": ("secrets", True),
    "Service": ("services", True),
    "ServiceAccount": ("serviceaccounts", True),
    "ValidatingAdmissionPolicy": ("validatingadmissionpolicies", False),
    "ValidatingAdmissionPolicyBinding": ("validatingadmissionpolicybindings", False),
    "ValidatingWebhookConfiguration": ("validatingwebhookconfigurations", False),
}

CRD: Final = "CustomResourceDefinition"

LAST_KINDS: Final = (
    "ResourceInterpreterCustomization", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
)  # fmt: skip
"""Kinds that are applied when the processes run, in their order: what changes Works last."""

OPTIONAL_KINDS = frozenset({"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"})
"""Kinds that an older API server does not serve: v1.30 is the first. The installation works without them."""


class InstallationError(ConverterError):
    """A file of the installation is missing or invalid: the package is damaged."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses at which the Karmada API server reaches the converter.

    Attributes:
        webhooks: base URL of the admission process, ``https://HOST:PORT``.
        discovery_host: DNS name of the discovery process.
        ca_bundle: the PEM certificates that sign both processes' certificates, in base64. Empty leaves the field out;
            the controller fills it in.
        namespace: the namespace in Karmada for the Service and the Roles.
        dashboard: whether the dashboard belongs to the installation.
        member_schemas: whether the rights for ``--member-schemas`` belong to it.
    """

    webhooks: str = _DEFAULT_ADDRESS
    discovery_host: str = "converter-discovery.karmada-system.svc"
    ca_bundle: str = ""
    namespace: str = DEFAULT_NAMESPACE
    dashboard: bool = False
    member_schemas: bool = False


class Place(NamedTuple):
    """The location of an object on an API server."""

    collection: Collection
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """The object's URL path."""
        return self.collection.object_path(self.namespace, self.name)


def place_of(manifest: Manifest) -> Place:
    """Return the location of an object of either part.

    Raises:
        InstallationError: the installer does not know the object's kind.
    """
    kind, metadata = manifest["kind"], manifest["metadata"]
    if kind not in _RESOURCES:
        raise InstallationError(
            f"the installation contains a {kind}, a kind that the installer does not know; reinstall the package"
        )
    plural, namespaced = _RESOURCES[kind]
    group, version = split_api_version(manifest["apiVersion"])
    prefix = f"/apis/{group}/{version}" if group else f"/api/{version}"
    namespace = metadata.get("namespace", "") if namespaced else ""
    return Place(Collection(prefix, plural, namespaced), namespace, metadata["name"])


def karmada_part(addresses: Addresses) -> list[Manifest]:
    """Return every object of the Karmada part in the order to apply: an object follows the objects that it needs.

    Raises:
        InstallationError: a file is missing or invalid.
    """
    manifests = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": addresses.namespace}}]
    components = [DASHBOARD / "karmada"] if addresses.dashboard else []
    components += [MEMBER_SCHEMAS] if addresses.member_schemas else []
    manifests += [_addressed(manifest, addresses) for manifest in read_folder(KARMADA_PART, *components)]
    order = ("Namespace", "ServiceAccount", "Service", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")
    last = len(order)
    return sorted(manifests, key=lambda item: order.index(item["kind"]) if item["kind"] in order else last)


def last_of(part: Iterable[Manifest]) -> list[Manifest]:
    """Return the objects of a part that are applied when the processes run, in the order of `LAST_KINDS`."""
    last = [manifest for manifest in part if manifest["kind"] in LAST_KINDS]
    return sorted(last, key=lambda manifest: LAST_KINDS.index(manifest["kind"]))


def rights_by_choice(addresses: Addresses) -> list[Manifest]:
    """Return the objects of ``deploy/member-schemas``, which an administrator applies and ``uninstall`` removes.

    Raises:
        InstallationError: the file is missing or invalid.
    """
    file = MEMBER_SCHEMAS / "access.yaml"
    try:
        manifests: list[Manifest] = load_all(file.read_text(encoding="utf-8"))
    except (OSError, YamlError) as error:
        raise InstallationError(f"cannot read {file}: {error}; reinstall the package") from error
    return [_addressed(manifest, addresses) for manifest in manifests]


def read_folder(folder: Path, *components: Path) -> Iterator[Manifest]:
    """Yield every object of a kustomization and of components, with its common labels, in the order of its resources.

    Raises:
        InstallationError: a file is missing or invalid.
    """
    try:
        labels = {key: value for entry in _kustomization(folder)["labels"] for key, value in entry["pairs"].items()}
        for part in (folder, *components):
            for name in _kustomization(part)["resources"]:
                for manifest in load_all((part / name).read_text(encoding="utf-8")):
                    manifest["metadata"].setdefault("labels", {}).update(labels)
                    yield manifest
    except (OSError, YamlError, KeyError, TypeError) as error:
        raise InstallationError(f"cannot read {folder}: {error}; reinstall the package") from error


def _kustomization(folder: Path) -> Manifest:
    found: Manifest = load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    return found


def _addressed(manifest: Manifest, addresses: Addresses) -> Manifest:
    if manifest["metadata"].get("namespace"):
        manifest["metadata"]["namespace"] = addresses.namespace
    if manifest["kind"] == "Service":
        manifest["spec"]["externalName"] = addresses.discovery_host
    for subject in manifest.get("subjects", ()):
        if subject["kind"] == "ServiceAccount":
            subject["namespace"] = addresses.namespace
    if manifest["kind"] == "ValidatingAdmissionPolicy":
        _limit(manifest["spec"], addresses.namespace)
    for webhook in manifest.get("webhooks", ()):
        config: dict[str, Any] = webhook["clientConfig"]
        config["url"] = config["url"].replace(_DEFAULT_ADDRESS, addresses.webhooks.rstrip("/"))
        if addresses.ca_bundle:
            config["caBundle"] = addresses.ca_bundle
    return manifest


def _limit(policy: dict[str, Any], namespace: str) -> None:
    """Make a policy name the controller's account and the discovery Service in their namespace."""
    for condition in policy["matchConditions"]:
        user, ours = user_name(DEFAULT_NAMESPACE, ""), user_name(namespace, "")
        condition["expression"] = condition["expression"].replace(user, ours)
    for variable in policy["variables"]:
        if variable["name"] == "home":
            variable["expression"] = f"'{namespace}'"


def user_name(namespace: str, account: str) -> str:
    """Return the user name of a ServiceAccount (Kubernetes: ``pkg/serviceaccount/util.go``)."""
    return f"system:serviceaccount:{namespace}:{account}"
