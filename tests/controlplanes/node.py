"""A node of the host cluster: runs the Pods of the converter's Deployments, and leads Services to them.

It does what kubelet, the Deployment controller and kube-proxy do, as far as the converter's own Deployments need it:
rolling updates that keep every replica available, readiness, status. Other Deployments are left alone.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import select
import socket
import threading
import time
from typing import TYPE_CHECKING

from tests.controlplanes.pods import NotYetError, Pod

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.controlplanes.apiserver import ApiServer
    from tests.controlplanes.client import Json
    from tests.controlplanes.names import Names
    from tests.controlplanes.world import World

OURS = "app.kubernetes.io/name=karmada-api-version-converter"
_PAUSE = 0.3


class Node:
    """Runs the Pods of one host cluster, in a thread.

    Attributes:
        pods: of each Deployment, ``namespace/name``.
        errors: what went wrong while reconciling; a test looks at it when something does not come.
    """

    def __init__(
        self, world: World, host: ApiServer, names: Names, program: Callable[[Json], tuple[list[str], dict[str, str]]]
    ) -> None:
        """Start it.

        Args:
            world: the run.
            host: the host cluster's API server.
            names: the names and addresses of the run.
            program: gives the program of a container, and variables for it.
        """
        self.pods: dict[str, list[Pod]] = {}
        self.errors: list[str] = []
        self._world = world
        self._host = host
        self._client = world.client(host.port)  # one client serves one thread
        self._names = names
        self._program = program
        self._numbers = itertools.count()
        self._forwarders: dict[str, _Forwarder] = {}
        self._ready: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop all Pods."""
        self._stop.set()
        self._thread.join(30)
        for pod in [pod for pods in self.pods.values() for pod in pods]:
            pod.stop()
        for forwarder in self._forwarders.values():
            forwarder.close()

    def backends(self, service: Json) -> list[tuple[str, int]]:
        """Return the addresses of the ready Pods of a Service."""
        (port,) = service["spec"]["ports"]
        selector = service["spec"]["selector"].items()
        return [
            (pod.address, pod.port(port["targetPort"]))
            for pods in list(self.pods.values())
            for pod in list(pods)
            if pod.name in self._ready and pod.namespace == service["metadata"]["namespace"]
            and selector <= pod.labels.items()
        ]  # fmt: skip

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            try:
                self._reconcile()
            except Exception as error:  # noqa: BLE001 -- a node goes on; the test says what it waits for
                self.errors.append(f"{type(error).__name__}: {error}")

    def _reconcile(self) -> None:
        client = self._client
        for service in client.list("v1", "Service", labels=OURS):
            self._serve(service)
        deployments = client.list("apps/v1", "Deployment", labels=OURS)
        found = set()
        for deployment in deployments:
            key = f"{deployment['metadata']['namespace']}/{deployment['metadata']['name']}"
            found.add(key)
            pods = self.pods.setdefault(key, [])
            self._roll(deployment, pods)
            self._report(deployment, pods)
        for key in self.pods.keys() - found:
            for pod in self.pods.pop(key):
                self._ready.discard(pod.name)
                pod.stop()

    def _roll(self, deployment: Json, pods: list[Pod]) -> None:
        """Do one step of a rollout: start what is missing, at most one more than wanted; stop old ones."""
        wanted = deployment["spec"].get("replicas", 1)
        template = deployment["spec"]["template"]
        for pod in list(pods):
            self._keep(pod)
        new = [pod for pod in pods if pod.template == template]
        old = [pod for pod in pods if pod.template != template]
        ready = [pod for pod in pods if pod.name in self._ready]
        if len(new) < wanted and len(pods) < wanted + (1 if old else 0):
            pods.append(Pod(self._world, self._client, self._names, deployment, next(self._numbers)))
        elif old and len(ready) > wanted:
            self._end(old[0], pods)
        elif not old and len(new) > wanted:
            self._end(new[-1], pods)

    def _keep(self, pod: Pod) -> None:
        """Start a Pod's process, and again after it ended; write its files again; ask whether it is ready."""
        try:
            if pod.process is None:
                pod.start(self._program)
            else:
                pod.refresh()
                pod.process.start()
        except NotYetError:
            return
        if pod.ready():
            self._ready.add(pod.name)
        else:
            self._ready.discard(pod.name)

    def _end(self, pod: Pod, pods: list[Pod]) -> None:
        """Take a Pod out of its Services, then stop it: its process serves on for a moment, as it promises."""
        self._ready.discard(pod.name)
        pods.remove(pod)
        threading.Thread(target=pod.stop, daemon=True).start()

    def _report(self, deployment: Json, pods: list[Pod]) -> None:
        new = [pod for pod in pods if pod.template == deployment["spec"]["template"]]
        ready = [pod for pod in pods if pod.name in self._ready]
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(pods),
            "updatedReplicas": len(new),
            "readyReplicas": len(ready),
            "availableReplicas": len(ready),
        }
        if {name: deployment.get("status", {}).get(name, 0) for name in status} != status:
            metadata = {key: deployment["metadata"][key] for key in ("name", "namespace")}
            patch = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "status": status}
            path = f"/apis/apps/v1/namespaces/{metadata['namespace']}/deployments/{metadata['name']}/status"
            self._client.raw("PATCH", path, patch, content_type="application/merge-patch+json")

    def _serve(self, service: Json) -> None:
        metadata = service["metadata"]
        full = f"{metadata['name']}.{metadata['namespace']}.svc"
        if full in self._forwarders or not service["spec"].get("selector"):
            return
        (port,) = service["spec"]["ports"]
        address = self._names.name(full, f"{full}.cluster.local")
        self._forwarders[full] = _Forwarder(address, port["port"], lambda: self.backends(service))


class _Forwarder:
    """Forwards connections to a ready Pod, in turn."""

    def __init__(self, address: str, port: int, backends: Callable[[], list[tuple[str, int]]]) -> None:
        self._backends = backends
        self._turns = itertools.count()
        self._server = socket.create_server((address, port))
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client:
            for _ in range(3):
                backends = self._backends()
                if not backends:
                    return  # as a Service without endpoints
                with contextlib.suppress(OSError):
                    server = socket.create_connection(backends[next(self._turns) % len(backends)], timeout=2)
                    server.settimeout(None)
                    with server:
                        _pump(client, server)
                    return
                time.sleep(0.05)


def _pump(one: socket.socket, two: socket.socket) -> None:
    peers = {one: two, two: one}
    open_ends = {one, two}
    while open_ends:
        readable, _, _ = select.select(list(open_ends), [], [], 60)
        if not readable:
            return
        for end in readable:
            try:
                data = end.recv(65536)
            except OSError:
                return
            if data:
                peers[end].sendall(data)
            else:
                open_ends.discard(end)
                with contextlib.suppress(OSError):
                    peers[end].shutdown(socket.SHUT_WR)


def described(pods: dict[str, list[Pod]]) -> str:
    """Describe Pods, for a message."""
    return json.dumps({key: [pod.name for pod in found] for key, found in pods.items()})
