"""Karmada as an installer leaves it on a host cluster: its Secret, its Service, and its scheduler as a Pod.

Karmada's other programs are processes beside the cluster. The Service leads Pods to its API server.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.host.network import ADDRESS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplanes.fleet import Fleet
    from tests.host.cluster import HostCluster

SCHEDULER_IMAGE = "localhost/karmada-scheduler:v{}"
PORT = 5443
"""Of the Service of Karmada's API server, as karmadactl has it."""

SECRET = "karmada-kubeconfig"
_LABELS = {"app": "karmada-scheduler"}
_SECONDS = 180


class Setting:
    """A Karmada with members, and the host cluster in which it seems to run.

    Attributes:
        fleet: Karmada and its members.
        host: the cluster.
        image: the converter's image, which the node has.
        namespace: Karmada's in the host cluster.
    """

    def __init__(self, fleet: Fleet, host: HostCluster, image: str, namespace: str = NAMESPACE) -> None:
        """Put into the host cluster what `karmadactl init` puts there, and wait until Karmada's scheduler runs."""
        self.fleet = fleet
        self.host = host
        self.image = image
        self.namespace = namespace
        host.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        self._lead_to_karmada()
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": namespace}}
        data = base64.b64encode(json.dumps(self.kubeconfig()).encode()).decode()
        host.client.put({**secret, "data": {"kubeconfig": data}})
        fleet.karmada.scheduler.process.stop()
        host.client.put(self._scheduler())
        host.wait_for(namespace, "karmada-scheduler")

    def remove(self) -> None:
        """Take it out of the host cluster, as far as `converter install` looks for a Karmada."""
        self.host.client.delete("v1", "Namespace", self.namespace)
        wait_until(
            f"the end of namespace {self.namespace}",
            lambda: self.host.client.find("v1", "Namespace", self.namespace) is None,
            _SECONDS,
        )

    def kubeconfig(self) -> dict:
        """The kubeconfig of Karmada's administrator, with the address that Pods use."""
        config = json.loads(self.fleet.karmada.apiserver.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = (
            f"https://karmada-apiserver.{self.namespace}.svc.cluster.local:{PORT}"
        )
        return config

    def kubeconfig_file(self, folder: Path) -> Path:
        """Write that kubeconfig into a folder."""
        file = folder / "karmada.config"
        file.touch(mode=0o600)
        file.write_text(json.dumps(self.kubeconfig()))
        return file

    def _lead_to_karmada(self) -> None:
        """A Service without Pods behind it, as people make one for what runs outside of a cluster."""
        about = {"name": "karmada-apiserver", "namespace": self.namespace}
        port = {"name": "https", "port": PORT, "targetPort": self.fleet.karmada.apiserver.port, "protocol": "TCP"}
        self.host.client.put({"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": {"ports": [port]}})
        self.host.client.put(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {**about, "labels": {"kubernetes.io/service-name": "karmada-apiserver"}},
                "addressType": "IPv4",
                "ports": [{"name": "https", "port": self.fleet.karmada.apiserver.port, "protocol": "TCP"}],
                "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
            }
        )

    def _scheduler(self) -> dict:
        """Karmada's scheduler with its default flags (pkg/karmadactl/cmdinit/kubernetes/deployments.go)."""
        container = {
            "name": "karmada-scheduler",
            "image": SCHEDULER_IMAGE.format(self.fleet.karmada.version),
            "command": [
                "/bin/karmada-scheduler",
                "--kubeconfig=/etc/karmada/config/kubeconfig",
                "--metrics-bind-address=$(POD_IP):8080",
                "--health-probe-bind-address=$(POD_IP):10351",
                "--enable-scheduler-estimator=false",
                f"--leader-elect-resource-namespace={NAMESPACE}",
                "--v=4",
            ],
            "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": 10351}, "failureThreshold": 3},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": 10351}, "periodSeconds": 1},
            "volumeMounts": [{"name": "config", "mountPath": "/etc/karmada/config", "readOnly": True}],
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "karmada-scheduler",
                "namespace": self.namespace,
                "labels": {**_LABELS, "karmada.io/bootstrapping": "app-defaults"},
            },
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": _LABELS},
                "template": {
                    "metadata": {"labels": _LABELS},
                    "spec": {
                        "automountServiceAccountToken": False,
                        "containers": [container],
                        "volumes": [{"name": "config", "secret": {"secretName": SECRET}}],
                    },
                },
            },
        }
