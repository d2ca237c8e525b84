"""The converter's scheduler in a Helm release: the copy of Karmada's scheduler, with the values of the chart."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import each_item
from converter.client.collections import DEPLOYMENTS
from converter.errors import ConverterError
from converter.install.detect import is_scheduler
from converter.install.scheduler import plain_scheduler, second_scheduler
from converter.placement.scheduler_name import OWN_SCHEDULER

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.kube import Manifest


class SettingsError(ConverterError):
    """The settings of the scheduler are not what the chart writes."""


class SchedulerMissingError(ConverterError):
    """Karmada's scheduler does not run in the namespace, and no image of it is given."""


class SchedulerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a release changes in the copy. Empty values leave what Karmada's scheduler has.

    Attributes:
        name: the name that bindings have in ``spec.schedulerName``; empty for no scheduler of the converter's own.
        image: an image of karmada-scheduler. It is needed where Karmada's scheduler does not run in the namespace.
        replicas: the number of Pods; 0 for as many as Karmada's has.
        extra_args: arguments to add.
        resources: requests and limits.
        priority_class_name: the PriorityClass.
        node_selector: labels that a node must have.
        tolerations: taints that are tolerated.
        affinity: the affinity.
        labels: labels to add to the Deployment.
        annotations: annotations to add to it.
        pod_labels: labels to add to its Pods.
        pod_annotations: annotations to add to them.
    """

    name: str = OWN_SCHEDULER
    image: str = ""
    replicas: int = 0
    extra_args: list[str] = []
    resources: dict[str, Any] = {}
    priority_class_name: str = ""
    node_selector: dict[str, str] = {}
    tolerations: list[dict[str, Any]] = []
    affinity: dict[str, Any] = {}
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    pod_labels: dict[str, str] = {}
    pod_annotations: dict[str, str] = {}

    @classmethod
    def read(cls, text: str, name: str) -> SchedulerSettings:
        """Read the settings as the chart writes them: a JSON object with the values that are not empty.

        Args:
            text: the JSON text; empty for no settings.
            name: the name of the scheduler.

        Raises:
            SettingsError: the text is something else.
        """
        try:
            return msgspec.structs.replace(msgspec.json.decode(text or "{}", type=cls), name=name)
        except msgspec.DecodeError as error:
            raise SettingsError(f"cannot read the settings of the scheduler: {error}") from error


async def find_scheduler(host: ApiServer, namespace: str) -> Manifest | None:
    """Find the Deployment of Karmada's scheduler in a namespace of the host cluster; None if there is none.

    Raises:
        ApiError: a request failed.
    """
    async for raw in each_item(host, DEPLOYMENTS, namespace):
        deployment: Manifest = msgspec.json.decode(raw)
        if is_scheduler(deployment):
            return deployment
    return None


def release_scheduler(running: Manifest | None, settings: SchedulerSettings, namespace: str) -> Manifest:
    """Make the Deployment of the converter's scheduler.

    Args:
        running: the Deployment of Karmada's scheduler; None if it does not run in the namespace.
        settings: what the release changes.
        namespace: the namespace of the release, on both API servers.

    Raises:
        SchedulerMissingError: there is nothing to copy.
        SchedulerCopyError: Karmada's Deployment cannot be copied.
    """
    if running is None:
        if not settings.image:
            raise SchedulerMissingError(
                f"no Deployment in namespace {namespace} runs karmada-scheduler. Set scheduler.image to the image of "
                "your Karmada's scheduler; or set scheduler.enabled=false, and --plugins=*,-APIEnablement on that "
                "scheduler"
            )
        running = plain_scheduler(settings.image, namespace=namespace)
    made = second_scheduler(running, namespace=namespace, scheduler_name=settings.name, lease_namespace=namespace)
    return _customized(made, settings)


def _customized(deployment: Manifest, settings: SchedulerSettings) -> Manifest:
    made = copy.deepcopy(deployment)
    template = made["spec"]["template"]
    pod, (container,) = template["spec"], template["spec"]["containers"]
    _add(made["metadata"], settings.labels, settings.annotations)
    _add(template["metadata"], settings.pod_labels, settings.pod_annotations)
    if settings.replicas:
        made["spec"]["replicas"] = settings.replicas
    container["args"] = [*container["args"], *settings.extra_args]
    for place, field, value in (
        (container, "image", settings.image),
        (container, "resources", settings.resources),
        (pod, "priorityClassName", settings.priority_class_name),
        (pod, "nodeSelector", settings.node_selector),
        (pod, "tolerations", settings.tolerations),
        (pod, "affinity", settings.affinity),
    ):
        if value:
            place[field] = value
    return made


def _add(metadata: Manifest, labels: dict[str, str], annotations: dict[str, str]) -> None:
    """Add labels and annotations; what selects the Pods stays."""
    metadata["labels"] = labels | metadata.get("labels", {})
    if annotations:
        metadata["annotations"] = metadata.get("annotations", {}) | annotations
