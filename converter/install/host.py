"""The host part of the installation: the converter's processes, read from ``deploy/host`` as kustomize reads it.

All its objects are in one namespace, so several converters, one for each Karmada, share a host cluster.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter.install.manifests import DASHBOARD, InstallationError, read_folder
from converter.package_data import data_folder
from converter.placement.scheduler_name import OWN_SCHEDULER
from converter.yaml import YamlError, load

if TYPE_CHECKING:
    from converter.kube import Manifest

HOST_PART = data_folder("deploy") / "host"
"""The folder with the objects that ``converter install`` applies to the host cluster."""

IMAGE = "karmada-api-version-converter"
"""The name in ``deploy/host`` that the image replaces."""

CERTIFICATES = "converter-tls"
"""The Secret that the controller fills with the CA and the serving certificate."""

DASHBOARD_DEPLOYMENT = "converter-dashboard"

SCHEDULER_BUDGET = "converter-scheduler"
"""The PodDisruptionBudget that belongs to the converter's scheduler."""

DEPLOYMENTS = (
    "converter-controller", "converter-discovery", "converter-admission", "converter-scheduler", DASHBOARD_DEPLOYMENT,
)  # fmt: skip
"""The Deployments of the host part, in the order in which they become available."""

_WITH_SCHEDULER_NAME = ("serve", "controller")


@dataclass(frozen=True, slots=True)
class HostOptions:
    """What differs between two host parts.

    Attributes:
        namespace: the namespace of all objects.
        image: the converter's image, with a tag or a digest; empty for the one in ``deploy/host``.
        pull_secrets: the names of the Secrets with credentials for the image's registry.
        scheduler: the Deployment of the converter's scheduler (`converter.install.scheduler`); None for none.
        certificate_names: DNS names and IP addresses at which Karmada reaches the processes, in addition to the names
            of their Services.
        scheduler_name: the name of the converter's scheduler; empty to rely on Karmada's own.
        dashboard: whether the dashboard belongs to it.
    """

    namespace: str = "karmada-system"
    image: str = ""
    pull_secrets: tuple[str, ...] = field(default=())
    scheduler: Manifest | None = None
    certificate_names: tuple[str, ...] = field(default=())
    scheduler_name: str = OWN_SCHEDULER
    dashboard: bool = False


def host_part(options: HostOptions) -> list[Manifest]:
    """Return every object of the host part in the order to apply: accounts, rights, Secrets, then what runs.

    Raises:
        InstallationError: a file is missing or invalid.
    """
    image = options.image or default_image()
    components = [DASHBOARD / "host"] if options.dashboard else []
    manifests = [
        _placed(manifest, options, image)
        for manifest in read_folder(HOST_PART, *components)
        if options.scheduler_name or manifest["metadata"]["name"] != SCHEDULER_BUDGET
    ]
    if options.scheduler is not None:
        manifests.append(options.scheduler)
    order = ("ServiceAccount", "Role", "RoleBinding", "Secret", "Service", "PodDisruptionBudget", "Deployment")
    last = len(order)
    return sorted(manifests, key=lambda item: order.index(item["kind"]) if item["kind"] in order else last)


def default_image() -> str:
    """Return the image of ``deploy/host/kustomization.yaml``: the name and the tag of this release.

    Raises:
        InstallationError: the file is missing or invalid.
    """
    try:
        kustomization = load((HOST_PART / "kustomization.yaml").read_text(encoding="utf-8"))
        (entry,) = [item for item in kustomization["images"] if item["name"] == IMAGE]
        return f"{entry.get('newName', IMAGE)}:{entry['newTag']}"
    except (OSError, YamlError, KeyError, TypeError, ValueError) as error:
        raise InstallationError(f"cannot read {HOST_PART}: {error}; reinstall the package") from error


def names_registry(image: str) -> bool:
    """Whether an image names a registry: without one, nodes look on Docker Hub, where the converter is not."""
    first, slash, _ = image.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")


def image_version(image: str) -> str:
    """Read the tag of an image; its digest if it has no tag; empty for neither."""
    name, _, digest = image.partition("@")
    tag = posixpath.basename(name).partition(":")[2]
    return tag or digest


def _placed(manifest: Manifest, options: HostOptions, image: str) -> Manifest:
    manifest["metadata"]["namespace"] = options.namespace
    for subject in manifest.get("subjects", ()):
        if subject["kind"] == "ServiceAccount":
            subject["namespace"] = options.namespace
    if manifest["kind"] == "Deployment":
        spec = manifest["spec"]["template"]["spec"]
        if options.pull_secrets:
            spec["imagePullSecrets"] = [{"name": name} for name in options.pull_secrets]
        for container in spec["containers"]:
            if container["image"] == IMAGE:
                container["image"] = image
            if container["args"][0] == "controller":
                container["args"] += [f"--certificate-name={name}" for name in options.certificate_names]
            if container["args"][0] in _WITH_SCHEDULER_NAME and options.scheduler_name != OWN_SCHEDULER:
                container["args"].append(f"--scheduler-name={options.scheduler_name}")
    return manifest
