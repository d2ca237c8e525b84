"""A host cluster of one node, beside a Karmada: where an installation's own Pods run."""

from __future__ import annotations

import http
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.controlplanes.apiserver import ApiServer
from tests.controlplanes.components import ControllerManager
from tests.controlplanes.waiting import wait_until
from tests.host.network import ADDRESS
from tests.host.node import NAME, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.controlplanes.client import Client, Json
    from tests.controlplanes.processes import Process
    from tests.controlplanes.world import World

RELEASE = "1.36"
_ROOT = Path(__file__).parents[2]
_CONTROLLERS = "*,-bootstrap-signer-controller,-token-cleaner-controller"
_READY_SECONDS = 180


class HostCluster:
    """API server, controllers, scheduler and a node.

    Attributes:
        server: its API server, with RBAC.
        node: its one node.
    """

    def __init__(self, world: World, archives: Sequence[Path]) -> None:
        """Start everything and wait until the node is ready.

        Args:
            world: the run it belongs to.
            archives: as of `Node`.

        Raises:
            NotReadyError: a part was not ready in time.
        """
        plugins = ("StorageObjectInUseProtection",)
        # Registers itself as the Service `kubernetes`, by which Pods reach it.
        flags = (
            f"--advertise-address={ADDRESS}", "--endpoint-reconciler-type=master-count",
            "--kubelet-preferred-address-types=InternalIP",  # no DNS server knows the node's name
        )  # fmt: skip
        self.server = ApiServer(
            world, RELEASE, "host", authorization="RBAC", without_admission=plugins, flags=flags
        ).wait()
        self._dns = world.run.process(
            "dns", [sys.executable, "-m", "tests.host.dns", ADDRESS, self.server.kubeconfig], {"PYTHONPATH": str(_ROOT)}
        )
        self._controllers = ControllerManager(world, self.server, controllers=_CONTROLLERS)
        self._scheduler = _scheduler(world, self.server)
        self.node = Node(world, self.server, archives)
        wait_until(f"node {NAME} (logs: {self.node.folder})", self._node_is_ready, _READY_SECONDS)

    @property
    def client(self) -> Client:
        """The tests' client for it."""
        return self.server.client

    def pods(self, namespace: str) -> list[Json]:
        """List the Pods of a namespace."""
        return self.client.list("v1", "Pod", namespace)

    def wait_for(self, namespace: str, deployment: str, seconds: float = 180) -> None:
        """Wait until a Deployment has rolled out and is available.

        Raises:
            NotReadyError: it was not in time; the message has its Pods' states.
        """

        def is_available() -> bool:
            self.node.process.check()
            found = self.client.get("apps/v1", "Deployment", deployment, namespace)
            status, wanted = found.get("status", {}), found["spec"]["replicas"]
            states = [pod["status"].get("containerStatuses") or pod["status"] for pod in self.pods(namespace)]
            assert status.get("observedGeneration") == found["metadata"]["generation"], status
            assert status.get("updatedReplicas") == status.get("availableReplicas") == wanted, states
            assert status.get("replicas") == wanted, status
            return True

        wait_until(f"deployment {deployment}", is_available, seconds)

    def stop(self) -> None:
        """End the node; the rest ends with the run."""
        self.node.stop()

    def _node_is_ready(self) -> bool:
        self.node.process.check()
        node = self.client.find("v1", "Node", NAME)
        assert node is not None, "not registered"
        conditions = {one["type"]: one for one in node["status"].get("conditions", ())}
        assert conditions["Ready"]["status"] == "True", conditions["Ready"]
        assert not node["spec"].get("taints"), node["spec"]["taints"]
        account = self.client.request("GET", "/api/v1/namespaces/default/serviceaccounts/default")
        return account.status == http.HTTPStatus.OK


def _scheduler(world: World, server: ApiServer) -> Process:
    pki = world.pki
    return world.run.process(
        "host-scheduler",
        [
            world.binary("kube-scheduler", server.version),
            f"--kubeconfig={server.kubeconfig}",
            f"--authentication-kubeconfig={server.kubeconfig}",
            f"--authorization-kubeconfig={server.kubeconfig}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={world.ports.take()}",
            f"--tls-cert-file={pki.server.certificate}",
            f"--tls-private-key-file={pki.server.key}",
        ],
    )
