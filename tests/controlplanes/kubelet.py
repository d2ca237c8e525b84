"""A scheduler and kubelet for tests: binds each Pod to one node, and says that it runs; no container starts."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING

from tests.controlplanes.client import ApiError

if TYPE_CHECKING:
    from tests.controlplanes.client import Client, Json

NODE = "node-1"
_SECONDS_BETWEEN_LOOKS = 0.3
_STARTED = "2026-11-01T00:00:00Z"
_READY = [{"type": kind, "status": "True"} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]


class Kubelet:
    """A thread that looks at all Pods of a cluster again and again.

    Pods of Jobs succeed at once; others run until someone deletes them.
    """

    def __init__(self, client: Client) -> None:
        """Register the node and start; the server must be ready."""
        self._client = client
        self._stopped = threading.Event()
        client.put({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
        # Admission taints a new node as not ready; the node controller would take that off, and none runs here.
        client.patch("v1", "Node", NODE, {"spec": {"taints": None}})
        status = {
            "conditions": [{"type": "Ready", "status": "True"}],
            "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"},
            "capacity": {"cpu": "8", "memory": "16Gi", "pods": "110"},
        }
        client.patch("v1", "Node", NODE, {"status": status}, subresource="status")
        self._thread = threading.Thread(target=self._work, name="kubelet", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the end of the last look."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                for pod in self._client.list("v1", "Pod"):
                    self._care_for(pod)
            except (ApiError, OSError, http.client.HTTPException):
                continue  # a conflict, or the server restarts: look again

    def _care_for(self, pod: Json) -> None:
        metadata, spec = pod["metadata"], pod["spec"]
        name, namespace = metadata["name"], metadata["namespace"]
        if metadata.get("deletionTimestamp"):
            options = {"gracePeriodSeconds": 0}
            self._client.raw("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", options)
        elif not spec.get("nodeName"):
            self._bind(name, namespace)
        elif pod["status"].get("phase") == "Pending":
            self._client.patch("v1", "Pod", name, {"status": _status(spec)}, namespace, subresource="status")

    def _bind(self, name: str, namespace: str) -> None:
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
        }
        self._client.raw("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/binding", binding)


def _status(spec: Json) -> Json:
    """What a kubelet reports of a Pod that runs; of one that is not to be restarted, that it succeeded."""
    if spec.get("restartPolicy", "Always") != "Always":
        return {"phase": "Succeeded", "startTime": _STARTED, "podIP": "10.0.0.9"}
    containers = [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": container["image"],
            "containerID": f"test://{container['name']}",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": _STARTED}},
        }
        for container in spec["containers"]
    ]
    return {
        "phase": "Running",
        "startTime": _STARTED,
        "podIP": "10.0.0.9",
        "conditions": _READY,
        "containerStatuses": containers,
    }
