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


_HANDLERS = frozenset({"httpGet", "tcpSocket", "exec", "grpc"})


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
        strategy: how an update replaces Pods.
        extra_env: variables to add; one that is there already is replaced.
        extra_volumes: volumes to add.
        extra_volume_mounts: mounts to add.
        topology_spread_constraints: the constraints of spread. One without a selector selects the scheduler's Pods.
        pod_security_context: the security context of the Pods.
        security_context: the one of the container.
        labels: labels to add to the Deployment.
        annotations: annotations to add to it.
        pod_labels: labels to add to its Pods.
        pod_annotations: annotations to add to them.

    The other attributes are the fields of the Pod or of its container that they are named after.
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
    strategy: dict[str, Any] = {}
    termination_grace_period_seconds: int = 0
    topology_spread_constraints: list[dict[str, Any]] = []
    runtime_class_name: str = ""
    dns_policy: str = ""
    dns_config: dict[str, Any] = {}
    host_aliases: list[dict[str, Any]] = []
    pod_security_context: dict[str, Any] = {}
    security_context: dict[str, Any] = {}
    startup_probe: dict[str, Any] = {}
    liveness_probe: dict[str, Any] = {}
    readiness_probe: dict[str, Any] = {}
    extra_env: list[dict[str, Any]] = []
    extra_volumes: list[dict[str, Any]] = []
    extra_volume_mounts: list[dict[str, Any]] = []
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
    spread = [_selecting(one, made["spec"]["selector"]) for one in settings.topology_spread_constraints]
    for place, field, value in (
        (made["spec"], "strategy", settings.strategy),
        (container, "image", settings.image),
        (container, "resources", settings.resources),
        (container, "securityContext", settings.security_context),
        (container, "startupProbe", _probe(container, "startupProbe", settings.startup_probe)),
        (container, "livenessProbe", _probe(container, "livenessProbe", settings.liveness_probe)),
        (container, "readinessProbe", _probe(container, "readinessProbe", settings.readiness_probe)),
        (pod, "priorityClassName", settings.priority_class_name),
        (pod, "nodeSelector", settings.node_selector),
        (pod, "tolerations", settings.tolerations),
        (pod, "affinity", settings.affinity),
        (pod, "terminationGracePeriodSeconds", settings.termination_grace_period_seconds),
        (pod, "topologySpreadConstraints", spread),
        (pod, "runtimeClassName", settings.runtime_class_name),
        (pod, "dnsPolicy", settings.dns_policy),
        (pod, "dnsConfig", settings.dns_config),
        (pod, "hostAliases", settings.host_aliases),
        (pod, "securityContext", settings.pod_security_context),
    ):
        if value:
            place[field] = value
    for place, field, more in (
        (container, "env", settings.extra_env),
        (container, "volumeMounts", settings.extra_volume_mounts),
        (pod, "volumes", settings.extra_volumes),
    ):
        if more:
            place[field] = _merged(place.get(field) or [], more, "mountPath" if field == "volumeMounts" else "name")
    return made


def _probe(container: Manifest, name: str, probe: dict[str, Any]) -> dict[str, Any]:
    """Change fields of a probe; one that says how to probe replaces it."""
    if not probe or probe.keys() & _HANDLERS:
        return probe
    return {**container.get(name, {}), **probe}


def _selecting(constraint: dict[str, Any], selector: dict[str, Any]) -> dict[str, Any]:
    return {"labelSelector": selector, **constraint}


def _merged(listed: list[dict[str, Any]], more: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Add items to a list; one with the key of another one replaces it."""
    added = {item[key] for item in more}
    return [*(item for item in listed if item[key] not in added), *more]


def _add(metadata: Manifest, labels: dict[str, str], annotations: dict[str, str]) -> None:
    """Add labels and annotations; what selects the Pods stays."""
    metadata["labels"] = labels | metadata.get("labels", {})
    if annotations:
        metadata["annotations"] = metadata.get("annotations", {}) | annotations
