"""What the loss analysis costs in the admission path, in CPU time: run by ``python -m tests.bench.bench_losses``.

A review is answered with and without a release known for its cluster; the difference is the analysis, with the
second reading of the body and the decoding of the manifest that it needs. Each number is the best of many rounds.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.engine import Engine
from converter.kube import gvk_of
from tests.reviewkit import review, webhook, work

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 60e-6
"""Seconds that the analysis of a Deployment of 3 KB may add."""

ROUNDS, TIMES = 30, 400


def deployment(**pod: Any) -> dict[str, Any]:
    """Make a Deployment of about 3 KB, as Helm charts make them."""
    container = {
        "name": "web",
        "image": "registry.example.test/shop/web:1.27.3",
        "args": ["--listen=:8080", "--log-format=json", "--drain=20s"],
        "env": [
            {"name": f"SETTING_{index}", "value": f"a value of some length, number {index}"} for index in range(14)
        ],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10, "failureThreshold": 3},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5, "failureThreshold": 3},
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": name, "mountPath": f"/var/lib/{name}"} for name in ("config", "cache", "secrets")],
    }
    labels = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop", "app.kubernetes.io/version": "1.27"}
    spec = {
        "containers": [container],
        "serviceAccountName": "web",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"topologyKey": "zone", "labelSelector": {"matchLabels": labels}}}]}},
        "volumes": [
            {"name": "config", "configMap": {"name": "web"}},
            {"name": "cache", "emptyDir": {}},
            {"name": "secrets", "secret": {"secretName": "web"}},
        ],
        **pod,
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": labels},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}, "type": "RollingUpdate"},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def best(call: Callable[[], object]) -> float:
    """Seconds of CPU that one call takes, in the best of many rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            call()
        found.append((time.process_time() - began) / TIMES)
    return min(found)


def measure() -> dict[str, float]:
    """Measure everything, in seconds."""
    rules, catalog = Engine.from_rules(), load_catalog()
    old = Cluster.from_release("old", Release(1, 20), catalog)
    unknown = Cluster("old", old.served, old.complete)
    plain, losing = deployment(), deployment(hostUsers=False, schedulingGates=[{"name": "a"}])
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "x" * 3000}}
    gvk = gvk_of(plain)
    result = {
        "size of the Deployment, bytes": len(json.dumps(plain, separators=(",", ":"))),
        "search alone, nothing lost": best(lambda: rules.losses.of_release(plain, gvk, old.release)),
        "analysis alone, two fields lost": best(lambda: rules.losses.of_release(losing, gvk, old.release)),
    }
    for name, manifest in {"Deployment": plain, "Deployment, two lost": losing, "ConfigMap": config}.items():
        body = json.dumps(review(work(manifest)), separators=(",", ":")).encode()
        for known, cluster in {"release not known": unknown, "v1.20": old}.items():
            answer = webhook(rules, cluster).answer
            result[f"review, {name}, {known}"] = best(lambda answer=answer, body=body: answer(body))
    return result


def main() -> None:
    """Measure and print; fail where the analysis costs more than it may."""
    found = measure()
    for name, value in found.items():
        print(f"{name:45} {value:8.0f}" if "bytes" in name else f"{name:45} {value * 1e6:8.1f} µs")
    limit = f"µs (limit {LIMIT * 1e6:.0f})"
    added = found["review, Deployment, v1.20"] - found["review, Deployment, release not known"]
    print(f"{'the analysis adds to a Deployment':45} {added * 1e6:8.1f} {limit}")
    alone = found["analysis alone, two fields lost"]
    print(f"{'... finding and weighing two lost fields':45} {alone * 1e6:8.1f} {limit}")
    told = found["review, Deployment, two lost, v1.20"] - found["review, Deployment, two lost, release not known"]
    print(f"{'... telling of them, patch and all':45} {told * 1e6:8.1f} µs")
    nothing = found["review, ConfigMap, v1.20"] - found["review, ConfigMap, release not known"]
    print(f"{'... and to a kind that did not change':45} {nothing * 1e6:8.1f} µs")
    raise SystemExit(max(added, alone) > LIMIT)


if __name__ == "__main__":
    main()
