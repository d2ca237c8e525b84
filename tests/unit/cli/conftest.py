"""What tests of commands share: a control plane that only lists."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse

import pytest


@pytest.fixture(autouse=True)
def _read_once(rules_read_once):
    """Most commands read the shipped rules, which takes longer than the rest of their test."""


@pytest.fixture
def stored():
    """The rule objects and CRDs of the control plane, by their plural; a test fills them before it asks."""
    return {"conversionrules": [], "fieldweights": [], "losspolicies": [], "customresourcedefinitions": []}


@pytest.fixture
def control_plane(tmp_path, stored):
    """A control plane that only lists: Clusters on one page, Works on two."""
    cluster = {
        "metadata": {"name": "old"},
        "status": {
            "kubernetesVersion": "v1.22.9-eks-abc",
            "apiEnablements": [{"groupVersion": "batch/v1", "resources": [{"kind": "CronJob", "name": "cronjobs"}]}],
            "conditions": [{"type": "CompleteAPIEnablements", "status": "True"}],
        },
    }

    def work(name):
        spec = {"timeZone": "UTC"}
        cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}
        metadata = {"name": name, "namespace": "karmada-es-old"}
        return {"metadata": metadata, "spec": {"workload": {"manifests": [cron]}}}

    class Lists(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            at = urllib.parse.urlsplit(self.path).path.split("/")
            if at[-1] in stored:
                answer = {"metadata": {}, "items": stored[at[-1]]}
            elif at[-2] in stored:
                answer = next(one for one in stored[at[-2]] if one["metadata"]["name"] == at[-1])
            elif "clusters" in self.path:
                answer = {"metadata": {}, "items": [cluster]}
            elif "controllerrevisions" in self.path:
                answer = {"metadata": {}, "items": []}
            elif "continue=more" in self.path:
                answer = {"metadata": {}, "items": [work("second")]}
            else:
                answer = {"metadata": {"continue": "more"}, "items": [work("first")]}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lists) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "a", "user": {}}],
        }
        file = tmp_path / "karmada.config"
        file.write_text(json.dumps(config))
        yield file
        server.shutdown()
        thread.join()
