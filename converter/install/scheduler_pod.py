"""The parts of the scheduler's Pod that are not plain copies: ports, volumes, probes and annotations."""

from __future__ import annotations

import copy
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.install.flags import Flags
    from converter.kube import Manifest

_ADDRESSES: Final = {
    "metrics-bind-address": ":8080",
    "health-probe-bind-address": ":10351",
    "profiling-bind-address": ":6060",
}
"""The flags with a port, and their defaults."""

_SHIFT: Final = 10000
"""Added to the ports in the host's network, where Karmada's scheduler has the others."""

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")

_ROLLOUT_PREFIXES: Final = ("checksum/", "kubectl.kubernetes.io/")
"""Prefixes of annotations of a Pod that say when and why it was rolled out."""

_PORT_ANNOTATION: Final = "prometheus.io/port"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the scheduler.

    Attributes:
        addresses: the value of each flag with a port.
        moved: the new port for each port that Karmada's scheduler has; empty outside of the host's network.
    """

    addresses: dict[str, str]
    moved: dict[int, int]

    @classmethod
    def of(cls, flags: Flags, *, host_network: bool) -> Ports:
        """Find the ports in the flags of Karmada's scheduler."""
        addresses = {name: flags.get(name, default) for name, default in _ADDRESSES.items()}
        if not host_network:
            return cls(addresses, {})
        ports = {port for port in map(_port, addresses.values()) if port is not None}
        moved = {port: port + _SHIFT if port < _SHIFT * 5 else port - _SHIFT for port in sorted(ports)}
        return cls({name: _readdress(address, moved) for name, address in addresses.items()}, moved)

    def applied(self, flags: Flags) -> Flags:
        """Set the flags whose ports have moved."""
        if self.moved:
            for name, address in self.addresses.items():
                if name != "profiling-bind-address" or flags.values("enable-pprof"):
                    flags = flags.with_value(name, address)
        return flags

    def container_ports(self, ports: Iterable[Manifest]) -> list[Manifest]:
        """Copy the ports of a container, without the ports of the host."""
        copied = []
        for port in ports:
            number = self.moved.get(port["containerPort"], port["containerPort"])
            copied.append({**{key: value for key, value in port.items() if key != "hostPort"}, "containerPort": number})
        return copied

    def probes(self, container: Manifest) -> dict[str, Manifest]:
        """Copy the probes of a container. Without a readiness probe, the liveness probe says when it is ready."""
        probes = {name: copy.deepcopy(container[name]) for name in _PROBES if container.get(name)}
        if "readinessProbe" not in probes and "livenessProbe" in probes:
            fields = ("httpGet", "tcpSocket", "exec", "grpc", "timeoutSeconds")
            alive = copy.deepcopy(probes["livenessProbe"])
            probes["readinessProbe"] = {name: alive[name] for name in fields if name in alive} | {"periodSeconds": 5}
        for probe in probes.values():
            for handler in ("httpGet", "tcpSocket", "grpc"):
                if handler in probe and probe[handler].get("port") in self.moved:
                    probe[handler]["port"] = self.moved[probe[handler]["port"]]
        return probes

    def annotations(self, annotations: dict[str, str]) -> dict[str, str]:
        """Copy the annotations of a Pod, but for those of one rollout."""
        kept = {name: text for name, text in annotations.items() if not name.startswith(_ROLLOUT_PREFIXES)}
        port = kept.get(_PORT_ANNOTATION, "")
        if port.isdigit() and int(port) in self.moved:
            kept[_PORT_ANNOTATION] = str(self.moved[int(port)])
        return kept


def storage(pod: Manifest, container: Manifest, kubeconfig: str, flags: Flags) -> tuple[list[Manifest], list[Manifest]]:
    """Copy the mounts and volumes of a container, without those of its kubeconfig.

    Args:
        pod: the Pod's spec.
        container: the container.
        kubeconfig: the path of its kubeconfig; empty if it has none.
        flags: the flags that are kept. A mount stays if one of them names a file in it.

    Returns:
        The mounts, and the volumes that they need.
    """
    mounts = [
        copy.deepcopy(mount)
        for mount in container.get("volumeMounts") or ()
        if not is_below(kubeconfig, mount["mountPath"])
        or any(is_below(value or "", mount["mountPath"]) for _, value in flags.items)
    ]
    used = {mount["name"] for mount in mounts}
    return mounts, [copy.deepcopy(volume) for volume in pod.get("volumes") or () if volume["name"] in used]


def sources(volumes: Iterable[Manifest], container: Manifest) -> list[str]:
    """Name the Secrets and ConfigMaps that volumes and the environment of a container need, sorted."""
    parts = [part for volume in volumes for part in (volume, *(volume.get("projected", {}).get("sources") or ()))]
    parts += container.get("envFrom") or ()
    parts += [variable.get("valueFrom") or {} for variable in container.get("env") or ()]
    kinds = {"secret": "Secret", "secretRef": "Secret", "secretKeyRef": "Secret"}
    kinds |= {"configMap": "ConfigMap", "configMapRef": "ConfigMap", "configMapKeyRef": "ConfigMap"}
    return sorted(
        {
            f"{kind} {part[field].get('secretName') or part[field].get('name')}"
            for part in parts
            for field, kind in kinds.items()
            if part.get(field) and not part[field].get("optional")
        }
    )


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or in it."""
    place = posixpath.normpath(folder)
    return bool(path) and (posixpath.normpath(path) == place or posixpath.normpath(path).startswith(f"{place}/"))


def node_affinity(pod: Manifest) -> dict[str, Any]:
    """Copy the affinity to nodes. What concerns Pods names the labels of Karmada's, which the copy does not have."""
    found = (pod.get("affinity") or {}).get("nodeAffinity")
    return {"affinity": {"nodeAffinity": copy.deepcopy(found)}} if found else {}


def _port(address: str) -> int | None:
    text = address.rpartition(":")[2]
    return int(text) if ":" in address and text.isdigit() and text != "0" else None


def _readdress(address: str, moved: dict[int, int]) -> str:
    port = _port(address)
    return address if port is None else f"{address.rpartition(':')[0]}:{moved[port]}"
