"""Finds Karmada in a host cluster: how it was installed, where its API server is, who may manage it.

Every installer runs karmada-scheduler as a Deployment that mounts a kubeconfig from a Secret. That kubeconfig names the
API server as Pods of the host cluster reach it, and the CA. So the Deployment with this program is the starting point,
whatever its name is. Names and labels are those of Karmada v1.18.2: pkg/karmadactl/cmdinit/kubernetes,
charts/karmada/templates, operator/pkg/controlplane.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from converter.client import ApiServer, NotFoundError, RejectedError, each_item
from converter.client.collections import DEPLOYMENTS, SECRETS
from converter.errors import ConverterError
from converter.install.scheduler import scheduler_container
from converter.placement.scheduler_name import DEFAULT_SCHEDULER
from converter.yaml import YamlError, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.kube import Manifest


_RELEASE = re.compile(r"v\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]*)?")


class Method(StrEnum):
    """How Karmada was installed."""

    KARMADACTL = "karmadactl init"
    HELM = "Helm chart"
    OPERATOR = "Karmada operator"
    UNKNOWN = "unknown"


class DetectionError(ConverterError):
    """Karmada, or something that the installation needs of it, was not found in the host cluster.

    Attributes:
        namespaces: the namespaces in which a Karmada was found.
    """

    def __init__(self, text: str, namespaces: Iterable[str] = ()) -> None:
        self.namespaces = tuple(namespaces)
        super().__init__(text)


class SecretKey(NamedTuple):
    """One entry of a Secret."""

    secret: str
    key: str


@dataclass(frozen=True, slots=True)
class KarmadaInstallation:
    """One Karmada in a host cluster.

    Attributes:
        method: how it was installed.
        namespace: its namespace in the host cluster.
        name: the name of the installation: the Helm release, the Karmada object, or ``karmada``.
        scheduler: the Deployment of its scheduler, as it is stored.
        server_url: the address of its API server for Pods of the host cluster.
        ca_bundle: the PEM certificates that sign the API server's certificate, in base64; empty if the kubeconfig has
            none.
        admin: the Secret with the kubeconfig of an administrator.
        kubeconfig: that kubeconfig, as YAML text. It is a secret.
        release: Karmada's release, such as ``v1.18.2``; empty if the scheduler's image does not say it.
    """

    method: Method
    namespace: str
    name: str
    scheduler: Manifest
    server_url: str
    ca_bundle: str
    admin: SecretKey
    kubeconfig: str
    release: str


async def find_installations(host: ApiServer, namespace: str | None = None) -> list[KarmadaInstallation]:
    """Find every Karmada in a host cluster, or in one namespace of it, ordered by namespace and name.

    Args:
        host: the host cluster's API server.
        namespace: the only namespace to look in; None looks in all of them.

    Raises:
        DetectionError: a Secret that a scheduler mounts does not exist or is not a kubeconfig; or Deployments of all
            namespaces may not be listed.
        ApiError: the host cluster refused another request, or did not answer.
    """
    try:
        found = [msgspec.json.decode(raw) async for raw in each_item(host, DEPLOYMENTS, namespace or "")]
    except RejectedError as error:
        if namespace or error.status != HTTPStatus.FORBIDDEN:
            raise
        raise DetectionError(
            f"cannot search all namespaces for Karmada: {error}; select Karmada's namespace with --namespace"
        ) from error
    schedulers = sorted(
        (one for one in found if is_scheduler(one)), key=lambda one: (one["metadata"]["namespace"], _name_of(one))
    )
    return [await _read(host, scheduler) for scheduler in schedulers]


def select(found: list[KarmadaInstallation], *, ca_bundle: str = "") -> KarmadaInstallation | None:
    """Choose the Karmada to install for; None if there is none.

    Args:
        found: those in the host cluster, or in its selected namespace.
        ca_bundle: the CA, in base64, of the kubeconfig that an administrator gave; it decides between several.

    Raises:
        DetectionError: several are possible.
    """
    same = [one for one in found if ca_bundle and one.ca_bundle == ca_bundle]
    candidates = same if len(found) > 1 and len(same) == 1 else found
    if len(candidates) > 1:
        places = [one.namespace for one in candidates]
        if len(set(places)) == len(places):
            raise DetectionError(
                f"several Karmadas run here, in {', '.join(places)}; select one with --namespace", places
            )
        raise DetectionError(
            f"{len(places)} Karmadas share the namespace {places[0]}: one converter serves one Karmada, and has a "
            "namespace of its own. Select a namespace with --namespace, and the Karmada with --karmada-kubeconfig",
            places,
        )
    return candidates[0] if candidates else None


def is_scheduler(deployment: Manifest) -> bool:
    """Whether a Deployment runs Karmada's default scheduler; one with another name is not that."""
    container = _container(deployment)
    if container is None:
        return False
    return _option(container, "scheduler-name", DEFAULT_SCHEDULER) == DEFAULT_SCHEDULER


def method_of(deployment: Manifest) -> tuple[Method, str]:
    """Return how the scheduler was installed, and the name of that installation."""
    metadata = deployment["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    name = metadata["name"]
    if labels.get("app.kubernetes.io/managed-by") == "karmada-operator":
        full = name.removesuffix("-scheduler")  # operator/pkg/util/naming.go: NAME-karmada, or a NAME with "karmada"
        return Method.OPERATOR, full
    if release := annotations.get("meta.helm.sh/release-name"):
        return Method.HELM, str(release)
    if labels.get("karmada.io/bootstrapping") == "app-defaults":
        return Method.KARMADACTL, "karmada"
    return Method.UNKNOWN, name.removesuffix("-scheduler")


def release_of(image: str) -> str:
    """Read the release from the tag of an image: ``v1.18.2``; empty if the image has no such tag."""
    name = image.partition("@")[0].rsplit("/", 1)[-1]
    tag = name.partition(":")[2]
    return tag if _RELEASE.fullmatch(tag) else ""


def kubeconfig_source(deployment: Manifest) -> SecretKey | None:
    """Find the Secret from which the scheduler gets its kubeconfig; None if it is not a mounted Secret."""
    container = _container(deployment)
    path = _option(container, "kubeconfig", "") if container else ""
    if not container or not path:
        return None
    volumes = {one["name"]: one for one in deployment["spec"]["template"]["spec"].get("volumes") or ()}
    mounts = sorted(container.get("volumeMounts") or (), key=lambda one: len(one["mountPath"]), reverse=True)
    for mount in mounts:
        place = mount["mountPath"].rstrip("/")
        if path != place and not path.startswith(f"{place}/"):
            continue
        below = posixpath.join(mount.get("subPath", ""), path[len(place) :].lstrip("/")).rstrip("/")
        secret = volumes.get(mount["name"], {}).get("secret")
        if secret is None:
            return None
        renamed = {item["path"]: item["key"] for item in secret.get("items") or ()}
        return SecretKey(secret["secretName"], renamed.get(below, below))
    return None


def server_of(text: str) -> tuple[str, str]:
    """Read the API server's address, and its CA in base64, from a kubeconfig's current context.

    Raises:
        DetectionError: the text is not a kubeconfig with a current context.
    """
    try:
        content: Any = load(text)
        contexts = {one["name"]: one["context"] for one in content["contexts"]}
        clusters = {one["name"]: one["cluster"] for one in content["clusters"]}
        cluster = clusters[contexts[content["current-context"]]["cluster"]]
        return str(cluster["server"]), str(cluster.get("certificate-authority-data") or "")
    except (YamlError, KeyError, TypeError) as error:
        raise DetectionError("it is not a kubeconfig with a current context and its cluster") from error


async def _read(host: ApiServer, scheduler: Manifest) -> KarmadaInstallation:
    namespace, deployment = scheduler["metadata"]["namespace"], _name_of(scheduler)
    method, name = method_of(scheduler)
    mounted = kubeconfig_source(scheduler)
    if mounted is None:
        raise DetectionError(
            f"Deployment {namespace}/{deployment} runs Karmada's scheduler, but its --kubeconfig is not a file of a "
            "mounted Secret; pass --karmada-kubeconfig and --karmada-server",
            [namespace],
        )
    text = await _entry(host, namespace, mounted)
    if text is None:
        raise DetectionError(
            f"Deployment {namespace}/{deployment} mounts Secret {mounted.secret} with the key {mounted.key}, which "
            "does not exist; check that Karmada's scheduler runs",
            [namespace],
        )
    try:
        url, authority = server_of(text)
    except DetectionError as error:
        raise DetectionError(f"Secret {namespace}/{mounted.secret}, key {mounted.key}: {error}", [namespace]) from error
    admin = mounted
    for candidate in _administrators(method, name):
        other = await _entry(host, namespace, candidate)
        if other is not None:
            admin, text = candidate, other
            break
    container = _container(scheduler) or {}
    return KarmadaInstallation(
        method, namespace, name, scheduler, url, authority, admin, text, release_of(container.get("image", ""))
    )


def _administrators(method: Method, name: str) -> Iterator[SecretKey]:
    """List the Secrets in which an installer stores the administrator's kubeconfig."""
    match method:
        case Method.OPERATOR:
            yield SecretKey(f"{name}-admin-config", "karmada.config")
        case Method.HELM:
            yield SecretKey(f"{name}-kubeconfig", "kubeconfig")
            yield SecretKey(f"{name}-config", "karmada.config")
        case Method.KARMADACTL:
            yield SecretKey("karmada-kubeconfig", "kubeconfig")
        case _:
            return


async def _entry(host: ApiServer, namespace: str, place: SecretKey) -> str | None:
    try:
        secret = msgspec.json.decode(await host.get(SECRETS.object_path(namespace, place.secret)))
        return base64.b64decode(secret["data"][place.key], validate=True).decode()
    except (NotFoundError, KeyError, TypeError, binascii.Error, UnicodeDecodeError):
        return None


def _name_of(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _container(deployment: Manifest) -> dict[str, Any] | None:
    """Find the container that runs Karmada's scheduler."""
    return scheduler_container(deployment["spec"]["template"]["spec"])


def _words(container: dict[str, Any]) -> list[str]:
    return [*(container.get("command") or ()), *(container.get("args") or ())]


def _option(container: dict[str, Any], name: str, default: str) -> str:
    """Read the last value of an option from a command line: ``--name=value`` or ``--name value``."""
    words = _words(container)
    value = default
    for index, word in enumerate(words):
        if word.startswith(f"--{name}="):
            value = word.partition("=")[2]
        elif word == f"--{name}" and index + 1 < len(words):
            value = words[index + 1]
    return value
