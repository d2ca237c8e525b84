"""A host cluster in which Karmada runs: what an installer finds there, and a node for the converter's Pods."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.controlplanes.apiserver import ApiServer
from tests.controlplanes.node import Node

if TYPE_CHECKING:
    from tests.controlplanes.client import Json
    from tests.controlplanes.fleet import Fleet

ROOT = Path(__file__).parents[2]
IMAGE = "karmada-api-version-converter"
RELEASE = "1.36"


class Host:
    """A host cluster with a node, on the run of a fleet.

    Attributes:
        server: its API server.
        node: runs the converter's Pods.
        trees: the source trees that images stand for, by tag; other tags mean this checkout.
    """

    def __init__(self, fleet: Fleet, release: str = RELEASE) -> None:
        """Start it; the fleet must have been opened with ``named``."""
        assert fleet.world.names is not None
        self._fleet = fleet
        self.trees: dict[str, Path] = {}
        self.server = ApiServer(fleet.world, release, "host", authorization="RBAC").wait()
        self.node = Node(fleet.world, self.server, fleet.world.names, self._program)

    def add_karmada(self, namespace: str = "karmada-system", *, fleet: Fleet | None = None, server: str = "") -> None:
        """Make what ``karmadactl init`` leaves in the host cluster, as far as an installer reads it.

        Args:
            namespace: of Karmada.
            fleet: the Karmada; by default the one of the run.
            server: the API server's address for Pods; by default the name of its Service.
        """
        fleet = fleet or self._fleet
        karmada = fleet.karmada.apiserver
        name = f"karmada-apiserver.{namespace}.svc"
        config: dict[str, Any] = yaml.safe_load(karmada.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = server or f"https://{name}:{karmada.port}"
        data = {"kubeconfig": base64.b64encode(yaml.safe_dump(config).encode()).decode()}
        client = self.server.client
        client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for secret, content in (("karmada-kubeconfig", data), ("karmada-cert", {})):
            metadata = {"name": secret, "namespace": namespace}
            client.put({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": content})
        client.put(self._service(namespace, karmada.port))
        client.put(scheduler(namespace, fleet.karmada.version))
        names = self._fleet.world.names
        if not server and names is not None:
            names.name(name, f"{name}.cluster.local", to="127.0.0.1")
            status = {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
            client.patch("v1", "Service", "karmada-apiserver", {"status": status}, namespace, subresource="status")

    def close(self) -> None:
        """Stop the Pods."""
        self.node.close()

    def _service(self, namespace: str, port: int) -> Json:
        return {
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "karmada-apiserver", "namespace": namespace},
            "spec": {"type": "LoadBalancer", "ports": [{"name": "server", "port": port, "targetPort": 5443}]},
        }  # fmt: skip

    def _program(self, container: Json) -> tuple[list[str], dict[str, str]]:
        name, _, tag = container["image"].rpartition("/")[2].partition(":")
        if name == IMAGE:
            return [sys.executable, "-m", "converter"], {"PYTHONPATH": str(self.trees.get(tag, ROOT))}
        return [str(self._fleet.world.binary(name, tag.removeprefix("v")))], {}


def scheduler(namespace: str, version: str) -> Json:
    """Make the Deployment of Karmada's scheduler as ``karmadactl init`` does.

    Source: makeKarmadaSchedulerDeployment in pkg/karmadactl/cmdinit/kubernetes/deployments.go.
    """
    labels = {"app": "karmada-scheduler"}
    certificates = "/etc/karmada/pki"
    container = {
        "name": "karmada-scheduler",
        "image": f"docker.io/karmada/karmada-scheduler:v{version}",
        "command": [
            "/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig", "--metrics-bind-address=0.0.0.0:10351",
            "--health-probe-bind-address=0.0.0.0:10351", "--enable-scheduler-estimator=false", "--leader-elect=true",
            f"--scheduler-estimator-ca-file={certificates}/ca.crt", f"--leader-elect-resource-namespace={namespace}",
            "--v=4",
        ],
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": 10351, "scheme": "HTTP"}, "initialDelaySeconds": 15,
            "failureThreshold": 3, "periodSeconds": 15, "timeoutSeconds": 5,
        },
        "ports": [{"name": "metrics", "containerPort": 10351, "protocol": "TCP"}],
        "volumeMounts": [
            {"name": "karmada-kubeconfig", "readOnly": True, "mountPath": "/etc/kubeconfig", "subPath": "kubeconfig"},
            {"name": "karmada-cert", "readOnly": True, "mountPath": certificates},
        ],
    }  # fmt: skip
    volumes = [{"name": name, "secret": {"secretName": name}} for name in ("karmada-kubeconfig", "karmada-cert")]
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "karmada-scheduler", "namespace": namespace,
            "labels": {"karmada.io/bootstrapping": "app-defaults"},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False, "containers": [container], "volumes": volumes,
                    "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
                },
            },
        },
    }  # fmt: skip
