"""The host cluster itself: Pods run, Services and names lead to them, and Karmada's own scheduler is one of them."""

from __future__ import annotations

import socket

from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.host.network import PODS

ECHO = "import http.server as h; h.HTTPServer(('', 8000), h.SimpleHTTPRequestHandler).serve_forever()"


def test_karmadas_scheduler_is_a_pod_that_serves_karmada(setting):
    (pod,) = [pod for pod in setting.host.pods(NAMESPACE) if pod["metadata"]["name"].startswith("karmada-scheduler")]
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["podIP"].rsplit(".", 1)[0] == PODS.rsplit(".", 1)[0]
    lease = setting.fleet.client.get("coordination.k8s.io/v1", "Lease", "karmada-scheduler", NAMESPACE)
    assert lease["spec"]["holderIdentity"].startswith(pod["metadata"]["name"])
    assert setting.host.node.log_of("karmada-scheduler")


def test_a_restricted_pod_is_reached_by_the_name_of_its_service(setting):
    space = "restricted"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    setting.host.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}})
    about = {"name": "echo", "namespace": space, "labels": {"app": "echo"}}
    container = {
        "name": "echo",
        "image": setting.image,
        "command": ["python", "-c", ECHO],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    strict = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [container], "securityContext": strict, "terminationGracePeriodSeconds": 1}
    setting.host.client.put({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec})
    service = {"selector": {"app": "echo"}, "ports": [{"port": 80, "targetPort": 8000}]}
    setting.host.client.put({"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": service})

    def answers():
        with socket.create_connection((f"echo.{space}.svc", 80), timeout=2) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.0 200")

    wait_until("an answer", answers, 90, ignore=(OSError,))
    setting.host.client.delete("v1", "Namespace", space)
