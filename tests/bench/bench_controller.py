"""What ten thousand converted Works cost the controller: after a restart, and while nothing happens.

    .venv/bin/python -m tests.bench.bench_controller [--works 10000] [--seconds 20]

A control plane in a process of its own serves Works and anchors as they are once all is settled; the controller is the
real process. Printed: its CPU seconds and its memory, the requests it sent, and what it used while it was quiet.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

import msgspec
from aiohttp import web

from converter.clusters import Cluster
from converter.controllers import anchor as anchors
from converter.controllers.work_status import carried_status
from converter.engine import Engine
from converter.karmada.carried_status import pack
from converter.karmada.names import ANCHOR_LABEL, BINDING_LABEL, CONVERTED_LABEL
from converter.karmada.work import decode_work
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.e2e.templates import template

KINDS = ("CronJob", "Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler")
OLD = {
    "batch/v1beta1": ["CronJob"],
    "networking.k8s.io/v1beta1": ["Ingress"],
    "policy/v1beta1": ["PodDisruptionBudget"],
    "autoscaling/v2beta2": ["HorizontalPodAutoscaler"],
}
CLUSTERS = 20
WORKS = "/apis/work.karmada.io/v1alpha1/works"
TICKS = os.sysconf("SC_CLK_TCK")


def settled(number: int, converter: Engine, cluster: Cluster) -> tuple[dict, dict]:
    """A converted Work and its anchor, as they are when nothing is left to do."""
    kind, name = KINDS[number % len(KINDS)], f"object-{number}"
    manifest = template(kind, name)
    manifest["metadata"]["labels"] = {BINDING_LABEL: f"id-{number}", "karmada.io/managed": "true"}
    applied = json.dumps(manifest)
    manifest["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    metadata = {
        "name": f"{name}-b6588cf56",
        "namespace": f"karmada-es-{cluster.name}",
        "uid": f"work-{number}",
        "resourceVersion": str(1000 + number),
        "generation": 2,
        "labels": {"work.karmada.io/permanent-id": f"work-id-{number}"},
        "annotations": {
            "resourcebinding.karmada.io/namespace": "shop",
            "resourcebinding.karmada.io/name": f"{name}-{kind.lower()}",
        },
        "ownerReferences": [],
    }
    work = {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": metadata,
        "spec": {"workload": {"manifests": [manifest]}},
    }
    outcome = plan_work(decode_work(msgspec.json.encode(work)), cluster, converter, Policy())
    metadata["labels"] |= outcome.labels
    metadata["annotations"] |= {name: value for name, value in outcome.annotations.items() if value is not None}
    work["spec"]["workload"]["manifests"] = [msgspec.json.decode(outcome.manifests[0])]
    group, version = work["spec"]["workload"]["manifests"][0]["apiVersion"].split("/")
    identifier = {"ordinal": 0, "group": group, "version": version, "kind": kind, "namespace": "shop", "name": name}
    work["status"] = {
        "conditions": [{"type": "Applied", "status": "True", "reason": "AppliedSuccessful", "message": "applied"}],
        "manifestStatuses": [{"identifier": identifier, "health": "Healthy", "status": {"observedGeneration": 1}}],
    }
    anchor = anchors.desired_anchor(work, {BINDING_LABEL: f"id-{number}"})
    anchor["metadata"] |= {"uid": f"anchor-{number}", "resourceVersion": str(number + 1)}
    reference = anchors.adopt_patch(work, anchor)["metadata"]["ownerReferences"]
    metadata["ownerReferences"] = reference
    anchor["status"] = anchors.status_patch(anchor, pack(carried_status(work, converter)), dt.datetime.now(dt.UTC))[
        "status"
    ]
    return work, anchor


def cluster_object(name: str) -> dict:
    enablements = [
        {"groupVersion": version, "resources": [{"kind": kind, "name": kind.lower()} for kind in kinds]}
        for version, kinds in OLD.items()
    ]
    conditions = [{"type": "CompleteAPIEnablements", "status": "True"}]
    return {
        "metadata": {"name": name, "resourceVersion": "1"},
        "status": {"apiEnablements": enablements, "conditions": conditions},
    }


class Plane:
    """As much of an API server as the controller asks for."""

    def __init__(self, count: int, stale: int) -> None:
        converter = Engine.from_rules()
        clusters = [Cluster.from_versions(f"old-{number}", OLD) for number in range(CLUSTERS)]
        pairs = [settled(number, converter, clusters[number % CLUSTERS]) for number in range(count)]
        for _, anchor in pairs[:stale]:
            del anchor["status"]
        self.lists = {
            f"{CONVERTED_LABEL}=true": [msgspec.json.encode(work) for work, _ in pairs],
            f"{ANCHOR_LABEL}=true": [msgspec.json.encode(anchor) for _, anchor in pairs],
        }
        self.clusters = [msgspec.json.encode(cluster_object(cluster.name)) for cluster in clusters]
        self.requests: Counter[str] = Counter()
        self.lease: dict = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path, query = request.path, request.query
        if path == "/counts":
            return web.json_response(self.requests)
        what = "watch" if query.get("watch") else "list" if request.method == "GET" else request.method
        kind = next((kind for kind in ("leases", "clusters", "bindings", "events", "works") if kind in path), path)
        self.requests[f"{what} {kind}"] += 1
        if kind == "leases":
            return await self._lease(request)
        if request.method == "PATCH":
            return web.Response(body=await request.read(), content_type="application/json")
        if query.get("watch"):
            stream = web.StreamResponse()
            await stream.prepare(request)
            await asyncio.sleep(3600)
            return stream
        if path == WORKS and query.get("labelSelector") in self.lists:
            return self._page(self.lists[query["labelSelector"]], query)
        return self._page(self.clusters if kind == "clusters" else [], query)

    def _page(self, items: list[bytes], query: dict) -> web.Response:
        start, limit = int(query.get("continue") or 0), int(query.get("limit") or 500)
        more = str(start + limit) if start + limit < len(items) else ""
        meta = msgspec.json.encode({"resourceVersion": "5000000", "continue": more})
        body = b'{"metadata":%b,"items":[%b]}' % (meta, b",".join(items[start : start + limit]))
        return web.Response(body=body, content_type="application/json")

    async def _lease(self, request: web.Request) -> web.Response:
        if request.method == "GET" and not self.lease:
            return web.json_response({"kind": "Status", "reason": "NotFound", "code": 404}, status=404)
        if request.method != "GET":
            self.lease = await request.json()
            version = int(self.lease["metadata"].get("resourceVersion", "0")) + 1
            self.lease["metadata"]["resourceVersion"] = str(version)
        return web.json_response(self.lease)


def serve(port: int, count: int, stale: int) -> None:
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", Plane(count, stale).handle)
    web.run_app(app, host="127.0.0.1", port=port, print=lambda *_: None)


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> tuple[int, int]:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(status["VmRSS"].split()[0]) // 1024, int(status["VmHWM"].split()[0]) // 1024


def fetch(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as answer:
        return answer.read()


def until(what: str, probe, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if probe():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{what} did not come within {seconds} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=10_000)
    parser.add_argument("--stale", type=int, default=100, help="how many anchors lack their status, and get it")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch it being quiet")
    parser.add_argument("--port", type=int, default=18731)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.port, options.works, options.stale)
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        server = {"name": "k", "cluster": {"server": f"http://127.0.0.1:{options.port}"}}
        context = {"name": "k", "context": {"cluster": "k", "user": "k"}}
        facts = {
            "clusters": [server],
            "contexts": [context],
            "users": [{"name": "k", "user": {}}],
            "current-context": "k",
        }
        config.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **facts}))
        again = [sys.executable, "-m", "tests.bench.bench_controller", "--serve"]
        numbers = ["--works", str(options.works), "--stale", str(options.stale), "--port", str(options.port)]
        plane = subprocess.Popen([*again, *numbers])
        controller = None
        try:
            until("the control plane", lambda: fetch(options.port, "/counts"))
            command = [sys.executable, "-m", "converter", "controller", "--kubeconfig", str(config), "--metrics-listen"]
            controller = subprocess.Popen([*command, f"127.0.0.1:{options.port + 1}"], stderr=subprocess.DEVNULL)
            began = time.monotonic()
            until("readiness", lambda: fetch(options.port + 1, "/readyz"))
            busy = [cpu(controller.pid)]

            def idle() -> bool:
                time.sleep(1)
                busy.append(cpu(controller.pid))
                counts = json.loads(fetch(options.port, "/counts"))
                return counts.get("watch works", 0) >= 2 and busy[-1] - busy[-2] < 0.1

            until("quiet", idle)
            took, spent = time.monotonic() - began, cpu(controller.pid)
            rss, peak = memory(controller.pid)
            before = json.loads(fetch(options.port, "/counts"))
            time.sleep(options.seconds)
            quiet = cpu(controller.pid) - spent
            after = json.loads(fetch(options.port, "/counts"))
        finally:
            for process in (controller, plane):
                if process is not None:
                    process.terminate()
                    process.wait()
    news = {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}
    print(f"{options.works} converted Works on {CLUSTERS} clusters, after a restart:")
    print(f"  CPU      {spent:.1f} s (of {took:.1f} s until quiet, start of the process included)")
    print(f"  memory   {rss} MB, {peak} MB at most")
    print(f"  requests {before}")
    print(f"quiet, {options.seconds:.0f} s: {quiet:.2f} s of CPU, requests {news}")


if __name__ == "__main__":
    main()
