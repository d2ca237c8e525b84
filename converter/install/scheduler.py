"""Makes the Deployment of the converter's scheduler from the Deployment of Karmada's.

It is the same program from the same image, with the same flags but for those that make it another scheduler: its name,
its plugins without APIEnablement, its election, its identity and, in the host's network, its ports. So estimators,
feature gates and rate limits are the same for both. What makes a Pod belong to Karmada's Deployment, or keeps it away
from such Pods, is not copied. Flags are those of cmd/scheduler/app/options in Karmada.
"""

from __future__ import annotations

import copy
import posixpath
from typing import TYPE_CHECKING, Any, Final

from converter.errors import ConverterError
from converter.install.flags import Flags, FlagsError
from converter.install.scheduler_pod import Ports, node_affinity, sources, storage
from converter.karmada.names import GROUP
from converter.placement.scheduler_name import OWN_SCHEDULER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.kube import Manifest

DEPLOYMENT: Final = "converter-scheduler"
"""The name of the Deployment, and of the ServiceAccount in Karmada that it uses."""

KUBECONFIG_SECRET: Final = "converter-scheduler-kubeconfig"  # noqa: S105 -- the name of a Secret
"""The Secret in the host cluster with the identity of the scheduler (keys ``kubeconfig`` and ``token``)."""

LEASE: Final = "apiconverter-scheduler"
"""The Lease in Karmada by which its replicas elect the one that acts."""

COPIED_FROM_ANNOTATION: Final = f"{GROUP}/copied-from"
"""On the Deployment: the namespace and name of the Deployment of Karmada's scheduler that it was made from."""

PROGRAM: Final = "karmada-scheduler"
"""The name of the program in Karmada's image."""

_PLUGIN = "APIEnablement"
_MOUNT = "/etc/converter/karmada"
_VOLUME = "converter-karmada"
_LABELS: Final[Mapping[str, str]] = {
    "app.kubernetes.io/name": "karmada-api-version-converter",
    "app.kubernetes.io/component": "scheduler",
}
"""What selects the Pods. Nothing of Karmada's has it, and its own labels are not copied."""

_POD_FIELDS = (
    "serviceAccountName", "imagePullSecrets", "nodeSelector", "tolerations", "priorityClassName", "runtimeClassName",
    "schedulerName", "securityContext", "terminationGracePeriodSeconds", "dnsPolicy", "dnsConfig", "hostAliases",
    "hostNetwork", "enableServiceLinks",
)  # fmt: skip
_CONTAINER_FIELDS = ("image", "imagePullPolicy", "workingDir", "env", "envFrom", "resources", "securityContext")


class SchedulerCopyError(ConverterError):
    """The Deployment of Karmada's scheduler cannot be copied.

    Attributes:
        deployment: its namespace and name.
    """

    def __init__(self, deployment: str, problem: str) -> None:
        self.deployment = deployment
        super().__init__(
            f"Deployment {deployment}: {problem}. Make the Deployment {DEPLOYMENT} by hand, or run Karmada's scheduler "
            f"with --plugins=*,-{_PLUGIN} and the converter with --scheduler-name="
        )


def second_scheduler(
    running: Manifest,
    *,
    namespace: str,
    scheduler_name: str = OWN_SCHEDULER,
    lease_namespace: str = "karmada-system",
    kubeconfig_secret: str = KUBECONFIG_SECRET,
) -> Manifest:
    """Make the Deployment of the converter's scheduler.

    Args:
        running: the Deployment of Karmada's scheduler, as it is stored; it is not modified.
        namespace: the namespace in the host cluster.
        scheduler_name: the name that bindings have in ``spec.schedulerName``.
        lease_namespace: the namespace in Karmada for the Lease.
        kubeconfig_secret: the Secret with the kubeconfig, which names a token file next to it.

    Raises:
        SchedulerCopyError: the Deployment has no container with karmada-scheduler, its command line cannot be read, or
            it needs a Secret or a ConfigMap that another namespace does not have.
    """
    metadata = running["metadata"]
    origin = f"{metadata.get('namespace', '')}/{metadata['name']}"
    template = running["spec"]["template"]
    pod: Manifest = template["spec"]
    container = scheduler_container(pod)
    if container is None:
        raise SchedulerCopyError(origin, f"no container runs {PROGRAM}")
    program, flags = _command_line(container, origin)
    kept = flags.without("kubeconfig", "master")
    mounts, volumes = storage(pod, container, flags.get("kubeconfig"), kept)
    if namespace != metadata.get("namespace", namespace) and (needed := sources(volumes, container)):
        missing = f"it needs {', '.join(needed)}, which namespace {namespace} does not have; use its own namespace"
        raise SchedulerCopyError(origin, missing)
    ports = Ports.of(flags, host_network=bool(pod.get("hostNetwork")))
    own_container = {
        "name": "scheduler",
        **_copied(container, _CONTAINER_FIELDS),
        **({"command": program} if program else {}),
        "args": ports.applied(_own_flags(kept, scheduler_name, lease_namespace)).words(),
        **ports.probes(container),
        **({"ports": ports.container_ports(container["ports"])} if container.get("ports") else {}),
        "volumeMounts": [*mounts, {"name": _VOLUME, "mountPath": _MOUNT, "readOnly": True}],
    }
    own_pod = {
        **_copied(pod, _POD_FIELDS),
        **node_affinity(pod),
        "automountServiceAccountToken": False,
        "topologySpreadConstraints": [_spread("kubernetes.io/hostname"), _spread("topology.kubernetes.io/zone")],
        "containers": [own_container],
        "volumes": [*volumes, {"name": _VOLUME, "secret": {"secretName": kubeconfig_secret}}],
    }
    annotations = ports.annotations((template.get("metadata") or {}).get("annotations") or {})
    labels = {**_LABELS, "app.kubernetes.io/part-of": "karmada-api-version-converter"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": DEPLOYMENT,
            "namespace": namespace,
            "labels": labels,
            "annotations": {COPIED_FROM_ANNOTATION: origin},
        },
        "spec": {
            "replicas": max(1, running["spec"].get("replicas", 1)),
            "revisionHistoryLimit": 3,
            **_copied(running["spec"], ("strategy",)),
            "selector": {"matchLabels": dict(_LABELS)},
            "template": {
                "metadata": {"labels": dict(labels), **({"annotations": annotations} if annotations else {})},
                "spec": own_pod,
            },
        },
    }


def scheduler_container(pod: Manifest) -> Manifest | None:
    """Find the container that runs Karmada's scheduler: by its program, its image, or because it is the only one."""
    containers: list[Manifest] = pod.get("containers") or []
    for container in containers:
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        if words and posixpath.basename(words[0]) == PROGRAM:
            return container
    for container in containers:
        if posixpath.basename(container.get("image", "").partition("@")[0]).partition(":")[0] == PROGRAM:
            return container
    return None


def _command_line(container: Manifest, origin: str) -> tuple[list[str], Flags]:
    """Split a command line into the program, empty if the image has it as its entry point, and the flags."""
    command, args = list(container.get("command") or ()), list(container.get("args") or ())
    if not command and args and posixpath.basename(args[0]) == PROGRAM:
        command, args = args[:1], args[1:]
    if command and posixpath.basename(command[0]) != PROGRAM:
        raise SchedulerCopyError(origin, f"its command is {command[0]!r} instead of {PROGRAM}")
    try:
        return command[:1], Flags.read([*command[1:], *args])
    except FlagsError as error:
        raise SchedulerCopyError(origin, str(error)) from error


def _own_flags(flags: Flags, scheduler_name: str, lease_namespace: str) -> Flags:
    """Set what makes it another scheduler."""
    for name, value in (
        ("kubeconfig", f"{_MOUNT}/kubeconfig"),
        ("scheduler-name", scheduler_name),
        ("plugins", plugins_without(_PLUGIN, flags.values("plugins"))),
        ("leader-elect", "true"),
        ("leader-elect-resource-name", LEASE),
        ("leader-elect-resource-namespace", lease_namespace),
    ):
        flags = flags.with_value(name, value)
    return flags


def plugins_without(plugin: str, values: list[str]) -> str:
    """Disable a plugin in the values of ``--plugins`` (`Registry.Filter` in pkg/scheduler/framework/runtime)."""
    names = [name.strip() for value in values for name in value.split(",") if name.strip()] or ["*"]
    others = [name for name in names if name.lstrip("-") != plugin]
    return ",".join([*others, f"-{plugin}"] if "*" in others or not others else others)


def _copied(source: Manifest, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: copy.deepcopy(source[field]) for field in fields if source.get(field) is not None}


def _spread(topology: str) -> Manifest:
    return {
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(_LABELS)},
    }


def plain_scheduler(image: str, *, namespace: str) -> Manifest:
    """Make the Deployment of a Karmada scheduler with default flags, for a Karmada whose scheduler cannot be seen.

    Use it as ``running`` for a managed control plane. It has no estimators.

    Args:
        image: the image of karmada-scheduler, of the control plane's release.
        namespace: the namespace in the host cluster.
    """
    address = {"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    container = {
        "name": PROGRAM,
        "image": image,
        "env": [{"name": "POD_IP", **address}],
        "command": [f"/bin/{PROGRAM}"],
        "args": ["--metrics-bind-address=$(POD_IP):8080", "--health-probe-bind-address=$(POD_IP):10351", "--v=2"],
        "ports": [{"containerPort": 8080, "name": "metrics", "protocol": "TCP"}],
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": 10351, "scheme": "HTTP"},
            "initialDelaySeconds": 15,
            "periodSeconds": 15,
            "timeoutSeconds": 5,
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": PROGRAM, "namespace": namespace},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
    }
