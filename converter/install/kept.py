"""The options of an installation, read from it: what an administrator does not give again stays as it is."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from converter.client import Collection, find_object
from converter.client.collections import DEPLOYMENTS
from converter.install.host import default_image, image_version
from converter.install.manifests import WEBHOOKS
from converter.install.scheduler import DEPLOYMENT as SCHEDULER

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.kube import Manifest

_ADMISSION: Final = "converter-admission"
_DISCOVERY: Final = "converter-discovery"
_SERVICES: Final = Collection("/api/v1", "services")
_CONFIGURATIONS: Final = Collection(
    "/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", namespaced=False
)


class Kept(NamedTuple):
    """What an installation has; a field is empty if the installation does not say it, or does not exist.

    Attributes:
        image: the image of the processes: the same one if they are of this release, else the one with its tag in the
            same repository.
        pull_secrets: the names of the Secrets with credentials for the image's registry.
        webhook_url: where Karmada reaches the webhooks: ``https://HOST:PORT``.
        discovery_host: the DNS name by which Karmada reaches the discovery server.
        scheduler_image: the image of the converter's scheduler.
    """

    image: str = ""
    pull_secrets: tuple[str, ...] = ()
    webhook_url: str = ""
    discovery_host: str = ""
    scheduler_image: str = ""


async def read_kept(karmada: ApiServer, host: ApiServer, namespace: str) -> Kept:
    """Read the options of an installation.

    Args:
        karmada: the Karmada API server.
        host: the API server of the host cluster.
        namespace: the namespace of the installation, on both.

    Raises:
        ApiError: an API server refused a request, or did not answer.
        InstallationError: the files of this release are missing or invalid.
    """
    admission = await find_object(host, DEPLOYMENTS.object_path(namespace, _ADMISSION))
    scheduler = await find_object(host, DEPLOYMENTS.object_path(namespace, SCHEDULER))
    webhooks = await find_object(karmada, _CONFIGURATIONS.object_path("", WEBHOOKS))
    service = await find_object(karmada, _SERVICES.object_path(namespace, _DISCOVERY))
    pod = admission["spec"]["template"]["spec"] if admission else {}
    return Kept(
        _image(admission) if admission else "",
        tuple(one["name"] for one in pod.get("imagePullSecrets") or ()),
        _address(webhooks) if webhooks else "",
        str(((service or {}).get("spec") or {}).get("externalName") or ""),
        str(scheduler["spec"]["template"]["spec"]["containers"][0]["image"]) if scheduler else "",
    )


def _image(deployment: Manifest) -> str:
    """Keep the image of this release; for another one, select this release in the same repository."""
    image = str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])
    release = image_version(default_image())
    if (deployment["metadata"].get("labels") or {}).get("app.kubernetes.io/version") == release:
        return image
    name = image.partition("@")[0]
    tagged = posixpath.basename(name)
    return f"{name.removesuffix(tagged)}{tagged.partition(':')[0]}:{release}"


def _address(configuration: Manifest) -> str:
    urls = [(hook.get("clientConfig") or {}).get("url") for hook in configuration.get("webhooks") or ()]
    parts = urlsplit(next(filter(None, urls), ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
