"""The values of one Deployment: all have the same, with other defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tools.chart import model
from tools.chart.model import Group, Schema, Value

POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
SPREAD = [
    {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"},
    {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"},
]
_ZONE = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]}]}
            ]
        }
    }
}
_FROM_FIELD = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
_SIDECAR = {"name": "more", "image": "registry.example/more:1"}
_FIRST = {"name": "first", "image": "registry.example/first:1"}
_VOLUME = {"name": "more", "emptyDir": {}}
_MOUNT = {"name": "more", "mountPath": "/more"}


@dataclass(frozen=True, slots=True)
class Component:
    """What differs between the Deployments.

    Attributes:
        name: the value's key, and the end of the Deployment's name.
        text: what the process does.
        port: where the process listens in its Pod; None if it serves nothing but health and metrics.
        metrics_port: where it serves health and metrics.
        ready_seconds: the period of the readiness probe.
        resources: requests and limits.
        serves: whether API servers call it: then it has a Service, a priority, and drains before it stops.
        replicas: the number of Pods.
        optional: whether it is there only if a value says so: then people call it, through a Service of its own.
    """

    name: str
    text: str
    port: int | None
    metrics_port: int
    ready_seconds: int
    resources: dict[str, Any]
    serves: bool
    replicas: int = 2
    optional: bool = False


def _probe(path: str, **more: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http-metrics", "scheme": "HTTP"}, **more}


def component(of: Component) -> Group:
    """Return the values of a Deployment."""
    members: dict[str, Value | Group] = {}
    members.update(_replicas(of))
    members.update(_process(of))
    members.update(_placement(of))
    members.update(security())
    members.update(_probes(of))
    members.update(_more())
    members.update(_objects(of))
    group = Group(of.text, members)
    return needing(group, {f"{of.name}.enabled": True}) if of.optional else group


def needing(group: Group, needs: dict[str, Any]) -> Group:
    """Return a group whose values have no effect without other values."""
    return Group(group.text, {
        key: needing(member, needs) if isinstance(member, Group) else replace(member, needs=needs | member.needs)
        for key, member in group.members.items()
    })  # fmt: skip


def _value(text: str, default: Any, schema: Schema, example: Any, **needs: Any) -> Value:
    return Value(text, default, schema, example, needs)


def _replicas(of: Component) -> dict[str, Value]:
    rolling = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}} if of.serves else {}
    return {
        "replicas": _value("Number of Pods.", of.replicas, model.COUNT, 3),
        "strategy": _value(
            "How an update replaces Pods.", rolling,
            model.closed(
                type={"enum": ["RollingUpdate", "Recreate"]},
                rollingUpdate=model.closed(maxSurge=model.COUNT_OR_PERCENT, maxUnavailable=model.COUNT_OR_PERCENT),
            ),
            {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": "50%"}},
        ),
    }  # fmt: skip


def _process(of: Component) -> dict[str, Value]:
    drain = {
        "drainSeconds": _value(
            "How long the process serves after SIGTERM, while it reports that it is not ready.", 10, model.COUNT, 20
        )
    }
    return {
        **(drain if of.serves else {}),
        "terminationGracePeriodSeconds": _value(
            "How long a Pod may take to stop. Keep it above drainSeconds." if of.serves else
            "How long a Pod may take to stop.",
            40 if of.serves else 30, model.COUNT, 60,
        ),
        **(_port(of.port) if of.port is not None else {}),
        "metricsPort": _value("Port of health and metrics, without TLS. With hostNetwork, a port of the node.",
                              of.metrics_port, model.PORT, of.metrics_port + 1000),
        "listenAddress": _value("Address that the process listens on. Empty means all of the Pod.", "", model.STRING,
                                "127.0.0.1"),
        "extraArgs": _value("Arguments to add. `converter COMMAND --help` lists them.", [], model.STRINGS,
                            ["--log-level=debug"]),
        "resources": _value("Requests and limits of the container.", of.resources, model.RESOURCES,
                            {"requests": {"cpu": "1"}, "limits": {"memory": "2Gi"}}),
    }  # fmt: skip


def _port(port: int) -> dict[str, Value]:
    text = "Port of the process in its Pod. With hostNetwork, a port of the node."
    return {"port": _value(text, port, model.PORT, port + 1000)}


def _placement(of: Component) -> dict[str, Value]:
    return {
        "priorityClassName": _value("PriorityClass of the Pods.", "system-cluster-critical" if of.serves else "",
                                    model.NAME, "my-priority"),
        "topologySpreadConstraints": _value(
            "How Pods spread over nodes and zones. An entry without labelSelector selects the Pods of this Deployment.",
            SPREAD if of.replicas > 1 else [], model.SPREAD,
            [{"maxSkew": 4, "topologyKey": "example.com/rack", "whenUnsatisfiable": "DoNotSchedule"}],
        ),
        **scheduling(),
        "hostNetwork": _value("Use the network of the node: for API servers that cannot reach Pods.", False,
                              model.BOOLEAN, True),
    }  # fmt: skip


def scheduling() -> dict[str, Value]:
    """Return the values that say on which nodes Pods run, and how they resolve names."""
    return {
        "nodeSelector": _value("Labels that a node must have.", {}, model.MAP, {"kubernetes.io/arch": "arm64"}),
        "tolerations": _value("Taints that the Pods tolerate.", [], model.TOLERATIONS,
                              [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]),
        "affinity": _value("Affinity of the Pods.", {}, model.AFFINITY, _ZONE),
        "runtimeClassName": _value("RuntimeClass of the Pods.", "", model.NAME, "gvisor"),
        "dnsPolicy": _value("DNS policy. Empty means ClusterFirst, or ClusterFirstWithHostNet with hostNetwork.", "",
                            {"enum": ["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]}, "Default"),
        "dnsConfig": _value("DNS settings of the Pods.", {}, model.DNS_CONFIG, {"nameservers": ["192.0.2.53"]}),
        "hostAliases": _value("Lines for /etc/hosts: for a Karmada API server that no DNS server knows.", [],
                              model.HOST_ALIASES, [{"ip": "192.0.2.5", "hostnames": ["karmada.example"]}]),
    }  # fmt: skip


def security() -> dict[str, Value]:
    """Return the values of the security contexts, which meet the Pod Security standard `restricted`."""
    return {
        "podSecurityContext": _value("Security context of the Pods.", POD_SECURITY, model.ANY_OBJECT,
                                     {"runAsUser": 1234}),
        "securityContext": _value("Security context of the container.", CONTAINER_SECURITY, model.ANY_OBJECT,
                                  {"runAsUser": 1234}),
    }  # fmt: skip


def _probes(of: Component) -> dict[str, Value]:
    slower = {"periodSeconds": 7}
    live = {"periodSeconds": 10, "timeoutSeconds": 5}
    ready = {"periodSeconds": of.ready_seconds, "timeoutSeconds": 2}
    return {
        "startupProbe": _value("Startup probe.", _probe("/healthz", periodSeconds=2, failureThreshold=30), model.PROBE,
                               slower),
        "livenessProbe": _value("Liveness probe.", _probe("/healthz", **live), model.PROBE, slower),
        "readinessProbe": _value("Readiness probe.", _probe("/readyz", **ready), model.PROBE, slower),
    }  # fmt: skip


def _more() -> dict[str, Value]:
    return {
        "extraEnv": _value("Environment variables to add.", [], model.ENVIRONMENT, [_FROM_FIELD]),
        "extraEnvFrom": _value("Sources of environment variables.", [], model.ENVIRONMENT_FROM,
                               [{"secretRef": {"name": "proxy"}}]),
        "extraVolumes": _value("Volumes to add to the Pods.", [], model.VOLUMES, [_VOLUME]),
        "extraVolumeMounts": _value("Mounts to add to the container.", [], model.MOUNTS, [_MOUNT]),
        "extraContainers": _value("Containers to add to the Pods.", [], model.CONTAINERS, [_SIDECAR]),
        "initContainers": _value("Init containers of the Pods.", [], model.CONTAINERS, [_FIRST]),
    }  # fmt: skip


def _objects(of: Component) -> dict[str, Value | Group]:
    members: dict[str, Value | Group] = {
        "labels": _value("Labels to add to the Deployment.", {}, model.MAP, {"team": "platform"}),
        "annotations": _value("Annotations of the Deployment.", {}, model.MAP, {"example.com/owner": "platform"}),
        "podLabels": _value("Labels to add to the Pods.", {}, model.MAP, {"team": "platform"}),
        "podAnnotations": _value("Annotations of the Pods.", {}, model.MAP, {"prometheus.io/scrape": "true"}),
        "podDisruptionBudget": budget(there=of.serves, needs=_if(of, "podDisruptionBudget.enabled")),
        "serviceAccount": Group("The ServiceAccount on the host cluster.", {
            "create": _value("Whether the chart creates it. If not, create it before.", True, model.BOOLEAN, False),
            "name": _value(f"Its name. Empty means converter-{of.name}.", "", model.NAME, f"my-{of.name}"),
            "annotations": _value("Its annotations.", {}, model.MAP, {"example.com/role": "mine"}),
        }),
    }  # fmt: skip
    if of.serves or of.optional:
        text = "Port of the Service. The Karmada part uses the same one." if of.serves else "Port of the Service."
        callers = "the Karmada API server reaches" if of.serves else "people reach"
        members["service"] = Group(f"The Service by which {callers} it.", {
            "type": _value("Type of the Service.", "ClusterIP", {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
                           "LoadBalancer"),
            "port": _value(text, 443 if of.serves else 80, model.PORT, 8443),
            "annotations": _value("Annotations of the Service.", {}, model.MAP, {"example.com/internal": "true"}),
            "spec": _value("More fields of the Service, such as loadBalancerIP or ipFamilyPolicy.", {},
                           model.ANY_OBJECT, {"ipFamilyPolicy": "PreferDualStack"}),
        })  # fmt: skip
    return members


def budget(*, there: bool, needs: dict[str, Any]) -> Group:
    """Return the values of a PodDisruptionBudget.

    Args:
        there: whether there is one by default.
        needs: what makes its values have an effect.
    """
    return Group("The PodDisruptionBudget. Set one of minAvailable and maxUnavailable.", {
        "enabled": _value("Whether there is one.", there, model.BOOLEAN, not there),
        "minAvailable": _value("Pods that a drain leaves running: a number or a percentage. It replaces "
                               "maxUnavailable.", None, model.COUNT_OR_PERCENT, "50%", **needs),
        "maxUnavailable": _value("Pods that a drain may stop at the same time: a number or a percentage.", 1,
                                 model.COUNT_OR_PERCENT, 2, **needs),
    })  # fmt: skip


def _if(of: Component, path: str) -> dict[str, Any]:
    return {} if of.serves else {f"{of.name}.{path}": True}
