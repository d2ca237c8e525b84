"""Checks the replicas: all of them must run one release with one set of rules, because any of them may answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from converter.client import ApiError, Collection
from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.doctor.patient import COMPONENTS, listed
from converter.install.host_removal import COMPONENT_LABEL, SELECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.doctor.patient import Patient
    from converter.kube import Manifest

_PODS: Final = Collection("/api/v1", "pods")
METRICS_PORT: Final = "http-metrics"
"""The name of the port of health and metrics in every Pod of the converter."""

_SAMPLE: Final = re.compile(r"^converter_(?:build|rulebook)_info\{(?P<labels>.*)\} 1(?:\.0)?$", re.MULTILINE)
_LABEL: Final = re.compile(r'(?P<name>\w+)="(?P<value>[^"]*)"')


class Replica(NamedTuple):
    """What one replica says of itself.

    Attributes:
        name: its Pod.
        version: its release.
        rules: the digest of its rules, of files and objects; empty if it reads no objects.
        files: the digest of its rule files; empty if it has none.
    """

    name: str
    version: str
    rules: str
    files: str


async def check_replicas(patient: Patient) -> Result:
    """Read the metrics of each Pod through the API server of the host cluster, and compare them.

    Raises:
        ApiError: the Pods cannot be listed.
    """
    if patient.host is None:
        return [Unchecked("replicas", "their metrics are read through the API server of the host cluster")]
    result: Result = []
    replicas = []
    for pod in await listed(patient.host, _PODS, patient.namespace, SELECTOR):
        if (pod["metadata"].get("labels") or {}).get(COMPONENT_LABEL) not in COMPONENTS or not _runs(pod):
            continue
        name = pod["metadata"]["name"]
        try:
            text = (await patient.host.get(f"{_PODS.path(patient.namespace)}/{_port(pod)}/proxy/metrics")).decode()
        except ApiError as error:
            result.append(Unchecked("replicas", f"Pod {name} does not show its metrics: {error}", failed=True))
            continue
        replicas.append(read_replica(name, text))
    return [*result, *compare(replicas, patient.commands.restart(*_all()))]


def _all() -> list[str]:
    return [f"converter-{component}" for component in sorted(COMPONENTS)]


def compare(replicas: Iterable[Replica], command: tuple[str, ...] = ()) -> list[Finding]:
    """Find replicas of different releases, or with different rules.

    Args:
        replicas: what each says of itself.
        command: what mends a difference.
    """
    several = list(replicas)
    found: list[Finding] = []
    for what in ("version", "files", "rules"):
        if what == "rules" and found and found[-1].thing.name == "files":
            continue  # a consequence
        groups: dict[str, list[str]] = {}
        for replica in several:
            value = getattr(replica, what)
            if value:
                groups.setdefault(value, []).append(replica.name)
        if len(groups) > 1:
            facts = {f"{what}={value}": ", ".join(sorted(pods)) for value, pods in sorted(groups.items())}
            found.append(Finding(Trouble.REPLICAS_DIFFER, Thing("Pods", what), facts, command))
    return found


def read_replica(name: str, metrics: str) -> Replica:
    """Read what a replica says of itself in its metrics.

    Args:
        name: its name.
        metrics: the metrics, in the text format of Prometheus.
    """
    labels = dict(_labels(metrics))
    return Replica(name, labels.get("version", ""), labels.get("digest", ""), labels.get("files", ""))


def _labels(metrics: str) -> Iterator[tuple[str, str]]:
    for sample in _SAMPLE.finditer(metrics):
        for label in _LABEL.finditer(sample["labels"]):
            yield label["name"], label["value"]


def _runs(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")


def _port(pod: Manifest) -> str:
    """Write the Pod and the port of its metrics as the proxy of the API server takes them."""
    ports = {
        port["name"]: port["containerPort"] for one in pod["spec"]["containers"] for port in one.get("ports") or ()
    }
    name = pod["metadata"]["name"]
    return f"http:{name}:{ports[METRICS_PORT]}" if METRICS_PORT in ports else str(name)
